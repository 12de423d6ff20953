# For the suites of kavel-shim: a guest that the shim makes, starts and supervises, as `kavel up` has it.
# shellcheck shell=bash disable=SC2034

SHIM=${SHIM:-${KAVEL%/*}/kavel-shim}

prepare() {
	RUN=$BATS_TEST_TMPDIR/run
	LOG=$BATS_TEST_TMPDIR/log
	EXIT=$BATS_TEST_TMPDIR/exit.json
	SHIMS=()
	mkdir -m 0700 "$RUN"
}

cleanup() {
	local pid

	[[ -e $RUN/pid ]] && kill -TERM "$(<"$RUN/pid")" 2>/dev/null
	for pid in "${SHIMS[@]}"; do
		eventually is_gone "$pid"
	done
}

# The shim, detached.  Its pid is in $PID.  $LOG_PATH: another log.
shim() { # OPTION...
	local words=("$SHIM" --id "$ID" --bundle "$BUNDLE" --runtime "$KAVEL" --runtime-arg --root --runtime-arg "$ROOT"
		--run-dir "$RUN" --exit-record "$EXIT" --log-path "${LOG_PATH:-k8s-file:$LOG}" --container-pidfile "$RUN/guest.pid"
		--conmon-pidfile "$RUN/shim.pid" --start --stop-timeout 200ms "$@")

	try "${words[@]}"
	((status == 0)) || return 0
	PID=$(<"$RUN/shim.pid")
	SHIMS+=("$PID")
	eventually can_be_asked
}

# It listens; or it has come to its end already.
can_be_asked() {
	is_gone "$PID" || jq -e --argjson pid "$PID" '.shim == $pid' "$RUN/status.json"
}

# The value of a filter in status.json, exit.json.
shim_status() {
	jq -r "${1:-.status}" "$RUN/status.json"
}

shim_exit() {
	jq -r "${1:-.exitCode}" "$EXIT"
}

shim_is() { # STATUS
	[[ $(shim_status) == "$1" ]]
}

shim_holds() { # FILTER in status.json
	jq -e "$1" "$RUN/status.json" >/dev/null
}

exit_holds() { # FILTER in exit.json
	jq -e "$1" "$EXIT" >/dev/null
}

shim_ends() {
	eventually is_gone "$PID"
}

# A request on the control socket; the answer is in $output.
ask() { # REQUEST...
	try python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.connect(sys.argv[1])
s.send(" ".join(sys.argv[2:]).encode())
print(s.recv(65536).decode())' "$RUN/control" "$@"
}

logged() { # TEXT
	grep -qF -- "$1" "$LOG"
}
