#include "namespaces/ns.h"

#include "base/sys.h"

const struct ns_type ns_types[SPEC_NS_COUNT] = {
	[SPEC_NS_CGROUP] = { "cgroup", "cgroup", CLONE_NEWCGROUP },
	[SPEC_NS_IPC] = { "ipc", "ipc", CLONE_NEWIPC },
	[SPEC_NS_MOUNT] = { "mount", "mnt", CLONE_NEWNS },
	[SPEC_NS_NETWORK] = { "network", "net", CLONE_NEWNET },
	[SPEC_NS_PID] = { "pid", "pid", CLONE_NEWPID },
	[SPEC_NS_TIME] = { "time", "time", CLONE_NEWTIME },
	[SPEC_NS_USER] = { "user", "user", CLONE_NEWUSER },
	[SPEC_NS_UTS] = { "uts", "uts", CLONE_NEWUTS },
};
