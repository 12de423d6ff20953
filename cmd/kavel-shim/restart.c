#include "restart.h"

static int64_t delay(const struct shim_settings *settings, unsigned int in_a_row)
{
	int64_t ms = settings->restart_delay_ms ? settings->restart_delay_ms : RESTART_DELAY_MS;
	int64_t max = settings->restart_delay_max_ms ? settings->restart_delay_max_ms : RESTART_DELAY_MAX_MS;

	while (in_a_row-- > 0 && ms < max)
		ms *= 2;
	return ms < max ? ms : max;
}

static enum restart_verdict by_policy(const struct shim_settings *settings, const struct restart *restart,
				      const struct restart_end *end)
{
	switch ((enum restart_policy)settings->restart) {
	case RESTART_ON_FAILURE:
		if (end->succeeded)
			return RESTART_NEVER;
		if (settings->restart_max && restart->in_a_row >= settings->restart_max)
			return RESTART_GIVEN_UP;
		return RESTART_AFTER;
	case RESTART_ALWAYS:
	case RESTART_UNLESS_STOPPED: /* they differ in what happens at boot, which is not the shim's to decide */
		return RESTART_AFTER;
	case RESTART_NO:
		break;
	}
	return RESTART_NEVER;
}

enum restart_verdict restart_decide(const struct shim_settings *settings, struct restart *restart,
				    const struct restart_end *end, int64_t *ret_delay_ms)
{
	enum restart_verdict verdict;

	*ret_delay_ms = 0;
	if (end->stopped || end->powered_off)
		return RESTART_NEVER;
	if (end->lasted_ms >= RESTART_LASTED_MS || end->restarted)
		restart->in_a_row = 0;
	verdict = end->restarted || end->rebooted ? RESTART_AFTER : by_policy(settings, restart, end);
	if (verdict != RESTART_AFTER)
		return verdict;
	/* a guest that reboots as soon as it is started is delayed from the second time on */
	if (!end->restarted && !(end->rebooted && restart->in_a_row == 0))
		*ret_delay_ms = delay(settings, restart->in_a_row);
	restart->in_a_row += !end->restarted;
	restart->count++;
	return verdict;
}
