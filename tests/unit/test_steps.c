/* The two stage tables of create never wait for each other in vain: both are walked for every combination of what a
 * configuration can ask for. */
#include "container/plan.h"
#include "container/state.h"
#include "container/step.h"
#include "unit.h"

#define WIRE_MAX 16

/* What one side says and hears, in its order. */
struct script {
	struct {
		bool is_tell;
		enum wire_message message;
	} items[WIRE_MAX];
	int count;
};

static void read_table(const struct step *table, const struct plan *plan, struct script *ret)
{
	ret->count = 0;
	for (const struct step *step = table; step->is_row; step++) {
		if ((step->when && !step->when(plan)) || (!step->tell && !step->hear))
			continue;
		CHECK(!step->run && ret->count < WIRE_MAX);
		ret->items[ret->count].is_tell = step->tell;
		ret->items[ret->count].message = step->tell ? step->tell : step->hear;
		ret->count++;
	}
}

/* Messages wait in the socket, so telling never blocks; hearing blocks until the other side has told, and takes its messages
 * in order. */
static bool both_end(const struct script *a, const struct script *b)
{
	const struct script *sides[2] = { a, b };
	enum wire_message sent[2][WIRE_MAX];
	int told[2] = { 0 }, heard[2] = { 0 }, at[2] = { 0 };

	for (bool moved = true; moved;) {
		moved = false;
		for (int i = 0; i < 2; i++) {
			while (at[i] < sides[i]->count) {
				bool is_tell = sides[i]->items[at[i]].is_tell;
				enum wire_message message = sides[i]->items[at[i]].message;

				if (is_tell)
					sent[i][told[i]++] = message;
				else if (heard[i] >= told[!i])
					break;
				else if (sent[!i][heard[i]++] != message)
					return false;
				at[i]++;
				moved = true;
			}
		}
	}
	return at[0] == a->count && at[1] == b->count && heard[0] == told[1] && heard[1] == told[0];
}

static void check_combination(unsigned int bits)
{
	static struct spec_hook hook = { .path = "/bin/true" };
	static struct spec_net_device device = { .host_name = "eth0" };
	const struct spec_hook_list one = { .items = &hook, .count = 1 }, none = { .count = 0 };
	struct container_create_options options = {
		.pid_file = bits & 1 ? "pid" : 0,
		.pidfd_socket = bits & 2 ? "socket" : 0,
		.no_new_keyring = bits & 4,
	};
	struct spec spec = {
		.hooks = {
			.prestart = bits & 8 ? one : none,
			.create_runtime = bits & 16 ? one : none,
			.create_container = bits & 32 ? one : none,
			.start_container = bits & 64 ? one : none,
		},
		.process = { .is_set = bits & 128, .cwd = bits & 256 ? "/" : "/work" },
		.hostname = bits & 256 ? "a" : 0,
		.linux_.net_devices = { .items = &device, .count = !!(bits & 4096) },
	};
	struct plan plan = {
		.options = &options,
		.spec = &spec,
		.process = &spec.process,
		.has_notify = bits & 512,
		.waits_for_start = bits & 1024,
		.ns = { .clone_flags =
				(bits & 2048 ? ns_types[SPEC_NS_MOUNT].flag | ns_types[SPEC_NS_NETWORK].flag : 0) |
				(bits & 4096 ? ns_types[SPEC_NS_USER].flag : 0) },
	};
	struct script host, guest;

	read_table(host_create, &plan, &host);
	read_table(guest_create, &plan, &guest);
	if (!CHECK(both_end(&host, &guest)))
		CHECK_STR("combination of predicates", 0);
}

static void no_combination_of_predicates_makes_the_sides_wait_for_ever(void)
{
	for (unsigned int bits = 0; bits < 8192; bits++)
		check_combination(bits);
}

static void the_check_sees_a_side_that_waits_in_vain(void)
{
	struct script host = { .count = 1, .items = { { .is_tell = false, .message = MSG_WANT_HOOKS } } };
	struct script guest = { .count = 0 };

	CHECK(!both_end(&host, &guest));
	guest = (struct script){ .count = 1, .items = { { .is_tell = true, .message = MSG_HOST_READY } } };
	CHECK(!both_end(&host, &guest));
	guest.items[0].message = MSG_WANT_HOOKS;
	CHECK(both_end(&host, &guest));
}

static void every_undo_does_nothing_when_nothing_is_recorded(void)
{
	struct state state = STATE_CLOSED;
	struct err err;

	CHECK(steps_undo(host_create, &state, &err) == 0);
}

int main(void)
{
	static const struct unit_test tests[] = {
		TEST(no_combination_of_predicates_makes_the_sides_wait_for_ever),
		TEST(the_check_sees_a_side_that_waits_in_vain),
		TEST(every_undo_does_nothing_when_nothing_is_recorded),
		TEST_END,
	};

	return unit_run(tests);
}
