# What the suites of the command line load: no container is made here, so neither a bundle nor a cage is needed.
#
#	load setup
# shellcheck shell=bash
load ../run/helpers

setup() {
	ROOT=$BATS_TEST_TMPDIR/state
	mkdir "$ROOT"
	ln -s "$KAVEL" "$BATS_TEST_TMPDIR/runc"
	ln -s "$KAVEL" "$BATS_TEST_TMPDIR/crun"
	cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
	:
}

# The program by the name of a peer, with the test's state directory.
try_as() { # runc|crun WORD...
	try "$BATS_TEST_TMPDIR/$1" --root "$ROOT" "${@:2}"
}

# The commands, as help lists them.
commands() {
	"$KAVEL" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'
}

# All long options that a command's help lists.
options_of() { # COMMAND
	"$KAVEL" "$1" --help | grep -oE '^  (-.,|   ) --[a-z0-9-]+' | grep -oE -- '--[a-z0-9-]+'
}
