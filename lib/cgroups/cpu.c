/* linux.resources.cpu: the controllers cpu and cpuset. */
#include <inttypes.h>
#include <stdio.h>

#include "base/log.h"
#include "cgroups/knob.h"

/* log2(x) for x >= 1 and 10^x for 0 <= x <= 4, to about 15 digits: libm would be loaded for these two alone. */
static double log2_of(uint64_t x)
{
	unsigned int exponent = 63 - (unsigned int)__builtin_clzll(x);
	double mantissa = (double)x / (double)(UINT64_C(1) << exponent);
	double t = (mantissa - 1) / (mantissa + 1), power = t, sum = 0; /* ln m = 2 artanh t, t < 1/3 */

	for (int k = 1; k < 40; k += 2) {
		sum += power / k;
		power *= t * t;
	}
	return exponent + 2 * sum / 0.69314718055994530942;
}

static double exp10_of(double x)
{
	double y = x * 2.30258509299404568402 / 16, term = 1, sum = 1; /* e^y, y < 0.58; then to the 16th power */

	for (int k = 1; k < 20; k++) {
		term *= y / k;
		sum += term;
	}
	for (int i = 0; i < 4; i++)
		sum *= sum;
	return sum;
}

uint64_t cpu_weight_of_shares(uint64_t shares)
{
	double l, weight;

	if (shares <= 2)
		return 1;
	if (shares >= 262144)
		return 10000;
	l = log2_of(shares);
	weight = exp10_of((l * l + 125 * l) / 612 - 7.0 / 34);
	/* round up, except where only the last digits say so: 1024 is exactly 100 */
	return (uint64_t)(weight + 1 - 1e-9);
}

static int text_shares(const struct knob_value *value, char text[KNOB_TEXT_MAX], struct err *err)
{
	(void)err;
	(void)snprintf(text, KNOB_TEXT_MAX, "%" PRIu64,
		       value->is_unified ? cpu_weight_of_shares(value->u64) : value->u64);
	return 0;
}

static bool has_quota(const struct spec_cpu *cpu)
{
	return cpu->quota.is_set && cpu->quota.value != 0;
}

/* On v2 one file takes both; the quota's row writes it when there is one. */
static int text_period(const struct knob_value *value, char text[KNOB_TEXT_MAX], struct err *err)
{
	(void)err;
	if (value->is_unified && has_quota(&value->resources->cpu))
		return 1;
	(void)snprintf(text, KNOB_TEXT_MAX, "%s%" PRIu64, value->is_unified ? "max " : "", value->u64);
	return 0;
}

static int text_quota(const struct knob_value *value, char text[KNOB_TEXT_MAX], struct err *err)
{
	const struct opt_u64 *period = &value->resources->cpu.period;
	char quota[KNOB_TEXT_MAX];
	int r = knob_text_number_or_max(value, quota, err);

	if (r < 0)
		return r;
	if (value->is_unified && period->is_set && period->value)
		(void)snprintf(text, KNOB_TEXT_MAX, "%.30s %" PRIu64, quota, period->value);
	else
		(void)snprintf(text, KNOB_TEXT_MAX, "%.30s", quota);
	return 0;
}

static int text_idle(const struct knob_value *value, char text[KNOB_TEXT_MAX], struct err *err)
{
	if (value->i64 != 0 && value->i64 != 1)
		return err_user(err, "linux.resources.cpu.idle: %" PRId64 " is neither 0 nor 1", value->i64);
	(void)snprintf(text, KNOB_TEXT_MAX, "%d", (int)value->i64);
	return 0;
}

/* A runtime or burst must fit its period or quota, and an idle group takes no weight: hence the order. */
static const struct knob cpu_knobs[] = {
	/* property, member, v2 file, v1 file, text, flags */
	{ "cpu.shares", KNOB_AT(cpu.shares), "cpu.weight", "cpu.shares", text_shares, KNOB_ZERO_IS_UNSET },
	{ "cpu.period", KNOB_AT(cpu.period), "cpu.max", "cpu.cfs_period_us", text_period, KNOB_ZERO_IS_UNSET },
	{ "cpu.quota", KNOB_AT(cpu.quota), "cpu.max", "cpu.cfs_quota_us", text_quota, KNOB_ZERO_IS_UNSET },
	{ "cpu.burst", KNOB_AT(cpu.burst), "cpu.max.burst", "cpu.cfs_burst_us", knob_text_number, 0 },
	{ "cpu.realtimePeriod", KNOB_AT(cpu.realtime_period), NULL, "cpu.rt_period_us", knob_text_number,
	  KNOB_ZERO_IS_UNSET },
	{ "cpu.realtimeRuntime", KNOB_AT(cpu.realtime_runtime), NULL, "cpu.rt_runtime_us", knob_text_number_or_max,
	  KNOB_ZERO_IS_UNSET },
	{ "cpu.idle", KNOB_AT(cpu.idle), "cpu.idle", "cpu.idle", text_idle, 0 },
	{ 0 },
};

static const struct knob cpuset_knobs[] = {
	{ "cpu.cpus", KNOB_AT(cpu.cpus), "cpuset.cpus", "cpuset.cpus", knob_text_string, 0 },
	{ "cpu.mems", KNOB_AT(cpu.mems), "cpuset.mems", "cpuset.mems", knob_text_string, 0 },
	{ 0 },
};

int plan_cpu(struct planner *planner, struct err *err)
{
	const struct spec_cpu *cpu = &planner->resources->cpu;
	int r;

	if (!cpu->is_set)
		return 0;
	if (cpu->idle.value == 1 && cpu->shares.is_set && cpu->shares.value)
		log_warning("linux.resources.cpu.shares: has no effect with cpu.idle 1: an idle group has no weight");
	r = knobs_plan(planner, cpu_knobs, "cpu", "cpu", err);
	return r < 0 ? r : knobs_plan(planner, cpuset_knobs, "cpuset", "cpuset", err);
}
