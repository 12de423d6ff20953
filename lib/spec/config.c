/* config.md: the document, root and mounts. */
#include "spec/tables.h"

FIELDS(root_fields, struct spec_root) {
	STR(struct spec_root, "path", path, F_REQUIRED | F_FILLED | F_PATH),
	BOOL(struct spec_root, "readonly", readonly, 0),
	END
};

FIELDS(mount_fields, struct spec_mount) {
	STR(struct spec_mount, "destination", destination, F_REQUIRED | F_FILLED | F_PATH),
	STR(struct spec_mount, "type", type, F_LINE | F_EMPTY_IS_ABSENT),
	STR(struct spec_mount, "source", source, F_PATH | F_EMPTY_IS_ABSENT),
	STRINGS(struct spec_mount, "options", options, 0),
	ARRAY(struct spec_mount, "uidMappings", uid_mappings, spec_id_mapping_fields, 0),
	ARRAY(struct spec_mount, "gidMappings", gid_mappings, spec_id_mapping_fields, 0),
	END
};

/* of a lone array, which spec_parse_mounts() puts into such an object */
FIELDS_EXPORT(spec_mounts_fields) {
	ARRAY(struct spec, "mounts", mounts, mount_fields, 0),
	END
};

FIELDS_EXPORT(spec_document_fields) {
	STR(struct spec, "ociVersion", oci_version, F_REQUIRED),
	OBJECT(struct spec, "root", root, root_fields, F_REQUIRED),
	ARRAY(struct spec, "mounts", mounts, mount_fields, 0),
	OBJECT_SET(struct spec, "process", process, spec_process_fields, 0),
	STR(struct spec, "hostname", hostname, F_LINE | F_EMPTY_IS_ABSENT),
	STR(struct spec, "domainname", domainname, F_LINE | F_EMPTY_IS_ABSENT),
	OBJECT(struct spec, "hooks", hooks, spec_hooks_fields, 0),
	PAIRS(struct spec, "annotations", annotations, 0),
	OBJECT_SET(struct spec, "linux", linux_, spec_linux_fields, 0),
	END
};
