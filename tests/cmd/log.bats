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

# What a service gets: the datagrams at its socket, one after the other.
serve() { # SOCKET
	mkdir -p "${1%/*}"
	rm -f "$1"
	socat -u "UNIX-RECV:$1" "OPEN:$BATS_TEST_TMPDIR/received,creat,append" 3>&- 4>&- &
	SERVER=$!
	eventually test -S "$1"
}

teardown() {
	[[ ! ${SERVER-} ]] || kill "$SERVER" 2>/dev/null || :
}

@test "messages go to syslog and to the journal, marked with the name" {
	[[ ! -e /run/systemd/journal/socket && ! -e /dev/log ]] || skip "this machine has a log"
	serve /dev/log
	try kavel --log syslog:engine state nosuch
	assert_refused "does not exist"
	eventually grep -aqE '^<27>engine\[[0-9]+\]: state nosuch: container "nosuch" does not exist$' received
	kill "$SERVER"
	rm -f received /dev/log

	serve /run/systemd/journal/socket
	try kavel --log journald:engine --log-format json state nosuch
	assert_refused "does not exist"
	eventually grep -aqx 'MESSAGE=state nosuch: container "nosuch" does not exist' received
	grep -aqx PRIORITY=3 received || fail "$(cat received)"
	grep -aqx SYSLOG_IDENTIFIER=engine received || fail "$(cat received)"
	rm -r /run/systemd/journal
}

@test "a log service that is not there, or has no name, is refused" {
	[[ ! -e /run/systemd/journal/socket ]] || skip "this machine has a journal"
	try kavel --log journald:kavel list
	assert_refused "/run/systemd/journal/socket" "No such file or directory"
	try kavel --log syslog: list
	assert_refused "--log syslog:: expected syslog:NAME"
	try kavel --log $'journald:a\nPRIORITY=0' list
	assert_refused "expected journald:NAME"
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
