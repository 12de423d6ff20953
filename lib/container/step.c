#include "container/step.h"

#include "base/log.h"
#include "container/run.h"

/* The descriptor that goes along with a message. */
static int *companion(struct run *run, enum wire_message message)
{
	switch (message) {
	case MSG_TERMINAL:
		return &run->terminal;
	case MSG_PLACED:
		return &run->delegated;
	default:
		return NULL;
	}
}

int steps_run(const struct step *table, struct run *run, struct err *err)
{
	for (const struct step *step = table; step->is_row; step++) {
		int r = 0, none = -1, *fd = companion(run, step->tell ? step->tell : step->hear);

		if (step->when && !step->when(run->plan))
			continue;
		if (run->is_guest)
			*run->progress = (int)(step - table);
		if (step->tell)
			r = wire_tell(run->wire, step->tell, fd ? *fd : -1, err);
		else if (step->hear)
			r = wire_hear(run->wire, step->hear, fd ? fd : &none, err);
		else
			r = step->run(run, err);
		if (r < 0)
			return step->name ? err_in(err, "%s", step->name) : r;
		if (step->name)
			log_debug("%s side: %s: done", run->is_guest ? "guest" : "host", step->name);
	}
	return 0;
}

int steps_undo(const struct step *table, struct state *state, struct err *err)
{
	const struct step *step = table;
	struct err other;
	int first = 0;

	while (step->is_row)
		step++;
	while (step-- > table) {
		int r;

		/* the record of what could not be undone must stay, for the next try */
		if (!step->undo || (first && step == table))
			continue;
		r = step->undo(state, first ? &other : err);
		if (r < 0 && !first)
			first = step->name ? err_in(err, "undo %s", step->name) : r;
	}
	return first;
}
