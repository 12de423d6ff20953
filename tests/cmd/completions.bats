load setup

# Everything bash offers for a command line: complete WORD...
complete_bash() {
	bash -c '
		source "$1"
		shift
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		_kavel
		printf "%s\n" "${COMPREPLY[@]}"
	' bash "$TREE/completions/kavel.bash" "$@"
}

@test "bash is offered exactly the commands of kavel" {
	diff <(complete_bash kavel "" | sort) <(commands | sort)
}

@test "bash is offered exactly the options of each command" {
	local command

	for command in $(commands); do
		diff <(complete_bash kavel "$command" -- | sort -u) <(options_of "$command" | sort -u) || fail "$command"
	done
}

@test "bash completes IDs from the state directory that the line names" {
	mkdir -m 0700 "$ROOT/c1" "$ROOT/c2"
	diff <(complete_bash "$KAVEL" --root "$ROOT" state "") <(printf 'c1\nc2\n')
	diff <(complete_bash "$KAVEL" --root = "$ROOT" delete -f "") <(printf 'c1\nc2\n')
	diff <(complete_bash "$KAVEL" kill --root "$ROOT" c1 SIGT | sort | head -n 2) <(printf 'SIGTERM\nSIGTRAP\n')
}

@test "fish is offered exactly the options of each command" {
	local command

	command -v fish >/dev/null || skip "needs fish"
	for command in $(commands); do
		diff <(fish -c "source $TREE/completions/kavel.fish; complete -C 'kavel $command --'" | cut -f 1 | sort -u) \
			<(options_of "$command" | sort -u) || fail "$command"
	done
}

@test "zsh and fish know every command and every option" {
	local command option

	for command in $(commands); do
		grep -qE "'$command:" "$TREE/completions/_kavel" || fail "zsh: $command"
		grep -qE -- "-a $command " "$TREE/completions/kavel.fish" || fail "fish: $command"
		for option in $(options_of "$command"); do
			grep -qE -- "[{',]$option[]}'=[]" "$TREE/completions/_kavel" || fail "zsh: $option of $command"
			grep -qE -- " -l ${option#--} " "$TREE/completions/kavel.fish" || fail "fish: $option of $command"
		done
	done
}

@test "the completions are valid for their shells" {
	bash -n "$TREE/completions/kavel.bash"
	! command -v zsh >/dev/null || zsh -n "$TREE/completions/_kavel"
	! command -v fish >/dev/null || fish -n "$TREE/completions/kavel.fish"
}
