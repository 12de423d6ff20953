load setup

# Processes that an engine runs in a container: the same as with conmon.

prepare_guest() {
	prepare
	guest_does pause
	must kavel create --bundle "$BUNDLE" inner
	must kavel start inner
	ID=inner
}

cleanup() {
	try kavel delete --force inner
}

# An exec has no bundle, unless somebody is to attach; $ID is the container's.
exec_shim() { # OPTIONS-OF-THE-ENGINE PROCESS WORD...
	jq -n --argjson args "$2" --argjson terminal "${TERMINAL:-false}" '{terminal: $terminal, cwd: "/", args: $args,
		env: ["PATH=/bin"], user: {uid: 0, gid: 0}}' >"$AT/process.json"
	# shellcheck disable=SC2086 # words
	LIMIT=40 try "$ENGINE" $1 -- "$SHIM" --cid inner --cuuid "session$COUNT" --name name --runtime "$KAVEL" \
		--runtime-arg "--root=$ROOT" --container-pidfile "$AT/pid" --exit-dir "$AT/exits" --log-path "k8s-file:$AT/log" \
		--socket-dir-path "$AT/sockets" --full-attach --exec --exec-process-spec "$AT/process.json" "${@:3}"
}

newer() {
	exec_shim "" '["/bin/sh", "-c", "echo out; echo err >&2; exit 4"]' --api-version
	[[ $(said sync) == "{\"data\": $(<"$AT/pid")}"$'\n{"data": 4}\nend' ]]
	log_has 'stdout F out'
	log_has 'stderr F err'
	[[ $(<"$AT/exits/inner") == 4 ]]
}

@test "exec: the pid, then the exit code" {
	prepare_guest
	as_conmon newer
}

older() {
	exec_shim "" '["/bin/sh", "-c", "exit 4"]'
	[[ $(said sync) == $'{"exit_code": 4}\nend' ]]
}

@test "exec without --api-version: the exit code alone" {
	prepare_guest
	as_conmon older
}

fails() {
	exec_shim "" '["/nonexistent"]' --api-version
	[[ $(said sync) == '{"data": -1, "message": "'*'/nonexistent'*'"}'$'\nend' ]]
}

@test "exec of what does not exist: -1 and the runtime's words" {
	prepare_guest
	as_conmon fails
}

killed() {
	exec_shim "" '["/bin/sh", "-c", "kill -9 $$"]' --api-version
	[[ $(said sync) == *$'\n{"data": 137}\nend' ]]
}

@test "exec of what is killed: 128 and the signal" {
	prepare_guest
	as_conmon killed
}

timed() {
	exec_shim "" '["/bin/sleep", "100"]' --api-version --timeout 1
	[[ $(said sync) == *$'\n{"data": -1, "message": "command timed out"}\nend' ]]
}

@test "exec with a timeout: it is killed, and that is told" {
	prepare_guest
	as_conmon timed
}

attached() {
	mkdir -p "$AT/session"
	(
		"$CLIENT" "$AT/session/attach" until=ready >"$AT/client"
	) 3>&- &
	(
		eventually test -S "$AT/session/attach"
		sleep 0.3
		[[ ! -s $AT/pid ]] && touch "$AT/late"
	) 3>&- &
	exec_shim "--attach --late $AT/late" '["/bin/sh", "-c", "echo ready; exit 3"]' --api-version --exec-attach --bundle "$AT/session"
	wait
	[[ $(said attach) == '{"data": 0}' ]]
	[[ $(said sync) == "{\"data\": $(<"$AT/pid")}"$'\n{"data": 3}\nend' ]]
	grep -qx 'out: ready' "$AT/client" || fail "who attached in time should see everything: $(<"$AT/client")"
}

@test "exec with attach: the process is not started before the engine says so" {
	prepare_guest
	as_conmon attached
}

with_terminal() {
	TERMINAL=true exec_shim "" '["/bin/sh", "-c", "tty >/dev/null && echo a terminal; exit 2"]' --api-version --terminal
	[[ $(said sync) == *$'\n{"data": 2}\nend' ]]
	log_has $'stdout F a terminal' || log_has $'stdout F a terminal\r'
	[[ ! $(find /tmp -maxdepth 1 -name '*-term.*') ]] || fail "the console socket should be gone"
}

@test "exec with a terminal" {
	prepare_guest
	ln -s busybox "$BUNDLE/rootfs/bin/tty"
	as_conmon with_terminal
}

many() {
	local i

	for i in {1..20}; do
		exec_shim "" '["/bin/sh", "-c", "echo $0; exit 1", "'"$i"'"]' --api-version
		[[ $(said sync) == *$'\n{"data": 1}\nend' ]] || return
		log_has "stdout F $i" || return
	done
}

@test "a process that ends at once loses neither its output nor its exit code" {
	prepare_guest
	many
}
