# What the suites of podman load:
#
#	load setup
#
# podman with kavel as its runtime and kavel-shim in conmon's place, a store of its own, and an image "box" with busybox.
# shellcheck shell=bash
load ../../run/helpers

SHIM=${KAVEL_SHIM:-${KAVEL%/*}/kavel-shim}

make_image() { # FILE
	local tree=$BATS_FILE_TMPDIR/tree applet

	mkdir -p "$tree"/{bin,dev,etc,proc,run,sys,tmp}
	cp "$(command -v busybox)" "$tree/bin/busybox"
	for applet in cat echo false head id kill ls md5sum seq sh sleep stty tail test touch true tty wc yes; do
		ln -s busybox "$tree/bin/$applet"
	done
	# a shell that does not ask the terminal where its cursor is, and takes what was typed for the answer
	printf '%s\n' '#!/bin/sh' 'while printf "# "; read -r line; do eval "$line"; done' >"$tree/bin/prompt"
	chmod +x "$tree/bin/prompt"
	printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' 'user:x:1000:1000::/:/bin/sh' >"$tree/etc/passwd"
	tar -C "$tree" -cf "$1" .
}

# Words that keep it away from the machine's own containers.
podman_words() { # FOLDER
	echo podman --root "$1/store" --runroot "$1/run" --tmpdir "$1/tmp" --storage-driver vfs --cgroup-manager cgroupfs \
		--events-backend "${EVENTS:-file}" --runtime "$KAVEL" --conmon "$SHIM"
}

setup_file() {
	[[ ${CAGE-} ]] || return 0 # setup() says why
	command -v podman >/dev/null || return 0
	make_image "$BATS_FILE_TMPDIR/image.tar"
	# a runtime folder for the user without a session: podman looks for one
	mkdir -p /run/user/0 /run/lock
	# shellcheck disable=SC2046 # words
	$(podman_words "$BATS_FILE_TMPDIR") import "$BATS_FILE_TMPDIR/image.tar" box >/dev/null 2>&1
}

prepare() {
	needs podman
	NAME=box$BATS_TEST_NUMBER
}

podman() {
	# shellcheck disable=SC2046 # words
	command $(podman_words "$BATS_FILE_TMPDIR") "$@"
}

# As try() and must(), for podman; its remarks on the cage's own cgroups are left out of $error.
try_podman() {
	# shellcheck disable=SC2046 # words
	LIMIT=${LIMIT:-60} try $(podman_words "$BATS_FILE_TMPDIR") "$@"
	error=$(grep -v 'Failed to add conmon to\|systemd connection\|no pids controller' <<<"$error") || :
}

must_podman() {
	try_podman "$@"
	((status == 0)) || fail "failed: podman $*"
}

# A container of the image, without a network.
run_box() { # OPTION... -- WORD...
	local options=()

	while [[ $1 != -- ]]; do
		options+=("$1")
		shift
	done
	try_podman run --name "$NAME" --network none "${options[@]}" box "${@:2}"
}

inspect() { # FORMAT
	podman inspect "$NAME" --format "$1" 2>/dev/null
}

is_in_state() { # STATE
	[[ $(inspect '{{.State.Status}}') == "$1" ]]
}

logs_have() { # LINE
	podman logs "$NAME" 2>&1 | grep -qxF -- "$1"
}

no_shim_is_left() {
	! pgrep -f "^$SHIM .*$BATS_FILE_TMPDIR" >/dev/null
}

cleanup() {
	try podman --version
	podman rm --all --force --time 0 >/dev/null 2>&1
	eventually no_shim_is_left
	# podman leaves the group in which it makes all others
	find /sys/fs/cgroup -depth -type d -path '*libpod_parent*' -exec rmdir {} \; 2>/dev/null
	return 0
}

# podman in a terminal of 33 by 77 characters; the script says what is typed: "text" when another text was seen.
# in_terminal EXPECT TYPE ... -- PODMAN-WORD...
in_terminal() {
	local script=()

	while [[ $1 != -- ]]; do
		script+=("$1")
		shift
	done
	# shellcheck disable=SC2046 # words
	LIMIT=60 try python3 "$TREE/tests/peers/podman/terminal" "${script[@]}" -- $(podman_words "$BATS_FILE_TMPDIR") "${@:2}"
}
