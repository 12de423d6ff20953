/* lib/spec: configs that must be refused (without linux), each with its place in the message. */
#include <errno.h>

#include "base/auto.h"
#include "base/str.h"
#include "spec_text.h"
#include "unit.h"

static const struct spec_row wrong_documents_rows[] = {
	{ FRAME_NONE, "", "config.json: empty file" },
	{ FRAME_NONE, "[]", "config.json: expected object, got array" },
	{ FRAME_NONE, "{}", "ociVersion: missing" },
	{ FRAME_NONE, "{'ociVersion':null}", "ociVersion: missing" },
	{ FRAME_NONE, "{'ociVersion':1}", "ociVersion: expected string, got integer" },
	{ FRAME_NONE, "{'ociVersion':'1.0.0'}", "root: missing" },
	{ FRAME_NONE, "{'ociVersion':'1.0.0','root':null}", "root: missing" },
	{ FRAME_NONE, "{'ociVersion':'1.0.0','root':'rootfs'}", "root: expected object, got string" },
	{ FRAME_NONE, "{'ociVersion':'1.0.0','root':{}}", "root.path: missing" },
	{ FRAME_NONE, "{'ociVersion':'1.0.0','root':{'path':''}}", "root.path: must not be empty" },
	{ FRAME_NONE, "{'ociVersion':'1.0.0','root':{'path':5}}", "root.path: expected string" },
	{ FRAME_NONE, "{'ociVersion':'1.0.0','root':{'path':'r\\u0000/..'}}", "\\u0000 in a string" },
	{ FRAME_NONE, "{'ociVersion':'1.0.0','root':{'path':'r','path':'s'}}", "duplicate object key" },
	{ FRAME_NONE, "{'ociVersion':'1.0.0','root':{'path':'r','readonly':'yes'}}",
	  "root.readonly: expected boolean, got string" },
	{ FRAME_DOCUMENT, "'root':{'path':'r'}", "duplicate object key" },
	{ FRAME_DOCUMENT, "'hostname':5", "hostname: expected string, got integer" },
	{ FRAME_DOCUMENT, "'hostname':'a'", "hostname: needs a uts namespace" },
	{ FRAME_DOCUMENT, "'domainname':'a'", "domainname: needs a uts namespace" },
	{ FRAME_DOCUMENT, "'hostname':'a\\nb'", "hostname: must not contain control characters" },
	{ FRAME_DOCUMENT, "'linux':{'namespaces':[{'type':'uts'}]},'hostname':"
			  "'aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggggg'",
	  "hostname: longer than 64 bytes" },
	{ FRAME_DOCUMENT, "'annotations':{'':'x'}", "annotations: a key must not be empty" },
	{ FRAME_DOCUMENT, "'annotations':{'a':1}", "annotations[\"a\"]: expected string, got integer" },
	{ FRAME_DOCUMENT, "'annotations':{'a':null}", "annotations[\"a\"]: expected string, got null" },
	{ FRAME_DOCUMENT, "'annotations':[]", "annotations: expected object of strings, got array" },
	{ FRAME_DOCUMENT, "'annotations':{'a':'1','a':'2'}", "duplicate object key" },
	{ FRAME_DOCUMENT, "'linux':[]", "linux: expected object, got array" },
	{ FRAME_DOCUMENT, "'process':'sh'", "process: expected object, got string" },
	{ FRAME_DOCUMENT, "'mounts':{}", "mounts: expected array of objects, got object" },
	{ FRAME_DOCUMENT, "'hooks':[]", "hooks: expected object, got array" },
};

static void wrong_documents(void)
{
	spec_text_refused(wrong_documents_rows, ARRAY_SIZE(wrong_documents_rows));
}

static void wrong_versions(void)
{
	static const char *const versions[] = { "",	      "abc",
						"1",	      "1.0",
						"1.0.0.0",    "v1.0.0",
						" 1.0.0",     "1.0.0 ",
						"1.0.0-",     "1.0.0+",
						"1.0.0-a..b", "01.0.0",
						"1.00.0",     "1.0.0-\xc3\xa4",
						"-1.0.0",     "1.0.x",
						"1..0",	      "1.0.99999999999",
						"1.0.0+a+b",  "1.0.0_1" };
	static const char *const unsupported[] = { "0.9.9", "0.5.0-dev", "2.0.0", "2.0.0-rc1", "99.0.0" };

	for (size_t i = 0; i < ARRAY_SIZE(versions) + ARRAY_SIZE(unsupported); i++) {
		bool form = i < ARRAY_SIZE(versions);
		struct spec_document *document = NULL;
		autobuf text = { 0 };
		struct err err = { 0 };

		str_append_f(&text, "{\"ociVersion\":\"%s\",\"root\":{\"path\":\"r\"}}",
			     form ? versions[i] : unsupported[i - ARRAY_SIZE(versions)]);
		CHECK(spec_parse(text.data, text.size, "config.json", &document, &err) == -EINVAL);
		CHECK_HAS(err.text, form ? "is not a semantic version" : "is not supported");
		spec_free(document);
	}
}

static const struct spec_row wrong_processes_rows[] = {
	{ FRAME_DOCUMENT, "'process':{'cwd':'/'}", "process.args: missing" },
	{ FRAME_DOCUMENT, "'process':{'cwd':'/','args':null}", "process.args: missing" },
	{ FRAME_DOCUMENT, "'process':{'cwd':'/','args':'sh'}", "process.args: expected array of strings, got string" },
	{ FRAME_DOCUMENT, "'process':{'cwd':'/','args':[]}", "process.args: must not be empty" },
	{ FRAME_DOCUMENT, "'process':{'cwd':'/','args':['']}", "process.args[0]: must not be empty" },
	{ FRAME_DOCUMENT, "'process':{'cwd':'/','args':[null]}", "process.args[0]: expected string, got null" },
	{ FRAME_DOCUMENT, "'process':{'cwd':'/','args':['a',1]}", "process.args[1]: expected string" },
	{ FRAME_DOCUMENT, "'process':{'args':['sh']}", "process.cwd: missing" },
	{ FRAME_DOCUMENT, "'process':{'args':['sh'],'cwd':''}", "process.cwd: expected an absolute path, got \"\"" },
	{ FRAME_DOCUMENT, "'process':{'args':['sh'],'cwd':'tmp'}", "process.cwd: expected an absolute path" },
	{ FRAME_DOCUMENT, "'process':{'args':['sh'],'cwd':5}", "process.cwd: expected string" },
	{ FRAME_PROCESS, "'terminal':'yes'", "process.terminal: expected boolean, got string" },
	{ FRAME_PROCESS, "'terminal':1", "process.terminal: expected boolean, got integer" },
	{ FRAME_PROCESS, "'noNewPrivileges':'true'", "process.noNewPrivileges: expected boolean" },
	{ FRAME_PROCESS, "'consoleSize':{'height':5}", "process.consoleSize.width: missing" },
	{ FRAME_PROCESS, "'consoleSize':{'height':65536,'width':1}",
	  "process.consoleSize.height: 65536 is out of range" },
	{ FRAME_PROCESS, "'env':['A']", "process.env[0]: expected KEY=VALUE, got \"A\"" },
	{ FRAME_PROCESS, "'env':['A=1','=1']", "process.env[1]: expected KEY=VALUE, got \"=1\"" },
	{ FRAME_PROCESS, "'env':['']", "process.env[0]: expected KEY=VALUE" },
	{ FRAME_PROCESS, "'env':{'A':'1'}", "process.env: expected array of strings, got object" },
	{ FRAME_PROCESS, "'oomScoreAdj':1001", "process.oomScoreAdj: 1001 is out of range -1000 to 1000" },
	{ FRAME_PROCESS, "'oomScoreAdj':-1001", "process.oomScoreAdj: -1001 is out of range -1000 to 1000" },
	{ FRAME_PROCESS, "'oomScoreAdj':'5'", "process.oomScoreAdj: expected integer, got string" },
	{ FRAME_PROCESS, "'oomScoreAdj':1.5", "process.oomScoreAdj: expected integer, got real number" },
	{ FRAME_PROCESS, "'capabilities':['CAP_KILL']", "process.capabilities: expected object, got array" },
	{ FRAME_PROCESS, "'capabilities':{'bounding':[5]}", "process.capabilities.bounding[0]: expected string" },
	{ FRAME_PROCESS, "'capabilities':{'ambient':'CAP_KILL'}", "process.capabilities.ambient: expected array" },
	{ FRAME_PROCESS, "'apparmorProfile':5", "process.apparmorProfile: expected string" },
	{ FRAME_PROCESS, "'apparmorProfile':'a\\nb'", "process.apparmorProfile: must not contain control" },
	{ FRAME_PROCESS, "'selinuxLabel':'a\\nb'", "process.selinuxLabel: must not contain control" },
	{ FRAME_PROCESS, "'scheduler':{}", "process.scheduler.policy: missing" },
	{ FRAME_PROCESS, "'scheduler':{'policy':'SCHED_FOO'}",
	  "process.scheduler.policy: invalid scheduling policy \"SCHED_FOO\"" },
	{ FRAME_PROCESS, "'scheduler':{'policy':'SCHED_OTHER','nice':20}",
	  "process.scheduler.nice: 20 is out of range -20 to 19" },
	{ FRAME_PROCESS, "'scheduler':{'policy':'SCHED_FIFO','priority':100}",
	  "process.scheduler.priority: 100 is out of range" },
	{ FRAME_PROCESS, "'scheduler':{'policy':'SCHED_FIFO','flags':['X']}",
	  "process.scheduler.flags[0]: invalid scheduling flag \"X\"" },
	{ FRAME_PROCESS, "'scheduler':{'policy':'SCHED_DEADLINE','runtime':-1}",
	  "process.scheduler.runtime: -1 is out of range" },
	{ FRAME_PROCESS, "'ioPriority':{}", "process.ioPriority.class: missing" },
	{ FRAME_PROCESS, "'ioPriority':{'class':'IOPRIO_CLASS_X','priority':1}",
	  "process.ioPriority.class: invalid I/O scheduling class" },
	{ FRAME_PROCESS, "'ioPriority':{'class':'IOPRIO_CLASS_BE','priority':8}",
	  "process.ioPriority.priority: 8 is out of range 0 to 7" },
	{ FRAME_PROCESS, "'execCPUAffinity':{'initial':'a'}",
	  "process.execCPUAffinity.initial: invalid CPU list \"a\"" },
	{ FRAME_PROCESS, "'execCPUAffinity':{'final':'3-1'}",
	  "process.execCPUAffinity.final: invalid CPU list \"3-1\"" },
};

static void wrong_processes(void)
{
	spec_text_refused(wrong_processes_rows, ARRAY_SIZE(wrong_processes_rows));
}

static const struct spec_row wrong_users_rows[] = {
	{ FRAME_PROCESS, "'user':5", "process.user: expected object, got integer" },
	{ FRAME_PROCESS, "'user':{}", "process.user.uid: missing" },
	{ FRAME_PROCESS, "'user':{'uid':0}", "process.user.gid: missing" },
	{ FRAME_PROCESS, "'user':{'uid':'1000','gid':0}", "process.user.uid: expected unsigned integer, got string" },
	{ FRAME_PROCESS, "'user':{'uid':true,'gid':0}", "process.user.uid: expected unsigned integer, got boolean" },
	{ FRAME_PROCESS, "'user':{'uid':[0],'gid':0}", "process.user.uid: expected unsigned integer, got array" },
	{ FRAME_PROCESS, "'user':{'uid':1.0,'gid':0}", "process.user.uid: expected unsigned integer, got real number" },
	{ FRAME_PROCESS, "'user':{'uid':-1,'gid':0}", "process.user.uid: -1 is out of range 0 to 4294967294" },
	{ FRAME_PROCESS, "'user':{'uid':4294967295,'gid':0}",
	  "process.user.uid: 4294967295 is out of range 0 to 4294967294" },
	{ FRAME_PROCESS, "'user':{'uid':4294967296,'gid':0}", "process.user.uid: 4294967296 is out of range" },
	{ FRAME_PROCESS, "'user':{'uid':18446744073709551615,'gid':0}",
	  "process.user.uid: 18446744073709551615 is out of range" },
	{ FRAME_PROCESS, "'user':{'uid':18446744073709551616,'gid':0}", "integer out of range" },
	{ FRAME_PROCESS, "'user':{'uid':1,'uid':0,'gid':0}", "duplicate object key" },
	{ FRAME_PROCESS, "'user':{'uid':0,'gid':4294967295}", "process.user.gid: 4294967295 is out of range" },
	{ FRAME_PROCESS, "'user':{'uid':0,'gid':-1}", "process.user.gid: -1 is out of range" },
	{ FRAME_PROCESS, "'user':{'uid':0,'gid':0,'umask':4096}",
	  "process.user.umask: 4096 is out of range 0 to 4095" },
	{ FRAME_PROCESS, "'user':{'uid':0,'gid':0,'umask':-1}", "process.user.umask: -1 is out of range" },
	{ FRAME_PROCESS, "'user':{'uid':0,'gid':0,'umask':'022'}", "process.user.umask: expected unsigned integer" },
	{ FRAME_PROCESS, "'user':{'uid':0,'gid':0,'additionalGids':5}",
	  "process.user.additionalGids: expected array of unsigned integers" },
	{ FRAME_PROCESS, "'user':{'uid':0,'gid':0,'additionalGids':[5,-1]}",
	  "process.user.additionalGids[1]: -1 is out of range" },
	{ FRAME_PROCESS, "'user':{'uid':0,'gid':0,'additionalGids':[4294967295]}",
	  "process.user.additionalGids[0]: 4294967295 is out of range" },
};

static void wrong_users(void)
{
	spec_text_refused(wrong_users_rows, ARRAY_SIZE(wrong_users_rows));
}

static const struct spec_row wrong_rlimits_rows[] = {
	{ FRAME_PROCESS, "'rlimits':{}", "process.rlimits: expected array of objects, got object" },
	{ FRAME_PROCESS, "'rlimits':[{}]", "process.rlimits[0].type: missing" },
	{ FRAME_PROCESS, "'rlimits':[{'type':'RLIMIT_FOO','soft':1,'hard':1}]",
	  "process.rlimits[0].type: invalid resource limit \"RLIMIT_FOO\"" },
	{ FRAME_PROCESS, "'rlimits':[{'type':'rlimit_nofile','soft':1,'hard':1}]",
	  "process.rlimits[0].type: invalid resource limit" },
	{ FRAME_PROCESS, "'rlimits':[{'type':'NOFILE','soft':1,'hard':1}]",
	  "process.rlimits[0].type: invalid resource limit" },
	{ FRAME_PROCESS, "'rlimits':[{'type':'RLIMIT_CORE','hard':1}]", "process.rlimits[0].soft: missing" },
	{ FRAME_PROCESS, "'rlimits':[{'type':'RLIMIT_CORE','soft':1}]", "process.rlimits[0].hard: missing" },
	{ FRAME_PROCESS, "'rlimits':[{'type':'RLIMIT_CORE','soft':'1','hard':1}]",
	  "process.rlimits[0].soft: expected unsigned integer, got string" },
	{ FRAME_PROCESS, "'rlimits':[{'type':'RLIMIT_CORE','soft':-5,'hard':1}]",
	  "process.rlimits[0].soft: -5 is out of range 0 to 18446744073709551615" },
	{ FRAME_PROCESS, "'rlimits':[{'type':'RLIMIT_CORE','soft':1,'hard':18446744073709551616}]",
	  "integer out of range" },
	{ FRAME_PROCESS, "'rlimits':[{'type':'RLIMIT_CORE','soft':9,'hard':1}]",
	  "process.rlimits[0]: soft limit 9 exceeds hard limit 1" },
	{ FRAME_PROCESS, "'rlimits':[{'type':'RLIMIT_CORE','soft':18446744073709551615,'hard':9223372036854775807}]",
	  "process.rlimits[0]: soft limit 18446744073709551615 exceeds hard limit 9223372036854775807" },
	{ FRAME_PROCESS, "'rlimits':[{'type':'RLIMIT_CORE','soft':1,'hard':1},{'type':'RLIMIT_CPU','soft':1,'hard':1},"
			 "{'type':'RLIMIT_CORE','soft':1,'hard':1}]",
	  "process.rlimits[2]: RLIMIT_CORE is already set by process.rlimits[0]" },
};

static void wrong_rlimits(void)
{
	spec_text_refused(wrong_rlimits_rows, ARRAY_SIZE(wrong_rlimits_rows));
}

static const struct spec_row wrong_mounts_rows[] = {
	{ FRAME_DOCUMENT, "'mounts':[{}]", "mounts[0].destination: missing" },
	{ FRAME_DOCUMENT, "'mounts':[5]", "mounts[0]: expected object, got integer" },
	{ FRAME_DOCUMENT, "'mounts':[null]", "mounts[0]: expected object, got null" },
	{ FRAME_DOCUMENT, "'mounts':[{'destination':''}]", "mounts[0].destination: must not be empty" },
	{ FRAME_DOCUMENT, "'mounts':[{'destination':'/a\\u0000'}]", "\\u0000 in a string" },
	{ FRAME_DOCUMENT, "'mounts':[{'destination':'/a','type':5}]", "mounts[0].type: expected string" },
	{ FRAME_DOCUMENT, "'mounts':[{'destination':'/a','options':'ro'}]",
	  "mounts[0].options: expected array of strings" },
	{ FRAME_DOCUMENT, "'mounts':[{'destination':'/a','options':['ro',5]}]",
	  "mounts[0].options[1]: expected string" },
	{ FRAME_DOCUMENT, "'mounts':[{'destination':'/a','type':'bind'}]", "mounts[0].source: missing" },
	{ FRAME_DOCUMENT, "'mounts':[{'destination':'/a','options':['rbind']}]", "mounts[0].source: missing" },
	{ FRAME_DOCUMENT, "'mounts':[{'destination':'/a','source':'','options':['bind']}]",
	  "mounts[0].source: missing" },
	{ FRAME_DOCUMENT, "'mounts':[{'destination':'/a','uidMappings':[{'containerID':0,'hostID':0,'size':1}]}]",
	  "mounts[0].gidMappings: missing" },
	{ FRAME_DOCUMENT, "'mounts':[{'destination':'/a','gidMappings':[{'containerID':0,'hostID':0,'size':1}]}]",
	  "mounts[0].uidMappings: missing" },
	{ FRAME_DOCUMENT, "'mounts':[{'destination':'/a','uidMappings':[{'containerID':0,'hostID':0,'size':1}],"
			  "'gidMappings':[{'containerID':0,'hostID':0,'size':0}]}]",
	  "mounts[0].gidMappings[0].size: must not be 0" },
	{ FRAME_DOCUMENT, "'mounts':[{'destination':'/a','uidMappings':[{'containerID':0,'hostID':0,'size':0}],"
			  "'gidMappings':[{'containerID':0,'hostID':0,'size':1}]}]",
	  "mounts[0].uidMappings[0].size: must not be 0" },
	{ FRAME_DOCUMENT, "'mounts':[{'destination':'/a','source':'/b','options':['bind','idmap']}]",
	  "mounts[0].options: idmap needs" },
	{ FRAME_DOCUMENT, "'mounts':[{'destination':'/a','source':'/b','options':['rbind','ridmap']}]",
	  "mounts[0].options: idmap needs" },
};

static void wrong_mounts(void)
{
	spec_text_refused(wrong_mounts_rows, ARRAY_SIZE(wrong_mounts_rows));
}

static const struct spec_row wrong_hooks_rows[] = {
	{ FRAME_DOCUMENT, "'hooks':{'prestart':{}}", "hooks.prestart: expected array of objects, got object" },
	{ FRAME_DOCUMENT, "'hooks':{'prestart':[{}]}", "hooks.prestart[0].path: missing" },
	{ FRAME_DOCUMENT, "'hooks':{'createRuntime':[{'path':'bin/x'}]}",
	  "hooks.createRuntime[0].path: expected an absolute path, got \"bin/x\"" },
	{ FRAME_DOCUMENT, "'hooks':{'createContainer':[{'path':''}]}",
	  "hooks.createContainer[0].path: expected an absolute path" },
	{ FRAME_DOCUMENT, "'hooks':{'startContainer':[{'path':'/x','args':'x'}]}",
	  "hooks.startContainer[0].args: expected array of strings" },
	{ FRAME_DOCUMENT, "'hooks':{'poststart':[{'path':'/x','env':['A']}]}",
	  "hooks.poststart[0].env[0]: expected KEY=VALUE" },
	{ FRAME_DOCUMENT, "'hooks':{'poststop':[{'path':'/x','timeout':0}]}",
	  "hooks.poststop[0].timeout: 0 is out of range 1 to" },
	{ FRAME_DOCUMENT, "'hooks':{'poststop':[{'path':'/x'},{'path':'/x','timeout':-1}]}",
	  "hooks.poststop[1].timeout: -1 is out of range 1 to" },
	{ FRAME_DOCUMENT, "'hooks':{'poststop':[{'path':'/x','timeout':'5'}]}",
	  "hooks.poststop[0].timeout: expected integer" },
	{ FRAME_DOCUMENT, "'hooks':{'poststop':[{'path':'/x','timeout':99999999999}]}",
	  "hooks.poststop[0].timeout: 99999999999 is out of range" },
};

static void wrong_hooks(void)
{
	spec_text_refused(wrong_hooks_rows, ARRAY_SIZE(wrong_hooks_rows));
}

static const struct unit_test tests[] = {
	TEST(wrong_documents),
	TEST(wrong_versions),
	TEST(wrong_processes),
	TEST(wrong_users),
	TEST(wrong_rlimits),
	TEST(wrong_mounts),
	TEST(wrong_hooks),
	TEST_END,
};

int main(void)
{
	return unit_run(tests);
}
