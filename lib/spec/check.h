/* What a table cannot say: rules between members and between sections.  Each function checks one section and returns 0 or
 * the first violation, with its place in the document. */
#pragma once

#include "base/err.h"
#include "spec/spec.h"

/* The whole document: calls all the others.  Also brings devices into one form: modes without
 * the file type, FIFOs with numbers 0. */
int check_document(struct spec *spec, struct err *err);

int check_process(const struct spec_process *process, struct err *err);
int check_annotations(const struct spec *spec, struct err *err);
int check_hooks(const struct spec_hooks *hooks, struct err *err);
int check_linux(const struct spec *spec, struct err *err);
int check_resources(const struct spec_resources *resources, struct err *err);
int check_seccomp(const struct spec *spec, struct err *err);

/* User and group mappings: of a user namespace, or of a mount. */
int check_mappings(const struct spec_id_mappings *mappings, const char *place, struct err *err);
/* That the ids of the process and of devices exist in a user namespace made with the mappings of the document. */
int check_ids_mapped(const struct spec *spec, struct err *err);
