load setup

# How little a shim needs: there may be a thousand.

# The mean PSS of the shims of $COUNT guests, in KiB.
mean_pss() {
	local file sum=0 count=0

	for file in "$BATS_TEST_TMPDIR"/*/shim; do
		sum=$((sum + $(awk '$1 == "Pss:" { print $2 }' "/proc/$(<"$file")/smaps_rollup")))
		count=$((count + 1))
	done
	echo $((sum / count))
}

is_small() {
	(($(mean_pss) <= 120))
}

@test "twenty shims need at most 120 KiB each, when nothing is going on" {
	local i pid

	skip_with_sanitizer
	! readelf -dW "$SHIM" | grep -q NEEDED || skip "only the static program is measured"
	guest_shell 'echo hello; read -r line; echo "got $line"; sleep 1000'
	for i in {1..20}; do
		fresh
		create --stdin --leave-stdin-open
		start
		must "$CLIENT" "$BUNDLE/attach" 'send=hello\n'
		eventually log_has 'stdout F got hello'
	done
	# it gives back what it used a while after the last event
	eventually is_small || fail "$(mean_pss) KiB"
	for ((i = 1; i <= COUNT; i++)); do
		[[ ! -e $BATS_TEST_TMPDIR/$i/shim ]] || must kavel delete --force "guest$i"
	done
	for pid in $(cat "$BATS_TEST_TMPDIR"/*/shim); do
		eventually is_gone "$pid"
	done
}
