/* Files and devices of the host that a guest is given. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/auto.h"
#include "store/config.h"

#define OPTIONS_MAX 24

/* What may stand behind the second colon.  The runtime knows more, but those of other types of mounts, or such as no one has
 * here: z and Z label files for SELinux, U changes their owners. */
static const char *const volume_options[] = { "ro",	 "rw",	    "idmap",  "ridmap",	 "bind",     "rbind",	"nosuid",
					      "suid",	 "nodev",   "dev",    "noexec",	 "exec",     "noatime", "private",
					      "rprivate", "slave",  "rslave", "shared",	 "rshared",  "rro",	"nosymfollow" };

static int check_volume_option(const char *option, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(volume_options); i++)
		if (str_eq(option, volume_options[i]) || str_after(option, "idmap=") || str_after(option, "ridmap="))
			return 0;
	return err_user(err, "\"%s\" is not an option of volumes (ro, rw, idmap, nosuid, nodev, noexec, rslave, ...)",
			option);
}

/* Split at commas, in place.  Returns how many there are, or 0: too many. */
static size_t split(char *text, const char **ret, size_t room)
{
	size_t count = 0;

	while (text && *text && count + 1 < room) {
		char *comma = strchr(text, ',');

		if (comma)
			*comma++ = '\0';
		ret[count++] = text;
		text = comma;
	}
	return text && *text ? 0 : count;
}

static bool names_bind(const char *option)
{
	return str_eq(option, "bind") || str_eq(option, "rbind");
}

static bool names_propagation(const char *option)
{
	static const char *const names[] = { "private", "rprivate", "slave", "rslave", "shared", "rshared" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_eq(option, names[i]))
			return true;
	return false;
}

static int volume_list(char *text, const char *options[OPTIONS_MAX], struct err *err)
{
	size_t count = split(text, options, OPTIONS_MAX - 2);
	bool binds = false, propagates = false;

	if (text && *text && !count)
		return err_user(err, "too many options");
	for (size_t i = 0; i < count; i++) {
		int r = check_volume_option(options[i], err);

		if (r < 0)
			return r;
		binds |= names_bind(options[i]);
		propagates |= names_propagation(options[i]);
	}
	if (!binds)
		options[count++] = "rbind";
	if (!propagates)
		options[count++] = "rprivate";
	options[count] = NULL;
	return 0;
}

/* SRC:DST[:OPTION,...] */
int config_volume(struct config *config, const char *value, struct err *err)
{
	char *source = arena_strdup(&config->arena, value), *destination, *words;
	const char *options[OPTIONS_MAX];
	autofree char *real = NULL;
	int r;

	if (!source)
		return err_memory(err);
	destination = strchr(source, ':');
	if (destination)
		*destination++ = '\0';
	words = destination ? strchr(destination, ':') : NULL;
	if (words)
		*words++ = '\0';
	if (!destination || !*source || *destination != '/' || !destination[1])
		return err_user(err,
				"expected SOURCE:DESTINATION[:OPTIONS], DESTINATION an absolute path other than /");
	if (*source != '/' && *source != '.')
		return err_user(err, "the source must be a path: /... or ./...");
	real = realpath(source, NULL);
	if (!real)
		return err_sys(err, errno, "%s", source);
	r = volume_list(words, options, err);
	return r < 0 ? r : config_add_mount(config, destination, "bind", real, options, err);
}

/* DST[:OPTION,...] */
int config_tmpfs(struct config *config, const char *value, struct err *err)
{
	char *destination = arena_strdup(&config->arena, value), *words;
	const char *options[OPTIONS_MAX] = { "nosuid", "nodev" };
	size_t count;

	if (!destination)
		return err_memory(err);
	words = strchr(destination, ':');
	if (words)
		*words++ = '\0';
	if (*destination != '/' || !destination[1])
		return err_user(err, "expected DESTINATION[:OPTIONS], DESTINATION an absolute path other than /");
	count = split(words, options + 2, OPTIONS_MAX - 2);
	if (words && *words && !count)
		return err_user(err, "too many options");
	options[count + 2] = NULL;
	return config_add_mount(config, destination, "tmpfs", "tmpfs", options, err);
}

static int allow_device(struct config *config, const struct stat *st, const char *type, const char *access,
			struct err *err)
{
	if (config->request->is_rootless)
		return 0; /* has no device rules */
	return config_add(config, "linux.resources.devices",
			  json_pack("{s:b, s:s, s:I, s:I, s:s}", "allow", 1, "type", type, "major",
				    (json_int_t)major(st->st_rdev), "minor", (json_int_t)minor(st->st_rdev), "access",
				    access),
			  err);
}

/* SRC[:DST[:rwm]] */
int config_device(struct config *config, const char *value, struct err *err)
{
	char *source = arena_strdup(&config->arena, value), *destination, *access;
	const char *type;
	struct stat st;
	int r;

	if (!source)
		return err_memory(err);
	destination = strchr(source, ':');
	if (destination)
		*destination++ = '\0';
	access = destination ? strchr(destination, ':') : NULL;
	if (access)
		*access++ = '\0';
	if (destination && *destination != '/') { /* SRC:rwm */
		access = destination;
		destination = NULL;
	}
	if (*source != '/' || (access && (!*access || access[strspn(access, "rwm")])))
		return err_user(err, "expected SOURCE[:DESTINATION][:ACCESS], ACCESS of the letters rwm");
	if (stat(source, &st) < 0)
		return err_sys(err, errno, "%s", source);
	type = S_ISCHR(st.st_mode) ? "c" : "b";
	if (!S_ISCHR(st.st_mode) && !S_ISBLK(st.st_mode))
		return err_user(err, "%s is not a device", source);
	r = allow_device(config, &st, type, access ? access : "rwm", err);
	if (r < 0)
		return r;
	return config_add(config, "linux.devices",
			  json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I}", "path", destination ? destination : source,
				    "type", type, "major", (json_int_t)major(st.st_rdev), "minor",
				    (json_int_t)minor(st.st_rdev), "fileMode", (json_int_t)(st.st_mode & 0777), "uid",
				    (json_int_t)0, "gid", (json_int_t)0),
			  err);
}
