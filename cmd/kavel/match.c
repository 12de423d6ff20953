/* The containers whose IDs match a regular expression. */
#include <errno.h>
#include <regex.h>

#include "base/log.h"
#include "cli.h"

static int call_each(struct cli *cli, const regex_t *regex, char *const *ids, cli_one one, void *context)
{
	int status = 0;

	for (; ids && *ids; ids++) {
		struct err err;

		if (regexec(regex, *ids, 0, NULL, 0) != 0)
			continue;
		if (one(cli, *ids, context, &err) < 0) {
			(void)cli_add_context(cli, *ids, &err);
			log_error("%s", err.text);
			status = CLI_EXIT_FAILURE;
		}
	}
	return status;
}

int cli_for_matching(struct cli *cli, const char *pattern, cli_one one, void *context, struct err *err)
{
	char **ids;
	size_t count;
	regex_t regex;
	int r;

	r = regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB);
	if (r != 0) {
		char reason[200];

		(void)regerror(r, &regex, reason, sizeof(reason));
		return err_user(err, "regular expression \"%s\": %s", pattern, reason);
	}
	r = container_list(&cli->host, &ids, &count, err);
	if (r == 0) {
		r = call_each(cli, &regex, ids, one, context);
		container_ids_free(ids);
	}
	regfree(&regex);
	return r;
}
