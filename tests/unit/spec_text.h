/* Configs for tests: a fragment put into the smallest document that may have it. */
#pragma once

#include <stddef.h>

#include "base/err.h"
#include "spec/spec.h"

enum spec_frame {
	FRAME_NONE,	 /* the fragment is the whole text */
	FRAME_DOCUMENT,	 /* members of the document, besides ociVersion and root */
	FRAME_PROCESS,	 /* members of process, besides args and cwd */
	FRAME_LINUX,	 /* members of linux, besides namespaces: all types but user and time */
	FRAME_RESOURCES, /* members of linux.resources */
	FRAME_SECCOMP,	 /* members of linux.seccomp, besides defaultAction SCMP_ACT_ALLOW */
	FRAME_RULE,	 /* members of linux.seccomp.syscalls[0], besides names */
};

/* Put the fragment into its frame, with single quotes as double ones, and parse it as "config.json". */
int spec_text_parse(enum spec_frame frame, const char *fragment, struct spec_document **ret, struct err *err);

/* A config that must be refused, and a part of the message. */
struct spec_row {
	enum spec_frame frame;
	const char *fragment, *message;
};

/* Check that each row is refused so. */
void spec_text_refused(const struct spec_row *rows, size_t count);
