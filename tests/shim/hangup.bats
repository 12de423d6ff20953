load setup

# Whatever hangs up, the shim waits: it takes no processor time while nothing happens.

quiet() {
	is_quiet "$(<"$AT/shim")"
}

ends_well() {
	must kavel kill "$ID" KILL
	[[ $(exit_code) == 137 ]]
	finish
}

@test "a guest that is created, and not started" {
	guest_does pause
	create --stdin
	quiet
	start
	ends_well
}

@test "a guest that closes its output" {
	guest_shell 'echo last; exec >&- 2>&-; while :; do sleep 1; done'
	create
	start
	eventually log_has 'stdout F last'
	quiet
	ends_well
}

@test "a guest that closes its input, with and without a client that writes" {
	guest_shell 'exec <&-; echo closed; while :; do sleep 1; done'
	create --stdin --leave-stdin-open
	start
	eventually log_has 'stdout F closed'
	quiet
	must "$CLIENT" "$BUNDLE/attach" fill=500000
	quiet
	ends_well
}

@test "a guest that does not read what clients write" {
	guest_does pause
	create --stdin
	start
	"$CLIENT" "$BUNDLE/attach" fill=10000000 "wait=$AT/go" >"$AT/client" 3>&- &
	eventually grep -q sent "$AT/client"
	quiet
	touch "$AT/go"
	wait
	quiet # its client is gone, and what it wrote is not read
	ends_well
}

@test "a terminal that nobody has open, and that somebody opens again" {
	config '.process.terminal = true'
	guest_shell 'trap "" HUP; echo first; exec <&- >&- 2>&-; sleep 2; echo again >/dev/console; exec <&- >&- 2>&-; while :; do sleep 1; done'
	create --terminal
	start
	eventually grep -q 'stdout F first' "$AT/log"
	quiet
	eventually grep -q 'stdout F again' "$AT/log"
	quiet
	ends_well
}

@test "a terminal whose guest does not read" {
	config '.process.terminal = true'
	guest_does pause
	create --terminal
	start
	"$CLIENT" "$BUNDLE/attach" fill=1000000 "wait=$AT/go" >"$AT/client" 3>&- &
	eventually grep -q sent "$AT/client"
	quiet
	touch "$AT/go"
	wait
	ends_well
}

@test "a client that ended its side, and one that left" {
	guest_shell 'cat >/dev/null; echo end of input; while :; do sleep 1; done'
	create --stdin
	start
	"$CLIENT" "$BUNDLE/attach" end "wait=$AT/go" >"$AT/client" 3>&- &
	eventually log_has 'stdout F end of input'
	quiet
	touch "$AT/go"
	wait
	quiet
	ends_well
}

@test "a client that does not read" {
	guest_shell 'i=0; while [ $i -lt 3000 ]; do echo "line $i of what nobody reads, which makes it quite some text"; i=$((i + 1)); done; echo done; while :; do sleep 1; done'
	create
	"$CLIENT" "$BUNDLE/attach" "wait=$AT/go" >"$AT/client" 3>&- &
	sleep 0.2
	start
	eventually log_has 'stdout F line 100 of what nobody reads, which makes it quite some text'
	quiet
	touch "$AT/go"
	eventually log_has 'stdout F done'
	wait
	quiet
	ends_well
}

@test "the engine that closed its end of the sync pipe" {
	guest_does pause
	create
	start
	quiet
	ends_well
}

@test "a log that nobody can write, while the guest waits for it" {
	mkdir "$AT/small"
	mount -t tmpfs -o size=16k tmpfs "$AT/small"
	guest_shell 'while :; do echo "a line of text that fills the log file and more of it until there is no room"; done'
	create --log-policy block --log-ring-size 4096 --log-path "k8s-file:$AT/small/log"
	start
	eventually sh -c "df --output=avail $AT/small | grep -qx ' *0'"
	quiet
	ends_well
	umount "$AT/small"
}

@test "a guest that ended while its log cannot be written" {
	mkdir "$AT/small"
	mount -t tmpfs -o size=16k tmpfs "$AT/small"
	guest_shell 'i=0; while [ $i -lt 2000 ]; do echo "a line of text that fills the log file and more of it"; i=$((i + 1)); done & sleep 0.5; exit 4'
	create --log-policy block --log-ring-size 4096 --log-path "k8s-file:$AT/small/log"
	start
	[[ $(exit_code) == 4 ]]
	finish
	umount "$AT/small"
}

@test "the exit command takes its time" {
	guest_does exit=0
	create --exit-command /bin/sleep --exit-command-arg 2
	start
	[[ $(exit_code) == 0 ]]
	quiet
	finish
}
