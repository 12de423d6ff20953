/* The tables that more than one file of this folder uses; each stands in the file of its section. */
#pragma once

#include <stdint.h>

#include "json/decode.h"
#include "spec/spec.h"

/* 4294967295 is (uid_t)-1, which system calls take for "leave it": never a user or a group. */
#define ID_MAX (UINT32_MAX - 1)

FIELDS_DECLARE(spec_document_fields, struct spec);	       /* config.c */
FIELDS_DECLARE(spec_mounts_fields, struct spec);	       /* config.c */
FIELDS_DECLARE(spec_process_fields, struct spec_process);      /* process.c */
FIELDS_DECLARE(spec_hooks_fields, struct spec_hooks);	       /* hooks.c */
FIELDS_DECLARE(spec_id_mapping_fields, struct spec_id_mapping); /* linux.c */
FIELDS_DECLARE(spec_linux_fields, struct spec_linux);	       /* linux.c */
FIELDS_DECLARE(spec_resources_fields, struct spec_resources);  /* resources.c */
FIELDS_DECLARE(spec_seccomp_fields, struct spec_seccomp);      /* seccomp.c */
