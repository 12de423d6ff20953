/* config-linux.md, Seccomp. */
#include "spec/tables.h"

static const struct field_names actions = {
	"seccomp action",
	(const char *const[]){
		"SCMP_ACT_KILL",
		"SCMP_ACT_KILL_PROCESS",
		"SCMP_ACT_KILL_THREAD",
		"SCMP_ACT_TRAP",
		"SCMP_ACT_ERRNO",
		"SCMP_ACT_TRACE",
		"SCMP_ACT_ALLOW",
		"SCMP_ACT_LOG",
		"SCMP_ACT_NOTIFY",
		NULL,
	},
};

static const struct field_names operators = {
	"seccomp operator",
	(const char *const[]){
		"SCMP_CMP_NE",
		"SCMP_CMP_LT",
		"SCMP_CMP_LE",
		"SCMP_CMP_EQ",
		"SCMP_CMP_GE",
		"SCMP_CMP_GT",
		"SCMP_CMP_MASKED_EQ",
		NULL,
	},
};

static const struct field_names architectures = {
	"seccomp architecture",
	(const char *const[]){
		"SCMP_ARCH_X86",
		"SCMP_ARCH_X86_64",
		"SCMP_ARCH_X32",
		"SCMP_ARCH_ARM",
		"SCMP_ARCH_AARCH64",
		"SCMP_ARCH_LOONGARCH64",
		"SCMP_ARCH_M68K",
		"SCMP_ARCH_MIPS",
		"SCMP_ARCH_MIPS64",
		"SCMP_ARCH_MIPS64N32",
		"SCMP_ARCH_MIPSEL",
		"SCMP_ARCH_MIPSEL64",
		"SCMP_ARCH_MIPSEL64N32",
		"SCMP_ARCH_PPC",
		"SCMP_ARCH_PPC64",
		"SCMP_ARCH_PPC64LE",
		"SCMP_ARCH_S390",
		"SCMP_ARCH_S390X",
		"SCMP_ARCH_SH",
		"SCMP_ARCH_SHEB",
		"SCMP_ARCH_PARISC",
		"SCMP_ARCH_PARISC64",
		"SCMP_ARCH_RISCV64",
		NULL,
	},
};

static const struct field_names filter_flags = {
	"seccomp flag",
	(const char *const[]){
		"SECCOMP_FILTER_FLAG_TSYNC",
		"SECCOMP_FILTER_FLAG_LOG",
		"SECCOMP_FILTER_FLAG_SPEC_ALLOW",
		"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV",
		NULL,
	},
};

FIELDS(arg_fields, struct spec_seccomp_arg) {
	U32(struct spec_seccomp_arg, "index", index, 5, F_REQUIRED),
	U64(struct spec_seccomp_arg, "value", value, UINT64_MAX, F_REQUIRED),
	U64(struct spec_seccomp_arg, "valueTwo", value_two, UINT64_MAX, 0),
	STR_OF(struct spec_seccomp_arg, "op", op, operators, F_REQUIRED),
	END
};

/* SECCOMP_RET_DATA has 16 bits. */
FIELDS(rule_fields, struct spec_seccomp_rule) {
	STRINGS(struct spec_seccomp_rule, "names", names, F_REQUIRED | F_FILLED),
	STR_OF(struct spec_seccomp_rule, "action", action, actions, F_REQUIRED),
	OPT_U64(struct spec_seccomp_rule, "errnoRet", errno_ret, UINT16_MAX, 0),
	ARRAY(struct spec_seccomp_rule, "args", args, arg_fields, 0),
	END
};

FIELDS_EXPORT(spec_seccomp_fields) {
	STR_OF(struct spec_seccomp, "defaultAction", default_action, actions, F_REQUIRED),
	OPT_U64(struct spec_seccomp, "defaultErrnoRet", default_errno_ret, UINT16_MAX, 0),
	STRINGS_OF(struct spec_seccomp, "architectures", architectures, architectures, 0),
	STRINGS_OF_SET(struct spec_seccomp, "flags", flags, has_flags, filter_flags, 0),
	STR(struct spec_seccomp, "listenerPath", listener_path, F_PATH | F_EMPTY_IS_ABSENT),
	STR(struct spec_seccomp, "listenerMetadata", listener_metadata, F_EMPTY_IS_ABSENT),
	ARRAY(struct spec_seccomp, "syscalls", syscalls, rule_fields, 0),
	END
};
