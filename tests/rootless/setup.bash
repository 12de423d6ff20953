# What the suites of unprivileged use load:
#
#	load setup
#
# The runtime runs as the user ann, a real one of this cage: /etc/passwd, group, subuid and subgid are private files in
# $ETC that a test may rewrite.  $KAVEL is a script that changes to ann first, so that everything in helpers.bash works as
# ever; $ROOT is her default state directory, and the bundle is hers.
# shellcheck shell=bash
load ../run/helpers

ANN=1000 # user and group
HOMES=/run/rootless

setup_file() {
	export ETC=$HOMES/etc

	[[ ${CAGE-} ]] || return 0 # setup() says why
	mkdir -p "$ETC" "$HOMES/ann" "/run/user/$ANN"
	# where everybody can read it
	cp "$KAVEL" "$HOMES/program"
	[[ ! -e ${KAVEL%/*}/kavel-shim ]] || cp "${KAVEL%/*}/kavel-shim" "$HOMES/kavel-shim"
	# beside the host's own users
	for file in passwd group shadow; do
		grep -vE "^(ann|bob):|^[^:]*:[^:]*:($ANN|1001):" "/etc/$file" >"$ETC/$file" || :
	done
	printf '%s\n' bob:x:1001:1001::/:/bin/sh "ann:x:$ANN:$ANN::$HOMES/ann:/bin/sh" >>"$ETC/passwd"
	printf '%s\n' "ann:x:$ANN:" >>"$ETC/group"
	sed -i 's/^users:.*/&,ann/; s/:,ann$/:ann/' "$ETC/group"
	echo 'ann:*:19000:0:99999:7:::' >>"$ETC/shadow"
	chmod 600 "$ETC/shadow"
	touch "$ETC/subuid" "$ETC/subgid"
	for file in passwd group shadow subuid subgid; do
		[[ -e /etc/$file ]] || touch "/etc/$file"
		mount --bind "$ETC/$file" "/etc/$file"
	done
}

teardown_file() {
	[[ ${CAGE-} ]] || return 0
	umount /etc/{passwd,group,shadow,subuid,subgid}
	rm -rf "$HOMES" "/run/user/$ANN"
}

# A script that runs a command as ann, with the environment of a login.
make_user_script() { # FILE COMMAND [VARIABLE=VALUE...]
	cat >"$1" <<-SCRIPT
		#!/bin/sh
		exec setpriv --reuid $ANN --regid $ANN --init-groups -- env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin \\
			HOME=$HOMES/ann USER=ann XDG_RUNTIME_DIR=/run/user/$ANN ${*:3} $2 "\$@"
	SCRIPT
	chmod 755 "$1"
}

setup() {
	[[ ${CAGE-} ]] || {
		echo "a runtime under test belongs in a cage: tests/run/end-to-end FILE" >&2
		return 1
	}
	ROOT=/run/user/$ANN/kavel
	BUNDLE=$HOMES/ann/bundle
	ID=guest
	KAVEL=$HOMES/kavel.sh
	rm -rf "$ROOT" "$BUNDLE"
	chown $ANN:$ANN "$HOMES/ann" "/run/user/$ANN"
	chmod 700 "/run/user/$ANN" "$HOMES/ann"
	make_user_script "$KAVEL" "$HOMES/program"
	make_user_script "$HOMES/ann.sh" '' # any command
	make_bundle "$BUNDLE"
	chown -R $ANN:$ANN "$BUNDLE"
	grants ann:100000:65536 ann:200000:65536
	take_snapshot
	if declare -F prepare >/dev/null; then
		prepare
	fi
}

# What /etc/subuid and /etc/subgid hold, one line each; without the second, it is the same.
grants() { # [SUBUID] [SUBGID]
	printf '%s' "${1:+$1$'\n'}" >"$ETC/subuid"
	printf '%s' "${2:+$2$'\n'}" >"$ETC/subgid"
}

# The configuration that `kavel spec --rootless` writes for ann, running /guest.
rootless_config() {
	rm -f "$BUNDLE/config.json"
	must kavel spec --rootless --bundle "$BUNDLE"
	config '.process.terminal = false | .process.args = ["/guest"] | .root.readonly = false'
}
