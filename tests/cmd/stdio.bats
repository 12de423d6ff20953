load setup

@test "output that cannot be written is a failure" {
	local command

	for command in "list" "list --format json" "--version" "--help" "features"; do
		# shellcheck disable=SC2086
		try sh -c 'exec "$@" >/dev/full' sh "$KAVEL" --root "$ROOT" $command
		assert_refused "standard output: No space left on device"
	done
}

@test "a closed standard output is a failure where something is printed, and none elsewhere" {
	try sh -c 'exec "$@" >&-' sh "$KAVEL" --root "$ROOT" list
	assert_refused "standard output: Bad file descriptor"
	try sh -c 'exec "$@" >&-' sh "$KAVEL" --root "$ROOT" delete --force nosuch
	assert_success
}

@test "a reader that is gone is a failure, not a death by signal" {
	cat >gone.py <<-'PYTHON'
		import os, subprocess, sys
		read, write = os.pipe()
		os.close(read)
		sys.exit(subprocess.run(sys.argv[1:], stdout=write).returncode)
	PYTHON
	try python3 gone.py "$KAVEL" --root "$ROOT" list
	assert_refused "standard output: Broken pipe"
}

@test "all of stdio closed is survived" {
	try sh -c 'exec "$@" <&- >&- 2>&-' sh "$KAVEL" --root "$ROOT" list
	assert_status 1
	try sh -c 'exec "$@" <&- >&- 2>&-' sh "$KAVEL" --root "$ROOT" --log "$PWD/log" state nosuch
	assert_status 1
	grep -q level=error log || fail "$(cat log)"
}

@test "ignored SIGCHLD and blocked signals change nothing" {
	cat >odd.py <<-'PYTHON'
		import os, signal, sys
		signal.signal(signal.SIGCHLD, signal.SIG_IGN)
		signal.signal(signal.SIGPIPE, signal.SIG_IGN)
		signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
		os.execv(sys.argv[1], sys.argv[1:])
	PYTHON
	try python3 odd.py "$KAVEL" --root "$ROOT" list --format json
	assert_success
	assert_output_is null
}

@test "an empty argument list does not crash" {
	cat >empty.c <<-'C'
		#include <unistd.h>

		int main(int argc, char **argv)
		{
			char *none[] = { NULL };

			(void)argc;
			execv(argv[1], none);
			return 126;
		}
	C
	command -v cc >/dev/null || skip "needs a compiler"
	cc -o empty empty.c
	try ./empty "$KAVEL"
	((status < 2)) || fail "the exit code should be 0 or 1"
}
