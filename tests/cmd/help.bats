load setup

@test "help lists every command" {
	local command

	must kavel --help
	assert_matches '^Usage: kavel \[OPTION\.\.\.\] COMMAND'
	for command in create start run exec kill delete pause resume state list ps spec plan features help; do
		assert_matches "^  $command +[A-Z]"
	done
}

@test "kavel alone, -h, --help, -help, --usage and the command help print the same" {
	local expected word

	must kavel --help
	expected=$output
	must "$KAVEL"
	assert_output_is "$expected"
	for word in -h -help --usage help; do
		must kavel "$word"
		assert_output_is "$expected"
	done
}

@test "every command prints its own help for --help, -h and help COMMAND, without its arguments" {
	local command expected

	for command in $(commands); do
		must kavel help "$command"
		expected=$output
		assert_matches "^Usage: kavel \[OPTION\.\.\.\] $command"
		must kavel "$command" --help
		assert_output_is "$expected"
		must kavel "$command" -h
		assert_output_is "$expected"
		must kavel --help "$command"
		assert_output_is "$expected"
	done
}

@test "help of a command lists its options and the global ones" {
	must kavel run --help
	assert_matches '^  -b, --bundle DIR +[a-z]'
	assert_matches '^  -d, --detach +[a-z]'
	assert_matches '^      --pid-file FILE +[a-z]'
	assert_matches '^      --root DIR +[a-z]'
}

@test "no line of help is longer than 100 columns" {
	local command

	for command in $(commands); do
		must kavel "$command" --help
		! grep -E '^.{101}' <<<"$output" || fail "long lines in the help of $command"
	done
}

@test "help for an unknown command is refused" {
	try kavel help nosuch
	assert_refused 'unknown command "nosuch"'
}

@test "by the name runc, help has runc's headings" {
	try_as runc -h
	assert_success
	[[ ${output%%$'\n'*} == NAME: ]] || fail "the first line should be NAME:"
	assert_line "   runc - Open Container Initiative runtime"
	try_as runc state --help
	assert_matches '^   runc state '
}

@test "by the name crun, help begins with a usage line, and a command must be given" {
	try_as crun --help
	assert_success
	[[ $output == "Usage: crun "* ]] || fail "the first word should be Usage:"
	try_as crun
	assert_status 1
	assert_error_has "no command"
	try_as crun delete --help
	[[ $output == "Usage: crun [OPTION...] delete CONTAINER"$'\n'* ]] || fail "the ID should be called CONTAINER"
	try_as crun kill --help
	[[ $output == "Usage: crun [OPTION...] kill CONTAINER [SIGNAL]"$'\n'* ]] || fail "the ID should be called CONTAINER"
	try_as crun exec --help
	[[ $output == "Usage: crun [OPTION...] exec CONTAINER cmd "* ]] || fail "the ID should be called CONTAINER"
}

@test "the version names the program, the commit and the specification" {
	must kavel --version
	assert_matches '^kavel version [0-9]+\.[0-9]+\.[0-9]+$'
	assert_matches '^commit: .'
	assert_line "spec: 1.3.0"
	[[ ${output%%$'\n'*} == "kavel version "* ]] || fail "the version should come first"
	must kavel -v
	must kavel list --version
	assert_matches '^kavel version '
}

@test "by the name of a peer, the version begins with that name" {
	try_as runc --version
	[[ $output == "runc version "[0-9]*.*.* ]] || fail "the first line should begin with runc version"
	try_as crun --version
	[[ $output == "crun version "[0-9]*.*.* ]] || fail "the first line should begin with crun version"
	assert_matches '^\+'
}

@test "the manual has every command and every option" {
	local manual=$TREE/docs/man/kavel.1 command option

	for command in $(commands); do
		grep -qE "^\.Nm Cm $command\$" "$manual" || fail "kavel.1 has no command $command"
		for option in $(options_of "$command"); do
			grep -qE -- "Fl (. , Fl )?\\\\-${option#--}( |\$)" <(sed 's/\([a-z0-9]\)\\-/\1-/g' "$manual") ||
				fail "kavel.1 has no option $option"
		done
	done
}

@test "the manual pages are well-formed" {
	command -v mandoc >/dev/null || skip "needs mandoc"
	# a manual that is not installed here may be referred to, and lines of a table may be long
	try mandoc -T lint -W warning "$TREE"/docs/man/*.[0-9]
	output=$(grep -vE 'mandoc.db|referenced manual not found' <<<"$output")
	[[ ! $output ]] || fail "mandoc complains"
}
