load ../run/helpers

# As for a caller without rights over cgroups; what only he meets is in tests/rootless.
prepare() {
	printf '#!/bin/sh\nexec %s --cgroup-manager disabled "$@"\n' "$KAVEL" >"$BATS_TEST_TMPDIR/kavel"
	chmod +x "$BATS_TEST_TMPDIR/kavel"
	PROGRAM=$KAVEL
	KAVEL=$BATS_TEST_TMPDIR/kavel
}

# helpers.bash finds runtimes that still run by that name
cleanup() {
	KAVEL=$PROGRAM
}

has_processes() { # COUNT
	[[ $(kavel ps --format json "$ID" | jq length) == "$1" ]]
}

@test "without a cgroup the guest is in the caller's" {
	run_guest read=/proc/self/cgroup
	assert_success
	refute_output_has kavel-
}

@test "ps without a cgroup lists the processes of the pid namespace, and of those below it" {
	start_guest fork=2 unshare=pid fork=1 pause
	eventually has_processes 4
	must kavel ps --format json "$ID"
	jq -e --argjson pid "$(guest_pid)" 'index($pid) != null' <<<"$output"
	must kavel exec -d "$ID" /guest pause
	eventually has_processes 5
}

@test "ps without a cgroup of a stopped container is empty" {
	start_guest exit=0
	eventually status_is stopped
	must kavel ps -f json "$ID"
	jq -e '. == null or . == []' <<<"$output"
}

@test "ps without a cgroup and a pid namespace fails, and says why" {
	without_namespace pid
	start_guest pause
	try kavel ps "$ID"
	assert_refused "neither a cgroup nor a pid namespace"
}

@test "kill --all without a cgroup reaches all processes" {
	guest_shell 'trap "echo >/first" USR1
		sh -c "trap \"echo >/second; exit\" USR1; >/ready; while :; do sleep 0.01; done" &
		while :; do sleep 0.01; done'
	start_guest
	eventually test -e "$BUNDLE/rootfs/ready"
	must kavel kill --all "$ID" USR1
	eventually test -e "$BUNDLE/rootfs/first"
	eventually test -e "$BUNDLE/rootfs/second"
}

@test "pause and update without a cgroup fail, and say why" {
	start_guest pause
	try kavel pause "$ID"
	assert_refused "it has no cgroup" "delegated"
	try kavel update --pids-limit 10 "$ID"
	assert_refused "cannot update $ID: it has no cgroup" "delegated"
	must kavel delete --force "$ID"
}

@test "limits without cgroups are refused by their names; what asks for none is not" {
	local filter

	while read -r filter; do
		default_config >"$BUNDLE/config.json"
		config ".linux.resources += {$filter}"
		run_guest
		assert_refused "cannot set limits without cgroups" "linux.resources.${filter%%:*}"
	done <<-'EOT'
		memory: {limit: 100000000}
		cpu: {shares: 100}
		pids: {limit: 10}
		blockIO: {weight: 100}
		unified: {"memory.high": "1000000"}
	EOT
	default_config >"$BUNDLE/config.json"
	config '.linux.resources += {memory: {limit: -1}, pids: {limit: -1}, cpu: {}}'
	run_guest exit=0
	assert_success
}
