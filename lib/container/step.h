/* Ordered work as a table: what create does, on either side of the fork, is an array of rows, and the rows are the
 * documentation.  steps_run() obeys a table; steps_undo() takes back, in reverse order, what the state says was made. */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "container/wire.h"

struct plan;
struct run;
struct state;

struct step {
	const char *name;				     /* put before an error: "rlimits"; NULL: the error speaks for itself */
	bool (*when)(const struct plan *plan);		     /* NULL: always */
	int (*run)(struct run *run, struct err *err);	     /* NULL: only a message */
	int (*undo)(struct state *state, struct err *err);   /* reads only the state; does nothing if nothing is recorded */
	enum wire_message tell, hear;			     /* a row with a message does nothing else */
	bool is_row;					     /* false ends the table */
};

#define DO(name_, run_, undo_)		  { .name = (name_), .run = (run_), .undo = (undo_), .is_row = true }
#define DO_IF(when_, name_, run_, undo_)  { .name = (name_), .when = (when_), .run = (run_), .undo = (undo_), .is_row = true }
#define TELL(message_)			  { .tell = (message_), .is_row = true }
#define TELL_IF(when_, message_)	  { .when = (when_), .tell = (message_), .is_row = true }
#define HEAR(message_)			  { .hear = (message_), .is_row = true }
#define HEAR_IF(when_, message_)	  { .when = (when_), .hear = (message_), .is_row = true }
#define STEPS_END			  { .is_row = false }

/* Run the rows in order until one fails. */
int steps_run(const struct step *table, struct run *run, struct err *err);

/* Undo all rows in reverse order.  A failing undo does not stop the others, but then the first row of the table, which holds
 * the record of all others, is not undone.  The first failure is returned. */
int steps_undo(const struct step *table, struct state *state, struct err *err);

/* The stage tables: create on both sides, and the guest side of exec. */
extern const struct step host_create[];
extern const struct step guest_create[];
extern const struct step guest_exec[];
