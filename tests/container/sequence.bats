load ../run/helpers

# Random operations in a random order, held against the life cycle's table: what may be done in which state, and what it
# leads to.  SEQUENCE_SEED repeats a run, SEQUENCE_STEPS makes it longer.

# "state operation": exit code and next state
declare -gA TABLE=(
	[none:create]="0 created" [none:run]="0 running" [none:start]="1 none" [none:kill]="1 none" [none:delete]="1 none"
	[none:force]="0 none" [none:state]="1 none" [none:pause]="1 none" [none:resume]="1 none" [none:exec]="x none"
	[created:create]="1 created" [created:run]="1 created" [created:start]="0 running" [created:kill]="0 stopped"
	[created:delete]="0 none" [created:force]="0 none" [created:state]="0 created" [created:resume]="1 created"
	[running:create]="1 running" [running:run]="1 running" [running:start]="1 running" [running:kill]="0 stopped"
	[running:delete]="1 running" [running:force]="0 none" [running:state]="0 running" [running:pause]="0 paused"
	[running:resume]="1 running" [running:exec]="0 running"
	[paused:create]="1 paused" [paused:start]="1 paused" [paused:force]="0 none" [paused:state]="0 paused"
	[paused:resume]="0 running" [paused:exec]="x paused" [paused:delete]="1 paused"
	[stopped:create]="1 stopped" [stopped:run]="1 stopped" [stopped:start]="1 stopped" [stopped:kill]="1 stopped"
	[stopped:delete]="0 none" [stopped:force]="0 none" [stopped:state]="0 stopped" [stopped:pause]="1 stopped"
	[stopped:resume]="1 stopped" [stopped:exec]="x stopped"
)

operate() { # OPERATION
	case $1 in
	create) try kavel create --bundle "$BUNDLE" "$ID" ;;
	run) try kavel run --detach --bundle "$BUNDLE" "$ID" ;;
	start | state | pause | resume | delete) try kavel "$1" "$ID" ;;
	kill) try kavel kill "$ID" KILL ;;
	force) try kavel delete --force "$ID" ;;
	exec) try kavel exec "$ID" /guest exit=0 ;;
	esac
}

@test "random operations keep to the life cycle's table" {
	local operations=(create run start state pause resume delete kill force exec) step operation expected seed now=none next done=''

	seed=${SEQUENCE_SEED:-$((10#$(date +%N) % 32768))}
	RANDOM=$seed
	echo "SEQUENCE_SEED=$seed"
	guest_does fork=1 pause
	for ((step = 0; step < ${SEQUENCE_STEPS:-150}; step++)); do
		operation=${operations[RANDOM % ${#operations[@]}]}
		[[ ${TABLE[$now:$operation]-} ]] || continue
		read -r expected next <<<"${TABLE[$now:$operation]}"
		done+=" $operation"
		operate "$operation"
		if [[ $expected == x ]]; then
			((status != 0)) || fail "$operation should fail when $now (after:$done)"
		else
			((status == expected)) || fail "$operation when $now gave $status (after:$done)"
		fi
		((status == 0)) || [[ $(wc -l <<<"$error") == 1 ]] || fail "$operation when $now: not one line (after:$done)"
		now=$next
		if [[ $now == none ]]; then
			assert_clean || fail "after:$done"
		elif [[ $now == stopped ]]; then
			eventually status_is stopped
		else
			status_is "$now" || fail "the state should be $now (after:$done)"
		fi
	done
}

@test "300 lives leave no zombie, descriptor, mount or group" {
	local i before

	before=$(ls /proc | grep -c '^[0-9]')
	guest_does exit=0
	for ((i = 0; i < 100; i++)); do
		"$KAVEL" --root "$ROOT" create --bundle "$BUNDLE" "$ID" </dev/null 3>&-
		"$KAVEL" --root "$ROOT" start "$ID" </dev/null 3>&-
		"$KAVEL" --root "$ROOT" delete --force "$ID" </dev/null 3>&-
		"$KAVEL" --root "$ROOT" run --bundle "$BUNDLE" "$ID" </dev/null 3>&-
		"$KAVEL" --root "$ROOT" run --detach --bundle "$BUNDLE" "$ID" </dev/null 3>&-
		"$KAVEL" --root "$ROOT" delete --force "$ID" </dev/null 3>&-
	done
	assert_clean
	(($(ls /proc | grep -c '^[0-9]') <= before + 2)) || fail "$(ps -e)"
}
