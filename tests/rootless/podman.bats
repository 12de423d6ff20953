load setup

# podman of an unprivileged user, with kavel as its runtime and kavel-shim in conmon's place.

SHIM=${KAVEL_SHIM:-${KAVEL%/*}/kavel-shim}

prepare() {
	local words

	needs podman newuidmap
	cp "$SHIM" "$HOMES/shim"
	rm -rf "$HOMES"/ann/{store,run,tmp}
	tar -C "$BUNDLE/rootfs" -cf "$HOMES/ann/image.tar" .
	words="podman --root $HOMES/ann/store --runroot $HOMES/ann/run --tmpdir $HOMES/ann/tmp --storage-driver vfs
		--cgroup-manager cgroupfs --events-backend file --runtime $HOMES/program --conmon $HOMES/shim"
	# shellcheck disable=SC2086 # words
	make_user_script "$HOMES/podman.sh" "$(echo $words)"
	LIMIT=60 try "$HOMES/podman.sh" import "$HOMES/ann/image.tar" box
	((status == 0)) || skip "podman does not work for users here: ${error##*$'\n'}"
}

podman() {
	"$HOMES/podman.sh" "$@" 2>/dev/null
}

cleanup() {
	local pid

	[[ -e $HOMES/podman.sh ]] || return 0
	podman rm --all --force --time 0 >/dev/null
	"$HOMES/ann.sh" podman unshare rm -rf "$HOMES/ann/store" >/dev/null 2>&1
	# the process that keeps her namespaces
	for pid in $(pgrep -u "$ANN" '^(podman|catatonit)'); do
		kill -KILL "$pid" 2>/dev/null
	done
	rm -rf "$HOMES"/ann/{store,run,tmp} "/run/user/$ANN"/{libpod,containers,netns,crun}
}

@test "run: output, errors, input and the exit code" {
	echo input >"$BATS_TEST_TMPDIR/input"
	STDIN=$BATS_TEST_TMPDIR/input LIMIT=60 try "$HOMES/podman.sh" run -i --name one --network none box \
		sh -c 'cat; id -u; echo error >&2; exit 7'
	assert_status 7
	assert_line input
	assert_line 0
	assert_error_has error
	[[ $(podman logs one) == *input* ]]
}

@test "run -d, logs, exec, stop" {
	LIMIT=60 must "$HOMES/podman.sh" run -d --name two --network none box \
		sh -c 'trap "exit 3" TERM; echo ready; while :; do sleep 0.1; done'
	logs_have_ready() { [[ $(podman logs two) == *ready* ]]; }
	eventually logs_have_ready
	LIMIT=60 try "$HOMES/podman.sh" exec two sh -c 'echo inside; exit 9'
	assert_status 9
	assert_line inside
	pid=$(podman inspect two --format '{{.State.ConmonPid}}')
	[[ $(readlink "/proc/$pid/exe") == "$HOMES/shim" ]]
	[[ $(stat -c %u "/proc/$pid") == "$ANN" ]]
	LIMIT=60 must "$HOMES/podman.sh" stop --time 10 two
	[[ $(podman inspect two --format '{{.State.ExitCode}}') == 3 ]]
	eventually is_gone "$pid"
}
