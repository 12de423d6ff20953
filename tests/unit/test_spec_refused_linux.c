/* lib/spec: linux sections that must be refused, each with its place in the message. */
#include <errno.h>

#include "base/auto.h"
#include "base/str.h"
#include "spec_text.h"
#include "unit.h"

/* A user namespace with these user mappings; groups 0 to 8 are mapped. */
#define MAPPED(uids)                                                               \
	"'linux':{'namespaces':[{'type':'user'}],'uidMappings':[" uids "],"      \
	"'gidMappings':[{'containerID':0,'hostID':7,'size':9}]}"

static const struct spec_row wrong_namespaces_and_mappings_rows[] = {
	{ FRAME_DOCUMENT, "'linux':{'namespaces':{}}", "linux.namespaces: expected array of objects" },
	{ FRAME_DOCUMENT, "'linux':{'namespaces':['pid']}", "linux.namespaces[0]: expected object, got string" },
	{ FRAME_DOCUMENT, "'linux':{'namespaces':[{}]}", "linux.namespaces[0].type: missing" },
	{ FRAME_DOCUMENT, "'linux':{'namespaces':[{'type':''}]}",
	  "linux.namespaces[0].type: invalid namespace type \"\"" },
	{ FRAME_DOCUMENT, "'linux':{'namespaces':[{'type':'net'}]}",
	  "linux.namespaces[0].type: invalid namespace type \"net\"" },
	{ FRAME_DOCUMENT, "'linux':{'namespaces':[{'type':'PID'}]}",
	  "linux.namespaces[0].type: invalid namespace type \"PID\"" },
	{ FRAME_DOCUMENT, "'linux':{'namespaces':[{'type':5}]}", "linux.namespaces[0].type: expected string" },
	{ FRAME_DOCUMENT, "'linux':{'namespaces':[{'type':'pid'},{'type':'ipc'},{'type':'pid','path':'/x'}]}",
	  "linux.namespaces[2]: same type as linux.namespaces[0]" },
	{ FRAME_DOCUMENT, "'linux':{'namespaces':[{'type':'pid','path':'ns/pid'}]}",
	  "linux.namespaces[0].path: expected an absolute path" },
	{ FRAME_DOCUMENT, "'linux':{'namespaces':[{'type':'pid','path':''}]}",
	  "linux.namespaces[0].path: expected an absolute path, got \"\"" },
	{ FRAME_LINUX, "'uidMappings':[{'containerID':0,'hostID':0,'size':1}]", "linux.gidMappings: missing" },
	{ FRAME_LINUX, "'gidMappings':[{'containerID':0,'hostID':0,'size':1}]", "linux.uidMappings: missing" },
	{ FRAME_LINUX, "'uidMappings':[{'containerID':0,'hostID':0,'size':1}],"
			  "'gidMappings':[{'containerID':0,'hostID':0,'size':1}]",
	  "linux.uidMappings: needs a user namespace" },
	{ FRAME_DOCUMENT, MAPPED("{'hostID':0,'size':1}"), "linux.uidMappings[0].containerID: missing" },
	{ FRAME_DOCUMENT, MAPPED("{'containerID':0,'size':1}"), "linux.uidMappings[0].hostID: missing" },
	{ FRAME_DOCUMENT, MAPPED("{'containerID':0,'hostID':1}"), "linux.uidMappings[0].size: missing" },
	{ FRAME_DOCUMENT, MAPPED("{'containerID':0,'hostID':1,'size':0}"), "linux.uidMappings[0].size: must not be 0" },
	{ FRAME_DOCUMENT, MAPPED("{'containerID':-1,'hostID':1,'size':1}"),
	  "linux.uidMappings[0].containerID: -1 is out of range" },
	{ FRAME_DOCUMENT, MAPPED("{'containerID':0,'hostID':4294967295,'size':1}"),
	  "linux.uidMappings[0].hostID: 4294967295 is out of range" },
	{ FRAME_DOCUMENT, MAPPED("{'containerID':0,'hostID':1,'size':4294967295}"),
	  "linux.uidMappings[0]: hostID 1 and size 4294967295 exceed the largest id" },
	{ FRAME_DOCUMENT, MAPPED("{'containerID':4294967294,'hostID':1,'size':2}"),
	  "linux.uidMappings[0]: containerID 4294967294 and size 2 exceed" },
	{ FRAME_DOCUMENT, MAPPED("{'containerID':0,'hostID':100,'size':10},{'containerID':9,'hostID':200,'size':1}"),
	  "linux.uidMappings[1]: overlaps with linux.uidMappings[0]" },
	{ FRAME_DOCUMENT, MAPPED("{'containerID':0,'hostID':100,'size':10},{'containerID':10,'hostID':95,'size':6}"),
	  "linux.uidMappings[1]: overlaps with linux.uidMappings[0]" },
	{ FRAME_DOCUMENT, "'process':{'args':['a'],'cwd':'/','user':{'uid':5,'gid':0}},"
			  MAPPED("{'containerID':0,'hostID':1,'size':5}"),
	  "process.user.uid: 5 is not mapped by linux.uidMappings" },
	{ FRAME_DOCUMENT, "'process':{'args':['a'],'cwd':'/','user':{'uid':0,'gid':9}},"
			  MAPPED("{'containerID':0,'hostID':1,'size':5}"),
	  "process.user.gid: 9 is not mapped by linux.gidMappings" },
	{ FRAME_DOCUMENT, "'process':{'args':['a'],'cwd':'/','user':{'uid':0,'gid':8,'additionalGids':[1,10]}},"
			  MAPPED("{'containerID':0,'hostID':1,'size':5}"),
	  "process.user.additionalGids[1]: 10 is not mapped by linux.gidMappings" },
	{ FRAME_DOCUMENT, "'linux':{'namespaces':[{'type':'user'}],'uidMappings':[{'containerID':0,'hostID':7,'size':9}],"
			  "'gidMappings':[{'containerID':0,'hostID':7,'size':9}],"
			  "'devices':[{'type':'p','path':'/a'},{'type':'p','path':'/b','uid':9}]}",
	  "linux.devices[1].uid: 9 is not mapped by linux.uidMappings" },
	{ FRAME_DOCUMENT, "'linux':{'namespaces':[{'type':'user'}],'uidMappings':[{'containerID':0,'hostID':7,'size':9}],"
			  "'gidMappings':[{'containerID':0,'hostID':7,'size':9}],"
			  "'devices':[{'type':'p','path':'/b','uid':8,'gid':9}]}",
	  "linux.devices[0].gid: 9 is not mapped by linux.gidMappings" },
	{ FRAME_LINUX, "'timeOffsets':{'monotonic':{'secs':5}}", "linux.timeOffsets: needs a new time namespace" },
	{ FRAME_DOCUMENT, "'linux':{'namespaces':[{'type':'time','path':'/x'}],'timeOffsets':{'boottime':{'secs':5}}}",
	  "linux.timeOffsets: needs a new time namespace" },
	{ FRAME_DOCUMENT, "'linux':{'namespaces':[{'type':'time'}],'timeOffsets':{'realtime':{'secs':5}}}",
	  "linux.timeOffsets.realtime: unknown" },
	{ FRAME_DOCUMENT, "'linux':{'namespaces':[{'type':'time'}],'timeOffsets':{'boottime':{'nanosecs':1000000000}}}",
	  "linux.timeOffsets.boottime.nanosecs: 1000000000 is out of range" },
	{ FRAME_DOCUMENT, "'linux':{'namespaces':[{'type':'time'}],"
			  "'timeOffsets':{'boottime':{'secs':9223372036854775808}}}",
	  "linux.timeOffsets.boottime.secs: 9223372036854775808 is out of range" },
};

static void wrong_namespaces_and_mappings(void)
{
	spec_text_refused(wrong_namespaces_and_mappings_rows, ARRAY_SIZE(wrong_namespaces_and_mappings_rows));
}

static const struct spec_row wrong_linux_sections_rows[] = {
	{ FRAME_LINUX, "'devices':[{'path':'/dev/x'}]", "linux.devices[0].type: missing" },
	{ FRAME_LINUX, "'devices':[{'type':'z','path':'/dev/x'}]", "linux.devices[0].type: invalid device type \"z\"" },
	{ FRAME_LINUX, "'devices':[{'type':'c'}]", "linux.devices[0].path: missing" },
	{ FRAME_LINUX, "'devices':[{'type':'c','path':'dev/x','major':1,'minor':3}]",
	  "linux.devices[0].path: expected an absolute path" },
	{ FRAME_LINUX, "'devices':[{'type':'c','path':'','major':1,'minor':3}]",
	  "linux.devices[0].path: expected an absolute path" },
	{ FRAME_LINUX, "'devices':[{'type':'c','path':'/dev/../etc/x','major':1,'minor':3}]",
	  "linux.devices[0].path: must not contain \"..\"" },
	{ FRAME_LINUX, "'devices':[{'type':'c','path':'/dev/..','major':1,'minor':3}]",
	  "linux.devices[0].path: must not contain \"..\"" },
	{ FRAME_LINUX, "'devices':[{'type':'c','path':'//','major':1,'minor':3}]",
	  "linux.devices[0].path: \"/\" is not a device" },
	{ FRAME_LINUX, "'devices':[{'type':'c','path':'/dev/x','minor':3}]", "linux.devices[0].major: missing" },
	{ FRAME_LINUX, "'devices':[{'type':'b','path':'/dev/x','major':3}]", "linux.devices[0].minor: missing" },
	{ FRAME_LINUX, "'devices':[{'type':'c','path':'/dev/x','major':-1,'minor':3}]",
	  "linux.devices[0].major: -1 is out of range 0 to 4095" },
	{ FRAME_LINUX, "'devices':[{'type':'c','path':'/dev/x','major':1,'minor':1099511627776}]",
	  "linux.devices[0].minor: 1099511627776 is out of range" },
	{ FRAME_LINUX, "'devices':[{'type':'p','path':'/dev/x','fileMode':1048576}]",
	  "linux.devices[0].fileMode: 1048576 is out of range" },
	{ FRAME_LINUX, "'devices':[{'type':'p','path':'/dev/x','uid':4294967295}]",
	  "linux.devices[0].uid: 4294967295 is out of range" },
	{ FRAME_LINUX, "'netDevices':{'eth0':{'name':23}}",
	  "linux.netDevices[\"eth0\"].name: expected string, got integer" },
	{ FRAME_LINUX, "'netDevices':{'eth0':null}", "linux.netDevices[\"eth0\"]: expected object, got null" },
	{ FRAME_LINUX, "'netDevices':{'a/b':{}}", "linux.netDevices[\"a/b\"]: not a name of an interface" },
	{ FRAME_LINUX, "'netDevices':{'eth%d':{}}", "linux.netDevices[\"eth%d\"]: not a name of an interface" },
	{ FRAME_LINUX, "'netDevices':{'eth0':{'name':'a%d%d'}}", "linux.netDevices[\"eth0\"].name: \"a%d%d\" is not" },
	{ FRAME_LINUX, "'netDevices':{'eth0':{'name':'a%s'}}", "linux.netDevices[\"eth0\"].name: \"a%s\" is not" },
	{ FRAME_LINUX, "'netDevices':{'eth0':{'name':'a%'}}", "linux.netDevices[\"eth0\"].name: \"a%\" is not" },
	{ FRAME_LINUX, "'netDevices':{'..':{}}", "linux.netDevices[\"..\"]: not a name of an interface" },
	{ FRAME_LINUX, "'netDevices':{'eth0':{'name':'name-of-17-bytes-'}}",
	  "linux.netDevices[\"eth0\"].name: \"name-of-17-bytes-\" is not a name" },
	{ FRAME_LINUX, "'netDevices':{'eth0':{'name':'a b'}}",
	  "linux.netDevices[\"eth0\"].name: \"a b\" is not a name" },
	{ FRAME_LINUX, "'netDevices':{'eth0':{'name':'x'},'eth1':{},'eth2':{'name':'x'}}",
	  "linux.netDevices: two devices are to be named \"x\"" },
	{ FRAME_LINUX, "'netDevices':{'eth0':{'name':'eth1'},'eth1':{}}",
	  "linux.netDevices: two devices are to be named \"eth1\"" },
	{ FRAME_DOCUMENT, "'linux':{'netDevices':{'eth0':{}}}", "linux.netDevices: needs a network namespace" },
	{ FRAME_LINUX, "'cgroupsPath':5", "linux.cgroupsPath: expected string" },
	{ FRAME_LINUX, "'cgroupsPath':'/a/../b'", "linux.cgroupsPath: must not contain \"..\"" },
	{ FRAME_LINUX, "'cgroupsPath':'..'", "linux.cgroupsPath: must not contain \"..\"" },
	{ FRAME_LINUX, "'cgroupsPath':'/a\\nb'", "linux.cgroupsPath: must not contain control characters" },
	{ FRAME_LINUX, "'sysctl':[]", "linux.sysctl: expected object of strings, got array" },
	{ FRAME_LINUX, "'sysctl':{'net.ipv4.ip_forward':1}",
	  "linux.sysctl[\"net.ipv4.ip_forward\"]: expected string, got integer" },
	{ FRAME_LINUX, "'sysctl':{'':'1'}", "linux.sysctl: a key must not be empty" },
	{ FRAME_LINUX, "'sysctl':{'net.ipv4.ip_forward':''}",
	  "linux.sysctl[\"net.ipv4.ip_forward\"]: must not be empty" },
	{ FRAME_LINUX, "'sysctl':{'net.ipv4.ip_forward':'1\\n2'}",
	  "linux.sysctl[\"net.ipv4.ip_forward\"]: must not contain control" },
	{ FRAME_LINUX, "'sysctl':{'net.ipv4.ip_forward/../../../kernel/core_pattern':'x'}", "not a name of a sysctl" },
	{ FRAME_LINUX, "'sysctl':{'/net':'x'}", "linux.sysctl[\"/net\"]: not a name of a sysctl" },
	{ FRAME_LINUX, "'sysctl':{'net.a\\nb':'x'}", "not a name of a sysctl" },
	{ FRAME_LINUX, "'sysctl':{'net.a=1':'x'}", "not a name of a sysctl" },
	{ FRAME_LINUX, "'rootfsPropagation':'bogus'", "linux.rootfsPropagation: invalid propagation \"bogus\"" },
	{ FRAME_LINUX, "'rootfsPropagation':true", "linux.rootfsPropagation: expected string" },
	{ FRAME_LINUX, "'maskedPaths':['proc/kcore']",
	  "linux.maskedPaths[0]: expected an absolute path, got \"proc/kcore\"" },
	{ FRAME_LINUX, "'maskedPaths':['']", "linux.maskedPaths[0]: expected an absolute path, got \"\"" },
	{ FRAME_LINUX, "'readonlyPaths':['/a','b']", "linux.readonlyPaths[1]: expected an absolute path" },
	{ FRAME_LINUX, "'readonlyPaths':'/a'", "linux.readonlyPaths: expected array of strings" },
	{ FRAME_LINUX, "'mountLabel':'a\\nb'", "linux.mountLabel: must not contain control" },
	{ FRAME_LINUX, "'intelRdt':{'closID':'../x'}", "linux.intelRdt.closID: \"../x\" is not a name of a directory" },
	{ FRAME_LINUX, "'intelRdt':{'closID':'..'}", "linux.intelRdt.closID: \"..\" is not a name of a directory" },
	{ FRAME_LINUX, "'intelRdt':{'closID':'/a'}", "linux.intelRdt.closID: \"/a\" is not a name of a directory" },
	{ FRAME_LINUX, "'intelRdt':{'memBwSchema':'L3:0=f'}", "linux.intelRdt.memBwSchema: must begin with \"MB:\"" },
	{ FRAME_LINUX, "'intelRdt':{'memBwSchema':'MB:0=1\\nL3:0=f'}",
	  "linux.intelRdt.memBwSchema: must not contain control" },
	{ FRAME_LINUX, "'intelRdt':{'schemata':['L3:0=f\\n']}",
	  "linux.intelRdt.schemata[0]: must not contain control" },
	{ FRAME_LINUX, "'intelRdt':{'closID':'mon_groups'}", "linux.intelRdt.closID: \"mon_groups\" is not a name" },
	{ FRAME_LINUX, "'intelRdt':{'l3CacheSchema':'L3'}", "linux.intelRdt.l3CacheSchema: \"L3\" is not a line" },
	{ FRAME_LINUX, "'intelRdt':{'l3CacheSchema':'L3:0=f\\nMB:x=1'}", "l3CacheSchema: \"MB:x=1\" is not a line" },
	{ FRAME_LINUX, "'intelRdt':{'memBwSchema':'MB:0'}", "linux.intelRdt.memBwSchema: \"MB:0\" is not a line" },
	{ FRAME_LINUX, "'intelRdt':{'schemata':['L2:0=f','L3:0=f,']}", "linux.intelRdt.schemata[1]: \"L3:0=f,\" is" },
	{ FRAME_LINUX, "'intelRdt':{'enableMonitoring':1}", "linux.intelRdt.enableMonitoring: expected boolean" },
	{ FRAME_LINUX, "'memoryPolicy':{}", "linux.memoryPolicy.mode: missing" },
	{ FRAME_LINUX, "'memoryPolicy':{'mode':'MPOL_X'}",
	  "linux.memoryPolicy.mode: invalid memory policy mode \"MPOL_X\"" },
	{ FRAME_LINUX, "'memoryPolicy':{'mode':'MPOL_BIND','nodes':'a'}",
	  "linux.memoryPolicy.nodes: invalid memory policy node list \"a\"" },
	{ FRAME_LINUX, "'memoryPolicy':{'mode':'MPOL_BIND','nodes':'0','flags':['X']}",
	  "linux.memoryPolicy.flags[0]: invalid memory policy flag \"X\"" },
	{ FRAME_LINUX, "'personality':{}", "linux.personality.domain: missing" },
	{ FRAME_LINUX, "'personality':{'domain':'BSD'}", "linux.personality.domain: invalid execution domain \"BSD\"" },
	{ FRAME_LINUX, "'personality':{'domain':'LINUX','flags':['X']}",
	  "linux.personality.flags[0]: invalid personality flag \"X\"" },
};

static void wrong_linux_sections(void)
{
	spec_text_refused(wrong_linux_sections_rows, ARRAY_SIZE(wrong_linux_sections_rows));
}

static const struct spec_row wrong_resources_rows[] = {
	{ FRAME_LINUX, "'resources':[]", "linux.resources: expected object, got array" },
	{ FRAME_RESOURCES, "'devices':[{}]", "linux.resources.devices[0].allow: missing" },
	{ FRAME_RESOURCES, "'devices':[{'allow':'yes'}]", "linux.resources.devices[0].allow: expected boolean" },
	{ FRAME_RESOURCES, "'devices':[{'allow':true,'type':'z'}]",
	  "linux.resources.devices[0].type: invalid device type \"z\"" },
	{ FRAME_RESOURCES, "'devices':[{'allow':true,'access':'xyz'}]",
	  "linux.resources.devices[0].access: \"xyz\" has other letters" },
	{ FRAME_RESOURCES, "'devices':[{'allow':true,'major':-2}]",
	  "linux.resources.devices[0].major: -2 is out of range -1 to" },
	{ FRAME_RESOURCES, "'devices':[{'allow':true,'minor':'*'}]",
	  "linux.resources.devices[0].minor: expected integer, got string" },
	{ FRAME_RESOURCES, "'memory':{'limit':'1G'}", "linux.resources.memory.limit: expected integer, got string" },
	{ FRAME_RESOURCES, "'memory':{'limit':-2}",
	  "linux.resources.memory.limit: -2 is out of range -1 to 9223372036854775807" },
	{ FRAME_RESOURCES, "'memory':{'limit':9223372036854775808}",
	  "linux.resources.memory.limit: 9223372036854775808 is out of range" },
	{ FRAME_RESOURCES, "'memory':{'limit':1.5}",
	  "linux.resources.memory.limit: expected integer, got real number" },
	{ FRAME_RESOURCES, "'memory':{'limit':200,'swap':100}",
	  "linux.resources.memory.swap: 100 is less than the limit of 200" },
	{ FRAME_RESOURCES, "'memory':{'swappiness':201}", "linux.resources.memory.swappiness: 201 is out of range" },
	{ FRAME_RESOURCES, "'memory':{'swappiness':-1}", "linux.resources.memory.swappiness: -1 is out of range" },
	{ FRAME_RESOURCES, "'memory':{'disableOOMKiller':0}",
	  "linux.resources.memory.disableOOMKiller: expected boolean" },
	{ FRAME_RESOURCES, "'cpu':{'period':-1}", "linux.resources.cpu.period: -1 is out of range" },
	{ FRAME_RESOURCES, "'cpu':{'shares':-1}", "linux.resources.cpu.shares: -1 is out of range" },
	{ FRAME_RESOURCES, "'cpu':{'quota':-2}", "linux.resources.cpu.quota: -2 is out of range" },
	{ FRAME_RESOURCES, "'cpu':{'idle':2}", "linux.resources.cpu.idle: 2 is out of range 0 to 1" },
	{ FRAME_RESOURCES, "'cpu':{'cpus':5}", "linux.resources.cpu.cpus: expected string" },
	{ FRAME_RESOURCES, "'cpu':{'cpus':'0-'}", "linux.resources.cpu.cpus: invalid CPU list \"0-\"" },
	{ FRAME_RESOURCES, "'cpu':{'cpus':'0-7:3/2'}", "linux.resources.cpu.cpus: invalid CPU list \"0-7:3/2\"" },
	{ FRAME_RESOURCES, "'cpu':{'cpus':'0-7:2'}", "linux.resources.cpu.cpus: invalid CPU list \"0-7:2\"" },
	{ FRAME_RESOURCES, "'cpu':{'cpus':'0-7:2x3'}", "linux.resources.cpu.cpus: invalid CPU list \"0-7:2x3\"" },
	{ FRAME_RESOURCES, "'cpu':{'cpus':'0-7:0/0'}", "linux.resources.cpu.cpus: invalid CPU list \"0-7:0/0\"" },
	{ FRAME_RESOURCES, "'cpu':{'cpus':'9999999999'}", "linux.resources.cpu.cpus: invalid CPU list" },
	{ FRAME_RESOURCES, "'cpu':{'cpus':'0,,1'}", "linux.resources.cpu.cpus: invalid CPU list" },
	{ FRAME_RESOURCES, "'cpu':{'cpus':'all'}", "linux.resources.cpu.cpus: invalid CPU list" },
	{ FRAME_RESOURCES, "'cpu':{'mems':'0\\n1'}", "linux.resources.cpu.mems: invalid memory node list" },
	{ FRAME_RESOURCES, "'pids':{'limit':-2}", "linux.resources.pids.limit: -2 is out of range" },
	{ FRAME_RESOURCES, "'pids':{'limit':'max'}", "linux.resources.pids.limit: expected integer" },
	{ FRAME_RESOURCES, "'blockIO':{'weight':1001}", "linux.resources.blockIO.weight: 1001 is out of range" },
	{ FRAME_RESOURCES, "'blockIO':{'weightDevice':[{'minor':1}]}",
	  "linux.resources.blockIO.weightDevice[0].major: missing" },
	{ FRAME_RESOURCES, "'blockIO':{'throttleReadBpsDevice':[{'major':1,'minor':1}]}",
	  "linux.resources.blockIO.throttleReadBpsDevice[0].rate: missing" },
	{ FRAME_RESOURCES, "'blockIO':{'throttleWriteIOPSDevice':[{'major':1,'minor':1,'rate':-1}]}",
	  "linux.resources.blockIO.throttleWriteIOPSDevice[0].rate: -1 is out of range" },
	{ FRAME_RESOURCES, "'hugepageLimits':[{'limit':1}]", "linux.resources.hugepageLimits[0].pageSize: missing" },
	{ FRAME_RESOURCES, "'hugepageLimits':[{'pageSize':'2MB'}]",
	  "linux.resources.hugepageLimits[0].limit: missing" },
	{ FRAME_RESOURCES, "'hugepageLimits':[{'pageSize':'3XB','limit':1}]",
	  "linux.resources.hugepageLimits[0].pageSize: \"3XB\" is not a page size" },
	{ FRAME_RESOURCES, "'hugepageLimits':[{'pageSize':'64kB','limit':1}]",
	  "linux.resources.hugepageLimits[0].pageSize: \"64kB\" is not" },
	{ FRAME_RESOURCES, "'hugepageLimits':[{'pageSize':'../../x','limit':1}]",
	  "linux.resources.hugepageLimits[0].pageSize: \"../../x\" is not" },
	{ FRAME_RESOURCES, "'hugepageLimits':[{'pageSize':'0MB','limit':1}]",
	  "linux.resources.hugepageLimits[0].pageSize: \"0MB\" is not" },
	{ FRAME_RESOURCES, "'network':{'classID':4294967296}",
	  "linux.resources.network.classID: 4294967296 is out of range" },
	{ FRAME_RESOURCES, "'network':{'priorities':[{'name':'eth0'}]}",
	  "linux.resources.network.priorities[0].priority: missing" },
	{ FRAME_RESOURCES, "'network':{'priorities':[{'name':'a b','priority':1}]}",
	  "linux.resources.network.priorities[0].name: \"a b\" is not a name" },
	{ FRAME_RESOURCES, "'rdma':{'mlx5_1':{}}", "linux.resources.rdma[\"mlx5_1\"]: needs hcaHandles or hcaObjects" },
	{ FRAME_RESOURCES, "'rdma':{'mlx5_1':{'hcaHandles':'not a uint32'}}",
	  "linux.resources.rdma[\"mlx5_1\"].hcaHandles: expected unsigned integer" },
	{ FRAME_RESOURCES, "'rdma':{'a b':{'hcaHandles':1}}", "linux.resources.rdma[\"a b\"]: not a name of a device" },
};

static void wrong_resources(void)
{
	spec_text_refused(wrong_resources_rows, ARRAY_SIZE(wrong_resources_rows));
}

static const struct spec_row wrong_unified_rows[] = {
	{ FRAME_RESOURCES, "'unified':{'memory.max':5}", "linux.resources.unified[\"memory.max\"]: expected string" },
	{ FRAME_RESOURCES, "'unified':{'memory.max':''}",
	  "linux.resources.unified[\"memory.max\"]: must not be empty" },
	{ FRAME_RESOURCES, "'unified':{'':'5'}", "linux.resources.unified: a key must not be empty" },
};

static void wrong_unified_keys(void)
{
	static const char *const keys[] = { "../x",    "/abs.x",      "nodot",		 "a\\nb.c", ".hidden",
					    "memory.", "memory..max", "memory/../max.x", " a.b",    "memory.max/x" };
	static const char *const controls[] = { "cgroup.procs",	  "cgroup.threads", "cgroup.freeze",
						"cgroup.kill",	  "cgroup.type",    "cgroup.subtree_control",
						"cgroup.pressure" };

	for (size_t i = 0; i < ARRAY_SIZE(keys) + ARRAY_SIZE(controls); i++) {
		bool form = i < ARRAY_SIZE(keys);
		struct spec_document *document = NULL;
		autobuf text = { 0 };
		struct err err = { 0 };

		str_append_f(&text, "'unified':{'memory.max':'1','%s':'1'}",
			     form ? keys[i] : controls[i - ARRAY_SIZE(keys)]);
		CHECK(spec_text_parse(FRAME_RESOURCES, text.data, &document, &err) == -EINVAL);
		CHECK_HAS(err.text, form ? "has not the form CONTROLLER.VALUE `" : "is not a limit");
		spec_free(document);
	}
	spec_text_refused(wrong_unified_rows, ARRAY_SIZE(wrong_unified_rows));
}

#define ARG "{'index':0,'value':1,'op':'SCMP_CMP_EQ'}"

static const struct spec_row wrong_seccomp_profiles_rows[] = {
	{ FRAME_LINUX, "'seccomp':{}", "linux.seccomp.defaultAction: missing" },
	{ FRAME_LINUX, "'seccomp':{'defaultAction':'ALLOW'}",
	  "linux.seccomp.defaultAction: invalid seccomp action \"ALLOW\"" },
	{ FRAME_LINUX, "'seccomp':{'defaultAction':'SCMP_ACT_NOTIFY','listenerPath':'/x'}",
	  "linux.seccomp.defaultAction: SCMP_ACT_NOTIFY cannot be the default" },
	{ FRAME_LINUX, "'seccomp':{'defaultAction':'SCMP_ACT_ERRNO','defaultErrnoRet':4096}",
	  "linux.seccomp.defaultErrnoRet: 4096 is out of range 0 to 4095" },
	{ FRAME_SECCOMP, "'defaultErrnoRet':1",
	  "linux.seccomp.defaultErrnoRet: SCMP_ACT_ALLOW does not return a number" },
	{ FRAME_SECCOMP, "'architectures':['SCMP_ARCH_VAX']",
	  "linux.seccomp.architectures[0]: invalid seccomp architecture \"SCMP_ARCH_VAX\"" },
	{ FRAME_SECCOMP, "'architectures':'SCMP_ARCH_X86'", "linux.seccomp.architectures: expected array of strings" },
	{ FRAME_SECCOMP, "'flags':['SECCOMP_FILTER_FLAG_X']", "linux.seccomp.flags[0]: invalid seccomp flag" },
	{ FRAME_SECCOMP, "'syscalls':[{'action':'SCMP_ACT_KILL'}]", "linux.seccomp.syscalls[0].names: missing" },
	{ FRAME_SECCOMP, "'syscalls':[{'names':[],'action':'SCMP_ACT_KILL'}]",
	  "linux.seccomp.syscalls[0].names: must not be empty" },
	{ FRAME_SECCOMP, "'syscalls':[{'names':'mount','action':'SCMP_ACT_KILL'}]",
	  "linux.seccomp.syscalls[0].names: expected array of strings" },
	{ FRAME_SECCOMP, "'syscalls':[{'names':['mount']}]", "linux.seccomp.syscalls[0].action: missing" },
	{ FRAME_RULE, "'action':'SCMP_ACT_X'",
	  "linux.seccomp.syscalls[0].action: invalid seccomp action \"SCMP_ACT_X\"" },
	{ FRAME_RULE, "'action':'SCMP_ACT_KILL','errnoRet':1",
	  "linux.seccomp.syscalls[0].errnoRet: SCMP_ACT_KILL does not return a number" },
	{ FRAME_RULE, "'action':'SCMP_ACT_ERRNO','errnoRet':99999",
	  "linux.seccomp.syscalls[0].errnoRet: 99999 is out of range" },
	{ FRAME_RULE, "'action':'SCMP_ACT_ERRNO','errnoRet':-1",
	  "linux.seccomp.syscalls[0].errnoRet: -1 is out of range" },
	{ FRAME_RULE, "'action':'SCMP_ACT_ERRNO','errnoRet':'EPERM'",
	  "linux.seccomp.syscalls[0].errnoRet: expected unsigned integer" },
	{ FRAME_RULE, "'action':'SCMP_ACT_ALLOW','args':{}",
	  "linux.seccomp.syscalls[0].args: expected array of objects" },
	{ FRAME_RULE, "'action':'SCMP_ACT_ALLOW','args':[{'value':1,'op':'SCMP_CMP_EQ'}]",
	  "linux.seccomp.syscalls[0].args[0].index: missing" },
	{ FRAME_RULE, "'action':'SCMP_ACT_ALLOW','args':[{'index':0,'op':'SCMP_CMP_EQ'}]",
	  "linux.seccomp.syscalls[0].args[0].value: missing" },
	{ FRAME_RULE, "'action':'SCMP_ACT_ALLOW','args':[{'index':0,'value':1}]",
	  "linux.seccomp.syscalls[0].args[0].op: missing" },
	{ FRAME_RULE, "'action':'SCMP_ACT_ALLOW','args':[{'index':6,'value':1,'op':'SCMP_CMP_EQ'}]",
	  "linux.seccomp.syscalls[0].args[0].index: 6 is out of range 0 to 5" },
	{ FRAME_RULE, "'action':'SCMP_ACT_ALLOW','args':[{'index':-1,'value':1,'op':'SCMP_CMP_EQ'}]",
	  "linux.seccomp.syscalls[0].args[0].index: -1 is out of range" },
	{ FRAME_RULE, "'action':'SCMP_ACT_ALLOW','args':[{'index':0,'value':18446744073709551616,'op':'SCMP_CMP_EQ'}]",
	  "integer out of range" },
	{ FRAME_RULE, "'action':'SCMP_ACT_ALLOW','args':[{'index':0,'value':1,'op':'=='}]",
	  "linux.seccomp.syscalls[0].args[0].op: invalid seccomp operator \"==\"" },
	{ FRAME_RULE, "'action':'SCMP_ACT_ALLOW','args':[" ARG "," ARG "," ARG "," ARG "," ARG "," ARG "," ARG "]",
	  "linux.seccomp.syscalls[0].args: more than 6" },
};

static void wrong_seccomp_profiles(void)
{
	spec_text_refused(wrong_seccomp_profiles_rows, ARRAY_SIZE(wrong_seccomp_profiles_rows));
}

static const struct unit_test tests[] = {
	TEST(wrong_namespaces_and_mappings),
	TEST(wrong_linux_sections),
	TEST(wrong_resources),
	TEST(wrong_unified_keys),
	TEST(wrong_seccomp_profiles),
	TEST_END,
};

int main(void)
{
	return unit_run(tests);
}
