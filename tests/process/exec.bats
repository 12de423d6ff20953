load ../run/helpers

fails() { # TEXT...
	run_guest
	assert_refused "$@"
	assert_clean
}

@test "a program without a slash is found by the guest's PATH" {
	config '.process.args = ["echo", "found"] | .process.env = ["PATH=/nowhere:/bin"]'
	run_guest
	assert_success
	assert_output_is found
	config '.process.env = ["PATH=/nowhere"]'
	fails 'exec: "echo": executable file not found in $PATH'
	config '.process.env = []'
	run_guest
	((status == 0)) || assert_refused echo
}

@test "the arguments reach the program unchanged" {
	config '.process.args = ["/guest", "args", "say= two  spaces", "say=", "say=\"q\" '"'"' \\ $x", "say=\u00e4\n"]'
	run_guest
	assert_success
	assert_line " two  spaces"
	assert_line "\"q\" ' \\ \$x"
	assert_output_has "ä"
}

@test "a program that is missing, a folder or not executable is explained" {
	config '.process.args = ["/not/there"]'
	fails /not/there "no such file or directory"
	config '.process.args = ["/bin"]'
	fails "exec /bin" "permission denied" directory
	config '.process.args = ["/etc/passwd"]'
	fails "exec /etc/passwd" "permission denied"
	chmod 644 "$BUNDLE/rootfs/guest"
	config '.process.args = ["/guest"]'
	fails "exec /guest" "permission denied"
}

@test "a missing interpreter is explained" {
	printf '#!/no/such/interpreter\n' >"$BUNDLE/rootfs/script"
	chmod 755 "$BUNDLE/rootfs/script"
	config '.process.args = ["/script"]'
	fails "exec /script" "no such file or directory" /no/such/interpreter
}

@test "a script with CRLF line ends is explained" {
	printf '#!/bin/sh\r\necho hi\r\n' >"$BUNDLE/rootfs/script"
	chmod 755 "$BUNDLE/rootfs/script"
	config '.process.args = ["/script"]'
	fails "exec /script" "no such file or directory" "CR LF"
}

@test "a script without its first line is explained" {
	printf 'echo hi\n' >"$BUNDLE/rootfs/script"
	chmod 755 "$BUNDLE/rootfs/script"
	config '.process.args = ["/script"]'
	fails "exec /script" "exec format error"
}

@test "a program of another architecture is explained" {
	cp "$BUNDLE/rootfs/guest" "$BUNDLE/rootfs/foreign"
	# e_machine: aarch64
	printf '\xb7\x00' | dd of="$BUNDLE/rootfs/foreign" bs=1 seek=18 conv=notrunc status=none
	[[ $(uname -m) != aarch64 ]] || skip "this is aarch64"
	config '.process.args = ["/foreign"]'
	fails "exec /foreign" "exec format error" aarch64
}

@test "a dynamic program without its loader is explained" {
	cp /bin/true "$BUNDLE/rootfs/dynamic"
	config '.process.args = ["/dynamic"]'
	fails "exec /dynamic" "no such file or directory" "ld-linux"
}

@test "start tells why the program cannot be executed, too" {
	config '.process.args = ["/etc/passwd"]'
	try kavel create --bundle "$BUNDLE" "$ID"
	if ((status == 0)); then
		try kavel start "$ID"
		assert_refused "exec /etc/passwd" "permission denied"
		eventually status_is stopped
	else
		assert_refused "exec /etc/passwd"
	fi
}

@test "a script with an interpreter runs" {
	printf '#!/bin/sh -e\necho "I am $0"\n' >"$BUNDLE/rootfs/script"
	chmod 755 "$BUNDLE/rootfs/script"
	config '.process.args = ["/script"]'
	run_guest
	assert_success
	assert_output_is "I am /script"
}

@test "/proc/self/exe as a program does not reach the runtime's binary" {
	local before

	before=$(sha256sum <"$KAVEL")
	printf '#!/proc/self/exe\n' >"$BUNDLE/rootfs/script"
	chmod 755 "$BUNDLE/rootfs/script"
	config '.process.args = ["/script"]'
	run_guest
	[[ $(sha256sum <"$KAVEL") == "$before" ]]
	ln -s /proc/self/exe "$BUNDLE/rootfs/link"
	config '.process.args = ["/link"]'
	run_guest
	[[ $(sha256sum <"$KAVEL") == "$before" ]]
	assert_clean
}
