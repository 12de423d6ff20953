/* The state directory, and what is left in it. */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "container/leftovers.h"
#include "doctor.h"

static void check_directory(struct doctor *doctor)
{
	const char *root = doctor->cli->host.root;
	struct stat st;

	if (stat(root, &st) < 0) {
		doctor_tell(doctor, errno == ENOENT ? DOCTOR_OK : DOCTOR_FAIL, errno == ENOENT ? NULL : "see --root",
			    errno == ENOENT ? "%s does not exist yet" : "%s cannot be read", root);
		return;
	}
	if (!S_ISDIR(st.st_mode))
		doctor_tell(doctor, DOCTOR_FAIL, "remove it, or use --root", "%s is no directory", root);
	else if (st.st_uid != geteuid() && st.st_uid != 0)
		doctor_tell(doctor, DOCTOR_FAIL, "chown it: its owner decides what kavel does", "%s belongs to user %u",
			    root, st.st_uid);
	else if (st.st_mode & (S_IWGRP | S_IWOTH))
		doctor_tell(doctor, DOCTOR_FAIL, "chmod go-w: who may write there decides what kavel does",
			    "others may write to %s", root);
	else
		doctor_tell(doctor, DOCTOR_OK, NULL, "%s", root);
}

static const struct {
	const char *text, *change;
} advice[] = {
	[LEFTOVER_ENDED] = { "container %s has ended and was not deleted",
			     "nothing if an engine will ask for it; else kavel delete, or kavel doctor --repair" },
	[LEFTOVER_BUSY] = { "container %s has ended or was cut short, and processes of it are left", "kavel delete --force ends them" },
	[LEFTOVER_UNFINISHED] = { "the create of container %s was cut short", "kavel doctor --repair" },
	[LEFTOVER_DAMAGED] = { "the record of container %s cannot be read",
			       "kavel delete --force removes what bears its name" },
	[LEFTOVER_GROUP] = { "cgroup %s is empty and has no container", "kavel doctor --repair" },
};

static void check_leftovers(struct doctor *doctor)
{
	struct leftovers found;
	struct err err;

	if (leftovers_find(&doctor->cli->host, &found, &err) < 0) {
		doctor_tell(doctor, DOCTOR_WARN, "see --root", "%s", err.text);
		return;
	}
	for (size_t i = 0; i < found.count; i++) {
		const struct leftover *item = &found.items[i];
		char text[512];
		const char *before = advice[item->kind].text, *place = strstr(before, "%s");

		(void)snprintf(text, sizeof(text), "%.*s%s%s", (int)(place - before), before, item->name, place + 2);
		doctor_tell(doctor, DOCTOR_WARN, advice[item->kind].change, "%s", text);
	}
	if (!found.count)
		doctor_tell(doctor, DOCTOR_OK, NULL, "nothing is left of containers that ended");
	leftovers_free(&found);
}

const struct doctor_check doctor_state_checks[] = {
	{ "state", check_directory },
	{ "leftovers", check_leftovers },
	{ NULL, NULL },
};
