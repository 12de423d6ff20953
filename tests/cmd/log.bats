load setup

last_line() { # FILE
	tail -n 1 "$1"
}

@test "a failure is the last line of the log and has level error, as text and as JSON" {
	try kavel --log log.txt state nosuch
	assert_refused "does not exist"
	[[ $(last_line log.txt) == 'time="'*'Z" level=error msg="state nosuch: '*'does not exist"' ]] || fail "$(cat log.txt)"

	try kavel --log log.json --log-format json state nosuch
	assert_refused "does not exist"
	[[ $(last_line log.json | jq -r .level) == error ]] || fail "$(cat log.json)"
	[[ $(last_line log.json | jq -r .msg) == "state nosuch: "*"does not exist" ]] || fail "$(cat log.json)"
	last_line log.json | jq -re .time | grep -qE '^[0-9-]+T[0-9:]+Z$' || fail "$(cat log.json)"
}

@test "a wrong usage is in the log too" {
	try kavel --log log list --nosuch
	assert_refused "unknown option"
	[[ $(last_line log) == *"level=error"*"unknown option --nosuch"* ]] || fail "$(cat log)"
	try kavel --log log nosuch
	[[ $(last_line log) == *"level=error"*"unknown command"* ]] || fail "$(cat log)"
}

@test "messages are appended, and file: may stand before the name" {
	try kavel --log=file:log state nosuch
	try kavel --log log state nosuch
	(($(wc -l <log) == 2)) || fail "$(cat log)"
}

@test "journald and syslog are refused as a log" {
	try kavel --log journald:kavel list
	assert_refused "journald is not supported"
	try kavel --log syslog:kavel list
	assert_refused "syslog is not supported"
}

@test "a log that cannot be opened is refused" {
	try kavel --log nowhere/log list
	assert_refused "nowhere/log"
	try kavel --log . list
	assert_refused "log file ."
}

@test "a log that is a pipe without a reader does not hang" {
	mkfifo pipe
	LIMIT=5 try kavel --log pipe list
	assert_refused "pipe"
}

@test "success prints nothing to standard error" {
	must kavel list
	[[ ! $error ]] || fail "there should be no message"
	must kavel --log log list
	[[ ! $error && ! -s log ]] || fail "there should be no message"
}

@test "an error is one line of printable text, whatever the arguments hold" {
	try kavel $'no\nsuch\e[31m'
	assert_refused "unknown command"
	try kavel list $'--no\nsuch\x7f'
	assert_refused "unknown option"
	try kavel --log log --log-format json state $'a\x01"\\\nb'
	assert_refused "state: "
	jq -e .msg log >/dev/null || fail "$(cat log)"
}
