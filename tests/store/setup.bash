# What the suites of guests by name load: a store of their own, and an image.
#
#	load setup
# shellcheck shell=bash
load ../run/helpers

prepare() {
	STORE=$BATS_TEST_TMPDIR/store
	IMAGE=$BUNDLE/rootfs
	[[ -x ${KAVEL%/*}/kavel-shim ]] || fail "kavel-shim is not built"
}

cleanup() {
	local names

	names=$("$KAVEL" --root "$ROOT" status --store "$STORE" --quiet 2>/dev/null)
	# shellcheck disable=SC2086
	[[ ! $names ]] || "$KAVEL" --root "$ROOT" rm --force --store "$STORE" $names
	rmdir "$ROOT/.shim" 2>/dev/null || :
}

# A command on guests: guest up web --memory 1g -- COMMAND
guest() { # COMMAND WORD...
	try kavel "$1" --store "$STORE" "${@:2}"
}

must_guest() {
	guest "$@"
	((status == 0)) || fail "failed: $*"
}

# A guest that waits, and ends when it is told to.
up_waiting() { # NAME OPTION...
	must_guest up "$1" --rootfs "$IMAGE" "${@:2}" -- /bin/sh -c 'trap "exit 0" TERM; while :; do sleep 0.1; done'
}

# Run something in a guest, with its output in $output.
inside() { # NAME COMMAND...
	try kavel exec "$@"
}

status_of() { # NAME MEMBER
	"$KAVEL" --root "$ROOT" status --store "$STORE" --format json "$1" | jq -r ".[0].$2"
}

is_status() { # NAME STATUS
	[[ $(status_of "$1" status) == "$2" ]]
}

folder_of() { # NAME
	echo "$STORE/guests/$1"
}
