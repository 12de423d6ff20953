/* How fast are container runtimes?  Any number of them, each operation of each in turn within one round, so that what
 * disturbs the machine disturbs all of them: the ratios within one run are the result. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"

static int runtimes_parse(struct bench *bench, char *text)
{
	for (char *item = strtok(text, ","); item; item = strtok(NULL, ",")) {
		struct runtime *runtime = &bench->runtimes[bench->runtime_count];
		char *equals = strchr(item, '=');

		if (bench->runtime_count == RUNTIMES_MAX) {
			fprintf(stderr, "bench: more than %d runtimes\n", RUNTIMES_MAX);
			return -1;
		}
		if (equals)
			*equals = '\0';
		runtime->name = equals ? item : strrchr(item, '/') ? strrchr(item, '/') + 1 : item;
		runtime->path = equals ? equals + 1 : item;
		if (access(runtime->path, X_OK) < 0) {
			fprintf(stderr, "bench: runtime %s: %s: %s\n", runtime->name, runtime->path, strerror(errno));
			return -1;
		}
		bench->runtime_count++;
	}
	return bench->runtime_count ? 0 : -1;
}

static int ops_parse(struct bench *bench, char *text)
{
	memset(bench->wanted, 0, sizeof(bench->wanted));
	for (char *item = strtok(text, ","); item; item = strtok(NULL, ",")) {
		enum op op = 0;

		while (op < OP_COUNT && strcmp(op_infos[op].name, item) != 0)
			op++;
		if (op == OP_COUNT) {
			fprintf(stderr, "bench: unknown operation %s\n", item);
			return -1;
		}
		bench->wanted[op] = true;
	}
	return 0;
}

static int base_parse(struct bench *bench, const char *name)
{
	for (bench->base = 0; bench->base < bench->runtime_count; bench->base++)
		if (strcmp(bench->runtimes[bench->base].name, name) == 0)
			return 0;
	fprintf(stderr, "bench: no runtime %s to compare with\n", name);
	return -1;
}

static void usage(FILE *to)
{
	fputs("usage: bench --runtimes NAME=PATH[,NAME=PATH...] [options]\n\n"
	      "  --runtimes LIST  the runtimes; NAME= may be left out\n"
	      "  --base NAME      the one that the ratios refer to: the first unless given\n"
	      "  --ops LIST       which operations, with commas: all unless given\n"
	      "  --rounds N       how often each is measured: 40 unless given\n"
	      "  --list N         how many containers `list` lists: 100 unless given\n"
	      "  --trace          also count system calls and peak memory, in a round of their own\n"
	      "  --csv FILE       write all figures\n"
	      "  --guest FILE     the guest's program\n"
	      "  --seccomp FILE   the profile of run-seccomp\n\noperations:\n",
	      to);
	for (enum op op = 0; op < OP_COUNT; op++)
		fprintf(to, "  %-12s %s\n", op_infos[op].name, op_infos[op].text);
}

static int options_parse(struct bench *bench, int argc, char **argv)
{
	static const struct option options[] = {
		{ "runtimes", required_argument, NULL, 'r' },
		{ "base", required_argument, NULL, 'b' },
		{ "ops", required_argument, NULL, 'o' },
		{ "rounds", required_argument, NULL, 'n' },
		{ "list", required_argument, NULL, 'l' },
		{ "trace", no_argument, NULL, 't' },
		{ "csv", required_argument, NULL, 'c' },
		{ "guest", required_argument, NULL, 'g' },
		{ "seccomp", required_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	const char *base = NULL;
	int option;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		int r = 0;

		switch (option) {
		case 'r':
			r = runtimes_parse(bench, optarg);
			break;
		case 'b':
			base = optarg;
			break;
		case 'o':
			r = ops_parse(bench, optarg);
			break;
		case 'n':
			bench->rounds = atoi(optarg);
			break;
		case 'l':
			bench->list_guests = atoi(optarg);
			break;
		case 't':
			bench->trace = true;
			break;
		case 'c':
			bench->csv = optarg;
			break;
		case 'g':
			bench->guest = optarg;
			break;
		case 's':
			bench->seccomp = optarg;
			break;
		case 'h':
			usage(stdout);
			exit(0);
		default:
			r = -1;
		}
		if (r < 0)
			return -1;
	}
	if (optind != argc || bench->runtime_count == 0 || bench->rounds < 1 || bench->list_guests < 0) {
		usage(stderr);
		return -1;
	}
	return base ? base_parse(bench, base) : 0;
}

static int prepare(struct bench *bench)
{
	char path[128];

	strcpy(bench->folder, "/tmp/bench.XXXXXX");
	if (!mkdtemp(bench->folder) || bundles_make(bench) < 0)
		return -1;
	snprintf(path, sizeof(path), "%s/stderr", bench->folder);
	bench->err_fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	bench->null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (bench->err_fd < 0 || bench->null_fd < 0)
		return -1;
	for (size_t i = 0; i < bench->runtime_count; i++) {
		struct runtime *runtime = &bench->runtimes[i];

		snprintf(runtime->root, sizeof(runtime->root), "/run/bench-%zu", i);
		for (enum op op = 0; op < OP_COUNT; op++) {
			runtime->ops[op].samples = calloc((size_t)bench->rounds, sizeof(double));
			if (!runtime->ops[op].samples)
				return -1;
		}
		if (bench->wanted[OP_LIST])
			(void)list_guests_make(bench, runtime); /* lacking it is a result */
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct bench bench = { .rounds = 40, .list_guests = 100, .guest = "tiny", .seccomp = "seccomp.json" };

	for (enum op op = 0; op < OP_COUNT; op++)
		bench.wanted[op] = true;
	if (options_parse(&bench, argc, argv) < 0)
		return 2;
	if (prepare(&bench) < 0)
		return 1;
	for (int round = 0; round < bench.rounds; round++) {
		/* begin with another runtime each time: the place in the round must favour nobody */
		for (size_t i = 0; i < bench.runtime_count; i++)
			measure(&bench, &bench.runtimes[(i + (size_t)round) % bench.runtime_count], round);
		if (isatty(2))
			fprintf(stderr, "\rround %d of %d", round + 1, bench.rounds);
	}
	for (size_t i = 0; bench.trace && i < bench.runtime_count; i++)
		measure(&bench, &bench.runtimes[i], -1);
	for (size_t i = 0; i < bench.runtime_count; i++)
		list_guests_remove(&bench, &bench.runtimes[i]);
	report(&bench);
	return bench.csv && report_csv(&bench) < 0;
}
