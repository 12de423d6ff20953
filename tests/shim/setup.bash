# What the suites of the shim load:
#
#	load setup
#
# $SHIM is the shim under test, and, within `as_conmon`, also Debian's conmon where that is installed: an engine must not
# be able to tell them apart.  $AT holds the files of one shim.
# shellcheck shell=bash
load ../run/helpers

SHIM=${KAVEL_SHIM:-${KAVEL%/*}/kavel-shim}
ENGINE=$TREE/tests/shim/engine
CLIENT=$TREE/tests/shim/client

prepare() {
	command -v python3 >/dev/null || skip "no python3"
	[[ -x $SHIM ]] || fail "there is no program $SHIM"
	fresh
}

# New files for a shim, and none of an earlier guest's.
fresh() {
	COUNT=$((${COUNT-0} + 1))
	AT=$BATS_TEST_TMPDIR/$COUNT
	ID=guest$COUNT
	mkdir -p "$AT"/{exits,persist,sockets}
	rm -f "$BUNDLE"/{attach,ctl,winsz,oom}
}

# The words that every engine gives.  The attach socket: $BUNDLE/attach.
shim_words() {
	echo --cid "$ID" --cuuid "$ID" --name name --runtime "$KAVEL" --runtime-arg "--root=$ROOT" --bundle "$BUNDLE" \
		--container-pidfile "$AT/pid" --conmon-pidfile "$AT/shim" --exit-dir "$AT/exits" --persist-dir "$AT/persist" \
		--log-path "k8s-file:$AT/log" --socket-dir-path "$AT/sockets" --full-attach
}

# Play the engine towards $SHIM until it has said so many lines: engine "--lines 1" WORD...
engine() { # OPTIONS-OF-THE-ENGINE WORD...
	# shellcheck disable=SC2046,SC2086 # words
	LIMIT=40 try "$ENGINE" $1 -- "$SHIM" $(shim_words) "${@:2}"
}

# Have the guest created, and look whether that went well.
create() { # WORD...
	engine "--lines 1" --api-version "$@"
	[[ $(said sync) == "{\"data\": $(<"$AT/pid")}" ]] || fail "the pid should be told"
}

# What the engine heard: said sync
said() { # NAME
	sed -n "s/^$1: //p" <<<"$output"
}

start() {
	must kavel start "$ID"
}

# Its code in the exit directory, once it has ended.
exit_code() {
	eventually test -e "$AT/exits/$ID"
	cat "$AT/exits/$ID"
}

# The guest and its shim are gone.
finish() {
	try kavel delete --force "$ID"
	[[ ! -e $AT/shim ]] || eventually is_gone "$(<"$AT/shim")"
}

log_has() { # LINE-WITHOUT-TIME
	cut -d' ' -f2- "$AT/log" | grep -qxF -- "$1"
}

# Run the rest for the shim and for conmon.
as_conmon() { # COMMAND...
	local SHIM=$SHIM own=$SHIM

	for SHIM in "$own" /usr/bin/conmon; do
		[[ -x $SHIM ]] || continue
		fresh
		"$@" || fail "with $SHIM"
		finish
	done
}

# The processor time of a process so far, in clock ticks.
ticks() { # PID
	sed 's/.*) //' "/proc/$1/stat" | awk '{ print $12 + $13 }'
}

# It waits, and does not look again and again.
is_quiet() { # PID
	local before after

	before=$(ticks "$1")
	sleep 1
	after=$(ticks "$1")
	((after - before <= 3)) || fail "process $1 took $((after - before)) ticks within a second in which nothing happened"
}
