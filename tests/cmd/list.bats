load setup

@test "without containers the table is its header, JSON is null, and quiet is nothing" {
	must kavel list
	assert_matches '^ID +PID +STATUS +BUNDLE +CREATED +OWNER$'
	(($(wc -l <<<"$output") == 1)) || fail "the table should be one line"
	must kavel list --format json
	assert_output_is null
	must kavel list -q
	assert_output_is ""
}

@test "by the name crun, the empty list is [] and the header crun's" {
	try_as crun list -f json
	assert_success
	assert_output_is "[]"
	try_as crun list
	assert_matches '^NAME +PID +STATUS +BUNDLE PATH +CREATED +OWNER$'
}

@test "a named state directory that does not exist is an error" {
	try "$KAVEL" --root "$PWD/nowhere" list
	assert_refused "nowhere"
}

@test "something that is no container in the state directory does not disturb" {
	mkdir "$ROOT/.hidden"
	touch "$ROOT/file"
	must kavel list --format json
	assert_output_is null
}

@test "a container whose state is damaged does not hide the others" {
	mkdir -m 0700 "$ROOT/broken"
	echo '{' >"$ROOT/broken/state.json"
	must kavel list
	must kavel list -q
	must kavel delete --force broken
	[[ ! -e $ROOT/broken ]] || fail "it should be gone"
}
