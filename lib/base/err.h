/* Failures in words.
 *
 * A function that can fail returns 0 or a negative errno and takes `struct err *err` last.  Whoever meets
 * the failure describes it once, with the object it concerns; callers pass it on, or add where they were
 * with err_in().  The struct has a fixed size and no pointers, so it travels from the guest side to the
 * host side as it is.  "Not there" and "already so" are answers, not failures.
 *
 * A text never contains a control character: it is one line whatever bytes a config held. */
#pragma once

#include <stdarg.h>
#include <stdbool.h>

#define ERR_TEXT_MAX 5116 /* room for 4 KiB of what a failing program said */

struct err {
	int number;		 /* errno, positive; 0: no failure */
	char text[ERR_TEXT_MAX]; /* one line, without a newline; NUL-terminated */
};

/* The kernel said no: sets "<format>: <meaning of number>".  number: errno, positive.  Returns -number. */
int err_sys(struct err *err, int number, const char *format, ...) __attribute__((format(printf, 3, 4), cold));

/* What was asked for is wrong: sets the formatted text alone.  Returns -EINVAL. */
int err_user(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3), cold));

/* As err_user(), but with the given errno (positive).  Returns -number. */
int err_set(struct err *err, int number, const char *format, ...) __attribute__((format(printf, 3, 4), cold));

/* Put "<format>: " before the text of a failure that is being passed on.  Returns -err->number. */
int err_in(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3), cold));

/* Append " (<format>)" to the text: a remedy, or what the host has instead.  Returns -err->number. */
int err_hint(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3), cold));

/* Report that memory ran out.  Returns -ENOMEM. */
int err_memory(struct err *err) __attribute__((cold));

/* Make the struct safe to read after it came from another process: terminated, printable, and with a
 * positive number. */
void err_sanitize(struct err *err);
