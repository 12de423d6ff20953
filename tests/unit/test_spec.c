/* lib/spec: configs that are taken, and what they become. */
#include <errno.h>
#include <stdlib.h>

#include "base/auto.h"
#include "base/str.h"
#include "spec/default.h"
#include "spec_text.h"
#include "unit.h"

/* The spec of a config that must be taken, or NULL with a failed check. */
static const struct spec *taken(enum spec_frame frame, const char *fragment, struct spec_document **document)
{
	struct err err = { 0 };

	*document = NULL;
	if (CHECK(spec_text_parse(frame, fragment, document, &err) == 0))
		return spec_of(*document);
	CHECK_STR(err.text, fragment);
	return NULL;
}

static void the_smallest_document_is_taken(void)
{
	struct spec_document *document;
	const struct spec *spec = taken(FRAME_NONE, "{'ociVersion':'1.0.0','root':{'path':'rootfs'}}", &document);

	if (spec) {
		CHECK_STR(spec->oci_version, "1.0.0");
		CHECK_STR(spec->root.path, "rootfs");
		CHECK(!spec->root.readonly && !spec->process.is_set && !spec->linux_.is_set && !spec->hostname);
		CHECK(!spec->mounts.count && !spec->annotations.count && !spec->hooks.prestart.count);
		CHECK(!spec_annotation(spec, "a"));
		CHECK(!spec_find_namespace(spec, SPEC_NS_PID));
	}
	spec_free(document);
}

static void versions_from_1_0_0_rc_on_are_taken(void)
{
	static const char *const versions[] = { "1.0.0", "1.0.0-rc1",	   "1.0.0-rc5-dev", "1.0.2-dev", "1.1.0+dev",
						"1.3.0", "1.3.0-rc.1+b.2", "1.99.0",	    "1.0.0-0a" };

	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		struct spec_document *document;
		autobuf text = { 0 };

		str_append_f(&text, "{'ociVersion':'%s','root':{'path':'r'}}", versions[i]);
		(void)taken(FRAME_NONE, text.data, &document);
		spec_free(document);
	}
}

static void null_counts_as_absent(void)
{
	struct spec_document *document;
	const struct spec *spec =
		taken(FRAME_DOCUMENT,
		      "'process':null,'linux':null,'mounts':null,'hooks':null,'annotations':null,'hostname':null,"
		      "'domainname':''",
		      &document);

	if (spec)
		CHECK(!spec->process.is_set && !spec->linux_.is_set && !spec->hostname && !spec->domainname);
	spec_free(document);
}

static void unknown_and_foreign_properties_are_ignored(void)
{
	struct spec_document *document;

	(void)taken(
		FRAME_DOCUMENT,
		"'windows':{'layerFolders':5},'solaris':[],'vm':null,'zos':'x','freebsd':{},'x':{'y':[1,2,{'z':null}]},"
		"'process':{'args':['a'],'cwd':'/','commandLine':5,'user':{'uid':0,'gid':0,'username':7}}",
		&document);
	spec_free(document);
}

static void process_members_become_typed(void)
{
	struct spec_document *document;
	const struct spec *spec = taken(
		FRAME_PROCESS,
		"'terminal':true,'consoleSize':{'height':25,'width':80},'user':{'uid':1,'gid':4294967294,'umask':63,"
		"'additionalGids':[5,6]},'env':['A=','B=1=2','C=\\n'],'capabilities':{'bounding':['CAP_KILL','CAP_FOO']"
		","
		"'ambient':[]},'noNewPrivileges':true,'apparmorProfile':'p','oomScoreAdj':-1000,'selinuxLabel':'l',"
		"'scheduler':{'policy':'SCHED_DEADLINE','nice':-20,'priority':0,'flags':['SCHED_FLAG_RECLAIM'],"
		"'runtime':18446744073709551615},'ioPriority':{'class':'IOPRIO_CLASS_IDLE'},"
		"'execCPUAffinity':{'initial':'0-3,7','final':''},"
		"'rlimits':[{'type':'RLIMIT_NOFILE','soft':1024,'hard':18446744073709551615}]",
		&document);
	const struct spec_process *process = spec ? &spec->process : NULL;

	if (process) {
		CHECK(process->is_set && process->terminal && process->console_size.is_set);
		CHECK(process->console_size.height == 25 && process->console_size.width == 80);
		CHECK(process->user.uid == 1 && process->user.gid == 4294967294);
		CHECK(process->user.umask.is_set && process->user.umask.value == 077);
		CHECK(process->user.additional_gids.count == 2 && process->user.additional_gids.items[1] == 6);
		CHECK_STR(process->args.items[0], "sh");
		CHECK(process->env.count == 3);
		CHECK_STR(process->env.items[1], "B=1=2");
		CHECK(process->capabilities.is_set && process->capabilities.bounding.count == 2);
		CHECK(!process->capabilities.effective.count);
		CHECK(process->no_new_privileges && process->oom_score_adj.is_set);
		CHECK(process->oom_score_adj.value == -1000);
		CHECK(process->scheduler.nice == -20 && process->scheduler.runtime == UINT64_MAX);
		CHECK(process->io_priority.is_set && process->io_priority.priority == 0);
		CHECK_STR(process->exec_cpu_affinity.initial, "0-3,7");
		CHECK_STR(process->exec_cpu_affinity.final, NULL);
		CHECK(process->rlimits.items[0].soft == 1024 && process->rlimits.items[0].hard == UINT64_MAX);
	}
	spec_free(document);
}

static void mounts_hooks_and_annotations_keep_their_order(void)
{
	struct spec_document *document;
	const struct spec *spec = taken(
		FRAME_DOCUMENT,
		"'mounts':[{'destination':'/proc','type':'proc','source':'proc'},{'destination':'rel','source':'/"
		"b','type':'',"
		"'options':['rbind','ro','size=1'],'uidMappings':[{'containerID':0,'hostID':1000,'size':4294966295}],"
		"'gidMappings':[{'containerID':0,'hostID':0,'size':4294967295}]}],"
		"'hooks':{'prestart':[{'path':'/1'},{'path':'/2','args':['2','x'],'env':[],'timeout':30}],"
		"'poststop':[{'path':'/3','env':['A=B']}]},'annotations':{'z':'1','a':'2','z.y':''}",
		&document);

	if (spec) {
		CHECK(spec->mounts.count == 2);
		CHECK_STR(spec->mounts.items[1].destination, "rel");
		CHECK_STR(spec->mounts.items[1].type, NULL);
		CHECK_STR(spec->mounts.items[1].options.items[2], "size=1");
		CHECK(spec->mounts.items[1].uid_mappings.items[0].host_id == 1000);
		CHECK(spec->hooks.prestart.count == 2 && !spec->hooks.prestart.items[0].has_env);
		CHECK(!spec->hooks.prestart.items[0].timeout.is_set);
		CHECK(spec->hooks.prestart.items[1].has_env && !spec->hooks.prestart.items[1].env.count);
		CHECK(spec->hooks.prestart.items[1].timeout.value == 30);
		CHECK_STR(spec->hooks.poststop.items[0].path, "/3");
		CHECK_STR(spec->annotations.items[0].key, "z");
		CHECK_STR(spec->annotations.items[2].key, "z.y");
		CHECK_STR(spec_annotation(spec, "a"), "2");
		CHECK_STR(spec_annotation(spec, "b"), NULL);
	}
	spec_free(document);
}

static void linux_members_become_typed(void)
{
	struct spec_document *document;
	const struct spec *spec = taken(
		FRAME_DOCUMENT,
		"'hostname':'h','linux':{'namespaces':[{'type':'user'},{'type':'time'},{'type':'uts'},{'type':'network'"
		","
		"'path':'/run/netns/x'}],'uidMappings':[{'containerID':0,'hostID':100000,'size':65536}],"
		"'gidMappings':[{'containerID':0,'hostID':100000,'size':65536}],"
		"'timeOffsets':{'monotonic':{'secs':-5,'nanosecs':999999999},'boottime':null},"
		"'devices':[{'type':'c','path':'/dev/x','major':10,'minor':229,'fileMode':8630,'uid':0,'gid':5},"
		"{'type':'p','path':'/dev/fifo'},{'type':'u','path':'/dev/y..z','major':4095,'minor':1048575}],"
		"'netDevices':{'eth0':{},'eth1':{'name':'c%d'},'eth2':{'name':'c%d'}},'cgroupsPath':'system.slice:"
		"kavel:x',"
		"'intelRdt':{'closID':'/"
		"','l3CacheSchema':'L3:0=f;1=f','memBwSchema':'MB:0=20','schemata':['L2:0=f','MB:0=50; 1 = 100;'],"
		"'enableMonitoring':true},'memoryPolicy':{'mode':'MPOL_DEFAULT','nodes':''},"
		"'sysctl':{'net.ipv4.ip_forward':'1','net/ipv4/conf/eth0.1/forwarding':'1'},"
		"'rootfsPropagation':'rslave','maskedPaths':['/a','/a'],'readonlyPaths':[],'mountLabel':'l',"
		"'personality':{'domain':'LINUX32','flags':[]}}",
		&document);
	const struct spec_linux *linux_ = spec ? &spec->linux_ : NULL;

	if (linux_) {
		CHECK(linux_->namespaces.count == 4);
		CHECK(!spec_find_namespace(spec, SPEC_NS_USER)->path);
		CHECK_STR(spec_find_namespace(spec, SPEC_NS_NETWORK)->path, "/run/netns/x");
		CHECK(!spec_find_namespace(spec, SPEC_NS_PID));
		CHECK(linux_->uid_mappings.items[0].size == 65536);
		CHECK(linux_->time_offsets.monotonic.secs == -5 && !linux_->time_offsets.boottime.is_set);
		/* the bits of the type are gone: 8630 is S_IFCHR | 0666 */
		CHECK(linux_->devices.items[0].file_mode.value == 0666 && linux_->devices.items[0].gid.value == 5);
		CHECK(linux_->devices.items[1].major == 0 && !linux_->devices.items[1].file_mode.is_set);
		CHECK(linux_->devices.items[2].minor == 1048575);
		CHECK_STR(linux_->net_devices.items[0].host_name, "eth0");
		CHECK_STR(linux_->net_devices.items[0].name, NULL);
		CHECK_STR(linux_->net_devices.items[1].name, "c%d");
		CHECK_STR(linux_->cgroups_path, "system.slice:kavel:x");
		CHECK(linux_->intel_rdt.schemata.count == 2 && linux_->intel_rdt.enable_monitoring);
		CHECK_STR(linux_->memory_policy.nodes, NULL);
		CHECK_STR(linux_->sysctl.items[0].key, "net.ipv4.ip_forward");
		CHECK_STR(linux_->rootfs_propagation, "rslave");
		CHECK(linux_->masked_paths.count == 2 && !linux_->readonly_paths.count);
		CHECK_STR(linux_->personality.domain, "LINUX32");
		CHECK(!linux_->resources.is_set && !linux_->seccomp.is_set);
	}
	spec_free(document);
}

static void resources_become_typed(void)
{
	struct spec_document *document;
	const struct spec *spec = taken(
		FRAME_RESOURCES,
		"'devices':[{'allow':false,'access':'rwm'},{'allow':true,'type':'c','major':1,'minor':-1,'access':''}],"
		"'memory':{'limit':-1,'reservation':0,'swap':5,'swappiness':200,'disableOOMKiller':true,'"
		"checkBeforeUpdate':false},"
		"'cpu':{'shares':18446744073709551615,'quota':-1,'period':100000,'burst':0,'cpus':'0-3, "
		"5,8-31:2/8','mems':'0',"
		"'idle':1},'pids':{'limit':0},'blockIO':{'weight':10,'weightDevice':[{'major':8,'minor':0,'weight':500,"
		"'leafWeight':300}],'throttleReadIOPSDevice':[{'major':8,'minor':16,'rate':18446744073709551615}]},"
		"'hugepageLimits':[{'pageSize':'64KB','limit':0},{'pageSize':'1GB','limit':18446744073709551615}],"
		"'network':{'classID':4294967295,'priorities':[{'name':'lo','priority':1}]},"
		"'rdma':{'mlx5_1':{'hcaHandles':3},'rxe3':{'hcaObjects':10000}},"
		"'unified':{'memory.max':'1','hugetlb.1GB.max':'0','cgroup.max.depth':'3','io.max':'8:0 rbps=1\\n8:16 "
		"rbps=2'}",
		&document);
	const struct spec_resources *resources = spec ? &spec->linux_.resources : NULL;

	if (resources) {
		CHECK(resources->is_set && resources->devices.count == 2);
		CHECK(!resources->devices.items[0].allow && !resources->devices.items[0].type);
		CHECK(!resources->devices.items[0].major.is_set && resources->devices.items[1].minor.value == -1);
		CHECK_STR(resources->devices.items[1].access, NULL);
		CHECK(resources->memory.limit.value == -1 && resources->memory.reservation.is_set);
		CHECK(resources->memory.check_before_update.is_set && !resources->memory.check_before_update.value);
		CHECK(!resources->memory.use_hierarchy.is_set);
		CHECK(resources->cpu.shares.value == UINT64_MAX && resources->cpu.burst.is_set);
		CHECK(!resources->cpu.realtime_runtime.is_set);
		CHECK(resources->pids.limit.is_set && resources->pids.limit.value == 0);
		CHECK(resources->block_io.weight_device.items[0].leaf_weight.value == 300);
		CHECK(resources->block_io.throttle_read_iops.items[0].rate == UINT64_MAX);
		CHECK(!resources->block_io.throttle_write_bps.count);
		CHECK(resources->hugepage_limits.items[1].limit == UINT64_MAX);
		CHECK(resources->network.class_id.value == UINT32_MAX);
		CHECK_STR(resources->network.priorities.items[0].name, "lo");
		CHECK_STR(resources->rdma.items[1].device, "rxe3");
		CHECK(resources->rdma.items[0].hca_handles.value == 3 && !resources->rdma.items[0].hca_objects.is_set);
		CHECK(resources->unified.count == 4);
	}
	spec_free(document);
}

static void seccomp_becomes_typed(void)
{
	struct spec_document *document;
	const struct spec *spec = taken(
		FRAME_LINUX,
		"'seccomp':{'defaultAction':'SCMP_ACT_ERRNO','defaultErrnoRet':38,'architectures':['SCMP_ARCH_X86_64',"
		"'SCMP_ARCH_RISCV64'],'flags':[],'listenerPath':'/run/agent','listenerMetadata':'m','syscalls':["
		"{'names':['read','no_such_call'],'action':'SCMP_ACT_ALLOW'},{'names':['clone'],'action':'SCMP_ACT_"
		"TRACE',"
		"'errnoRet':65535,'args':[{'index':5,'value':18446744073709551615,'valueTwo':9223372036854775808,"
		"'op':'SCMP_CMP_MASKED_EQ'}]},{'names':['mount'],'action':'SCMP_ACT_NOTIFY'}]}",
		&document);
	const struct spec_seccomp *seccomp = spec ? &spec->linux_.seccomp : NULL;

	if (seccomp) {
		CHECK(seccomp->is_set && seccomp->default_errno_ret.value == 38);
		CHECK(seccomp->architectures.count == 2 && seccomp->has_flags && !seccomp->flags.count);
		CHECK(seccomp->syscalls.count == 3);
		CHECK_STR(seccomp->syscalls.items[0].names.items[1], "no_such_call");
		CHECK(!seccomp->syscalls.items[0].errno_ret.is_set);
		CHECK(seccomp->syscalls.items[1].args.items[0].index == 5);
		CHECK(seccomp->syscalls.items[1].args.items[0].value == UINT64_MAX);
		CHECK(seccomp->syscalls.items[1].args.items[0].value_two == UINT64_C(1) << 63);
	}
	spec_free(document);
	spec = taken(FRAME_RULE, "'action':'SCMP_ACT_NOTIFY'}],'listenerPath':'/x','flags':null,'x':[{", &document);
	if (spec)
		CHECK(!spec->linux_.seccomp.has_flags);
	spec_free(document);
	/* who answers may be named by an annotation */
	(void)taken(
		FRAME_DOCUMENT,
		"'annotations':{'run.oci.seccomp.receiver':'/x'},'linux':{'seccomp':{'defaultAction':'SCMP_ACT_ALLOW',"
		"'syscalls':[{'names':['mount'],'action':'SCMP_ACT_NOTIFY'}]}}",
		&document);
	spec_free(document);
}

static void ids_need_no_mapping_where_the_document_cannot_know_it(void)
{
	static const char *const fragments[] = {
		"'linux':{'namespaces':[{'type':'user'}]}",
		"'linux':{'namespaces':[{'type':'user','path':'/"
		"ns'}],'uidMappings':[{'containerID':0,'hostID':1,'size':1}],"
		"'gidMappings':[{'containerID':0,'hostID':1,'size':1}]}",
		"'linux':{'namespaces':[{'type':'user'}],'uidMappings':[],'gidMappings':[]}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(fragments); i++) {
		struct spec_document *document;
		autobuf text = { 0 };

		str_append_f(&text, "'process':{'args':['a'],'cwd':'/','user':{'uid':1000,'gid':1000}},%s",
			     fragments[i]);
		(void)taken(FRAME_DOCUMENT, text.data, &document);
		spec_free(document);
	}
}

static void a_lone_process_is_taken_and_checked(void)
{
	static const char good[] = "{\"args\":[\"ls\"],\"cwd\":\"/tmp\",\"user\":{\"uid\":5,\"gid\":6}}";
	static const char bad[] =
		"{\"args\":[\"ls\"],\"cwd\":\"/\",\"rlimits\":[{\"type\":\"RLIMIT_CPU\",\"soft\":2,\"hard\":1}]}";
	struct spec_document *document = NULL;
	struct err err = { 0 };

	CHECK(spec_parse_process(good, sizeof(good) - 1, "p.json", &document, &err) == 0);
	if (document)
		CHECK(spec_of(document)->process.is_set && spec_of(document)->process.user.gid == 6);
	spec_free(document);
	document = NULL;
	CHECK(spec_parse_process(bad, sizeof(bad) - 1, "p.json", &document, &err) == -EINVAL);
	CHECK_STR(err.text, "process.rlimits[0]: soft limit 2 exceeds hard limit 1");
	CHECK(spec_parse_process("{}", 2, "p.json", &document, &err) == -EINVAL);
	CHECK_STR(err.text, "process.args: missing");
	CHECK(spec_parse_process("[]", 2, "p.json", &document, &err) == -EINVAL);
	CHECK_STR(err.text, "p.json: expected object, got array");
	CHECK(spec_parse_process("{", 1, "p.json", &document, &err) == -EINVAL);
	CHECK_HAS(err.text, "p.json: line 1, column 1: ");
}

static void lone_resources_are_taken_and_checked(void)
{
	static const char good[] = "{\"memory\":{\"limit\":5},\"pids\":{\"limit\":-1}}";
	static const char bad[] = "{\"cpu\":{\"cpus\":\"x\"}}";
	struct spec_document *document = NULL;
	struct err err = { 0 };

	CHECK(spec_parse_resources(good, sizeof(good) - 1, "r.json", &document, &err) == 0);
	if (document) {
		CHECK(spec_of(document)->linux_.resources.is_set);
		CHECK(spec_of(document)->linux_.resources.memory.limit.value == 5);
	}
	spec_free(document);
	document = NULL;
	CHECK(spec_parse_resources(bad, sizeof(bad) - 1, "r.json", &document, &err) == -EINVAL);
	CHECK_STR(err.text, "linux.resources.cpu.cpus: invalid CPU list \"x\"");
	CHECK(spec_parse_resources("{}", 2, "r.json", &document, &err) == 0);
	spec_free(document);
}

#define MAPPED                                                                                        \
	"'linux':{'namespaces':[{'type':'user'}],'gidMappings':[{'containerID':0,'hostID':0,'size':1}],'uidMappings':["

/* before, `count` times item (the first without its comma), after */
static int parse_repeated(enum spec_frame frame, const char *const parts[3], size_t count, struct err *err)
{
	struct spec_document *document = NULL;
	autobuf text = { 0 };
	int r;

	str_append(&text, parts[0]);
	for (size_t i = 0; i < count; i++)
		str_append(&text, parts[1] + (i == 0));
	str_append(&text, parts[2]);
	r = text.failed ? err_memory(err) : spec_text_parse(frame, text.data, &document, err);
	spec_free(document);
	return r;
}

static void what_the_kernel_has_no_room_for_is_refused(void)
{
	static const char *const mappings[] = { MAPPED, ",{'containerID':0,'hostID':0,'size':1}", "]}" };
	static const char *const groups[] = { "'user':{'uid':0,'gid':0,'additionalGids':[", ",5", "]}" };
	static const char *const elsewhere[] = { "'x':['", "xx", "']" };
	static const char *const variable[] = { "'env':['A=", "xx", "']" };
	static const char *const variables[] = { "'env':[", ",'abcdefghijklmnopqrstuvwxyz=abcdefghijklmnopqrstuvwxyz'",
						 "]" };
	struct err err = { 0 };

	CHECK(parse_repeated(FRAME_PROCESS, groups, 65536, &err) == 0);
	CHECK(parse_repeated(FRAME_PROCESS, groups, 70000, &err) == -EINVAL);
	CHECK_STR(err.text, "process.user.additionalGids: more than 65536 groups");
	CHECK(parse_repeated(FRAME_PROCESS, elsewhere, 1000000, &err) == 0); /* execve(2) does not see it */
	CHECK(parse_repeated(FRAME_PROCESS, variable, 60000, &err) == 0);
	CHECK(parse_repeated(FRAME_PROCESS, variable, 2000000, &err) == -EINVAL);
	CHECK_HAS(err.text, "process.env[0]: longer than the ");
	CHECK(parse_repeated(FRAME_PROCESS, variables, 90000, &err) == 0);
	CHECK(parse_repeated(FRAME_PROCESS, variables, 110000, &err) == -EINVAL);
	CHECK_STR(err.text, "process.env: arguments and environment are larger than the 6 MiB that execve(2) takes");
	CHECK(parse_repeated(FRAME_DOCUMENT, mappings, 341, &err) == -EINVAL);
	CHECK_STR(err.text, "linux.uidMappings: 341 mappings are more than the 340 that the kernel takes");
}

static void a_text_above_16_mib_is_refused_unread(void)
{
	struct spec_document *document = NULL;
	struct err err = { 0 };

	CHECK(spec_parse("{", SPEC_SIZE_MAX + 1, "config.json", &document, &err) == -EINVAL);
	CHECK_STR(err.text, "config.json: larger than 16 MiB");
}

/* Each of these would take minutes if anything were quadratic. */
static void large_documents_take_linear_time(void)
{
	static const char *const rules[] = { "'devices':[",
					     ",{'allow':true,'type':'c','major':1,'minor':3,'access':'rwm'}", "]" };
	static const char *const calls[] = { "'syscalls':[", ",{'names':['read','write'],'action':'SCMP_ACT_ALLOW'}",
					     "]" };
	static const char *const text[] = { "'annotations':{'a':'", "0123456789abcdef", "'}" };
	struct err err = { 0 };
	autobuf annotations = { 0 };
	struct spec_document *document = NULL;

	CHECK(parse_repeated(FRAME_RESOURCES, rules, 20000, &err) == 0);
	CHECK(parse_repeated(FRAME_SECCOMP, calls, 20000, &err) == 0);
	CHECK(parse_repeated(FRAME_DOCUMENT, text, 1000000, &err) == 0);
	str_append(&annotations, "'annotations':{'first':''");
	for (int i = 0; i < 100000; i++)
		str_append_f(&annotations, ",'org.example.%d':'%d'", i, i);
	str_append(&annotations, "}");
	CHECK(spec_text_parse(FRAME_DOCUMENT, annotations.data, &document, &err) == 0);
	if (document) {
		CHECK(spec_of(document)->annotations.count == 100001);
		CHECK_STR(spec_annotation(spec_of(document), "org.example.99999"), "99999");
	}
	spec_free(document);
}

static void the_default_config_is_one_that_is_taken(void)
{
	for (int i = 0; i < 4; i++) {
		bool rootless = i & 1, terminal = i & 2;
		struct spec_document *document = NULL;
		const struct spec *spec;
		autobuf text = { 0 };
		struct err err = { 0 };

		CHECK(spec_default_json(rootless, terminal, &text, &err) == 0);
		CHECK(text.data && text.data[text.size - 1] == '\n');
		if (!CHECK(spec_parse(text.data, text.size, "config.json", &document, &err) == 0)) {
			CHECK_STR(err.text, "");
			continue;
		}
		spec = spec_of(document);
		CHECK(spec->process.terminal == terminal && spec->process.no_new_privileges && spec->root.readonly);
		CHECK_STR(spec->process.args.items[0], "sh");
		CHECK_STR(spec->hostname, "kavel");
		CHECK(spec->process.capabilities.bounding.count == 3);
		CHECK(!spec->process.capabilities.inheritable.count && !spec->process.capabilities.ambient.count);
		CHECK(!spec_find_namespace(spec, SPEC_NS_NETWORK) == rootless);
		CHECK(!spec_find_namespace(spec, SPEC_NS_USER) == !rootless);
		CHECK(spec->linux_.uid_mappings.count == (rootless ? 1 : 0));
		CHECK(spec->linux_.resources.devices.count == (rootless ? 0 : 1));
		CHECK(spec->mounts.count == 7);
		CHECK_STR(spec->mounts.items[5].type, rootless ? "none" : "sysfs");
		CHECK(spec->mounts.items[2].options.count == (rootless ? 5 : 6));
		spec_free(document);
	}
}

struct visit {
	unsigned int count;
	bool has_soft, has_version;
};

static void note(void *data, const char *path, bool required)
{
	struct visit *visit = data;

	visit->count++;
	visit->has_soft |= str_eq(path, "process.rlimits[].soft") && required;
	visit->has_version |= str_eq(path, "ociVersion") && required;
}

static void every_property_is_visited(void)
{
	struct visit visit = { 0 };

	spec_visit_properties(note, &visit);
	CHECK(visit.has_soft && visit.has_version);
	CHECK(visit.count > 200);
}

static const struct unit_test tests[] = {
	TEST(the_smallest_document_is_taken),
	TEST(versions_from_1_0_0_rc_on_are_taken),
	TEST(null_counts_as_absent),
	TEST(unknown_and_foreign_properties_are_ignored),
	TEST(process_members_become_typed),
	TEST(mounts_hooks_and_annotations_keep_their_order),
	TEST(linux_members_become_typed),
	TEST(resources_become_typed),
	TEST(seccomp_becomes_typed),
	TEST(ids_need_no_mapping_where_the_document_cannot_know_it),
	TEST(a_lone_process_is_taken_and_checked),
	TEST(lone_resources_are_taken_and_checked),
	TEST(what_the_kernel_has_no_room_for_is_refused),
	TEST(a_text_above_16_mib_is_refused_unread),
	TEST(large_documents_take_linear_time),
	TEST(the_default_config_is_one_that_is_taken),
	TEST(every_property_is_visited),
	TEST_END,
};

int main(void)
{
	return unit_run(tests);
}
