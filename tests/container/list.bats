load ../run/helpers

@test "list is a table with a header" {
	mkdir "$ROOT"
	must kavel list
	assert_matches '^ID +PID +STATUS +BUNDLE +CREATED +OWNER'
	start_guest pause
	must kavel list
	assert_matches "^$ID +$(guest_pid) +running +$BUNDLE +20[^ ]+Z +root"
}

@test "list -q is the IDs alone, sorted" {
	local id

	for id in b c a; do
		config --arg path "/$id" '.linux.cgroupsPath = $path'
		must kavel create --bundle "$BUNDLE" "$id.x"
	done
	must kavel list -q
	assert_output_is $'a.x\nb.x\nc.x'
	must kavel list --quiet
	assert_output_is $'a.x\nb.x\nc.x'
}

@test "list as JSON is one line with the keys in their order" {
	start_guest pause
	must kavel list --format json
	[[ $(wc -l <<<"$output") == 1 ]]
	jq -e '.[0] | keys_unsorted == ["ociVersion","id","pid","status","bundle","rootfs","created","owner"]' <<<"$output"
	jq -e --arg id "$ID" '.[0].id == $id and .[0].status == "running" and .[0].owner == "root"' <<<"$output"
}

@test "list as JSON without containers is null or an empty array" {
	mkdir "$ROOT"
	must kavel list -f json
	jq -e '. == null or . == []' <<<"$output"
}

@test "an unknown format is refused" {
	try kavel list --format yaml
	assert_refused yaml
}

@test "list shows created, running and stopped" {
	local id

	for id in one two three; do
		config --arg path "/$id" '.linux.cgroupsPath = $path'
		guest_does pause
		must kavel create --bundle "$BUNDLE" "$id"
	done
	must kavel start two
	must kavel kill three KILL
	eventually status_is stopped three
	must kavel list -f json
	jq -e 'map({(.id): .status}) | add == {"one":"created","two":"running","three":"stopped"}' <<<"$output"
}

@test "a damaged state does not break the list of the others" {
	start_guest pause
	mkdir "$ROOT/broken"
	echo '{' >"$ROOT/broken/state.json"
	mkdir "$ROOT/empty"
	try kavel list -q
	assert_success
	grep -qxF "$ID" <<<"$output"
	rm -r "$ROOT/broken" "$ROOT/empty"
}
