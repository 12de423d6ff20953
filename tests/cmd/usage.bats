load setup

@test "an unknown command is refused by name" {
	try kavel nosuch
	assert_refused 'unknown command "nosuch"'
}

@test "an unknown option is refused by name, before and after the command" {
	try kavel --nosuch list
	assert_refused "unknown option --nosuch"
	try kavel list -x
	assert_refused "list: unknown option -x"
	try kavel list --nosuch=5
	assert_refused "unknown option --nosuch"
	try kavel list ---
	assert_refused "unknown option ---"
	try kavel list --=
	assert_refused "unknown option --"
}

@test "by the name crun, a wrong usage exits with 64" {
	try_as crun list --nosuch
	assert_status 64
	assert_error_has "error: list: unknown option --nosuch"
	try_as crun nosuch
	assert_status 64
	try_as crun state
	assert_status 64
	try_as crun state nosuch
	assert_status 1
}

@test "by the name runc, an unknown command is no help topic" {
	try_as runc foo -h
	assert_refused "No help topic for 'foo'"
}

@test "missing and superfluous arguments are refused with the usage" {
	local command

	for command in create start run kill delete pause resume state ps; do
		try kavel "$command"
		assert_refused "$command: argument missing" "ID"
	done
	for command in create start run delete pause resume state; do
		try kavel "$command" c1 c2
		assert_refused "$command: unexpected argument \"c2\""
	done
	try kavel kill c1 TERM c2
	assert_refused 'unexpected argument "c2"'
	try kavel list c1
	assert_refused 'unexpected argument "c1"'
	try kavel features c1
	assert_refused 'unexpected argument "c1"'
}

@test "an option without its value is refused" {
	try kavel create c1 --bundle
	assert_refused "option --bundle needs a value (DIR)"
	try "$KAVEL" list --root
	assert_refused "option --root needs a value (DIR)"
}

@test "a wrong value is refused, and what would be right is said" {
	try kavel create --preserve-fds many c1
	assert_refused '--preserve-fds: expected a number from 0' 'got "many"'
	try kavel create --preserve-fds=-1 c1
	assert_refused 'got "-1"'
	try kavel list --format xml
	assert_refused 'expected one of table, json, got "xml"'
	try kavel --log-level loud list
	assert_refused 'error, warning, info, debug'
	try kavel --log-format=xml list
	assert_refused 'text, json'
	try kavel --cgroup-manager none list
	assert_refused 'cgroupfs, systemd, disabled'
	try kavel list --quiet=perhaps
	assert_refused 'expected true or false, got "perhaps"'
}

@test "global options are accepted before and after the command, with one dash or two" {
	must "$KAVEL" --root "$ROOT" list
	must "$KAVEL" list --root "$ROOT"
	must "$KAVEL" -root "$ROOT" list
	must "$KAVEL" list -root="$ROOT" -format json
	assert_output_is null
	must kavel --systemd-log --criu /nowhere --rootless auto --systemd-cgroup=false list
	must kavel list --rootless=true
}

@test "what follows the ID of exec and ps belongs to the program" {
	try kavel exec nosuch ls --nosuch --root /elsewhere -h
	assert_status 255
	assert_error_has "exec nosuch: "
	assert_error_has "does not exist"
	try kavel ps nosuch --nosuch -h
	assert_refused "does not exist"
	try kavel ps --nosuch nosuch
	assert_refused "unknown option --nosuch"
}

@test "exec refuses what it cannot do with 255, and by the name crun with 1" {
	try kavel exec c1
	assert_status 255
	assert_error_has "neither a program nor --process"
	try kavel exec --process file c1 ls
	assert_error_has "exclude each other"
	try kavel exec --additional-gids wheel c1 ls
	assert_error_has 'expected a group number, got "wheel"'
	try_as crun exec nosuch ls
	assert_status 1
	assert_error_has "does not exist"
}

@test "options stand before, between and after the arguments" {
	try kavel create --bundle "$PWD/nowhere" c1
	assert_refused "nowhere"
	try kavel create c1 --bundle "$PWD/nowhere"
	assert_refused "nowhere"
	try kavel create c1 -b "$PWD/nowhere" --no-pivot
	assert_refused "nowhere"
	try kavel create -bundle "$PWD/nowhere" -no-subreaper c1
	assert_refused "nowhere"
}

@test "two dashes end the options" {
	try kavel state -- --nosuch
	assert_refused "--nosuch"
	[[ $error != *"unknown option"* ]] || fail "it was taken for an option"
	try kavel -- nosuch
	assert_refused 'unknown command "nosuch"'
}

@test "an invalid ID is refused everywhere, on one short line" {
	local id command long

	long=$(printf 'a%.0s' {1..2000})
	for id in '' . .. a/b ../c1 'a b' $'a\nb' $'\e[31m' 'é' -- "$long"; do
		for command in start kill delete pause resume state ps; do
			if [[ $id == -- ]]; then
				try kavel "$command" -- -c1
			else
				try kavel "$command" "$id"
			fi
			assert_refused "$command: "
			((${#error} < 600)) || fail "the error is long"
		done
	done
}

@test "an unknown container is named" {
	local command

	for command in start kill delete pause resume state ps; do
		try kavel "$command" nosuch
		assert_refused "$command nosuch: " "does not exist"
	done
	must kavel delete --force nosuch
	[[ ! $error ]] || fail "delete --force should say nothing"
}

@test "an unknown signal is refused by name" {
	local signal

	for signal in NOSUCH SIG SIGSIGTERM '' 65 -- RTMIN+99 RTMAX+1 RTMIN-1 RTMIN+ 9x TERMTERMTERMTERM 99999999999999999999; do
		[[ $signal == -- ]] && continue
		try kavel kill nosuch "$signal"
		assert_refused "unknown signal \"$signal\""
	done
}

@test "signals are accepted by name in any case, with and without SIG, and by number" {
	local signal

	for signal in TERM term SIGTERM sigterm SigKill 9 0 64 RTMIN rtmin+3 SIGRTMAX-2 IOT CLD POLL; do
		try kavel kill nosuch "$signal"
		assert_refused "does not exist"
	done
}

@test "a wrong regular expression is refused, and one that matches nothing is no failure" {
	try kavel kill --regex 'c('
	assert_refused 'kill: regular expression "c("'
	try kavel delete -r '[' -f
	assert_refused 'regular expression "["'
	must kavel delete --regex '.*'
	must kavel kill -r '.*' KILL
}

@test "a state directory that cannot be one is refused" {
	try "$KAVEL" --root / list
	assert_refused "--root: / cannot be"
	try "$KAVEL" --root /// list
	assert_refused "--root: / cannot be"
	try "$KAVEL" --root "" list
	assert_refused "--root: the name is empty"
	try "$KAVEL" --root "$(printf '/a%.0s' {1..3000})" list
	assert_refused "too long"
	touch file
	try "$KAVEL" --root "$PWD/file" list
	assert_refused "file"
}

@test "a relative state directory begins at the current directory" {
	must "$KAVEL" --root state list
	must "$KAVEL" --root ./state/// list
	cd state
	must "$KAVEL" --root . list -f json
	assert_output_is null
}
