# What the virtual machine is made of, built once from Debian packages and kept in a cache folder; for tests/vm/run.
#
#	tools-HASH/		qemu and virtiofsd with their libraries, whatever the host's own release is
#	root-HASH/root		the root file system, an ext4 image without a kernel
#	kernel-K-HASH/		vmlinux (not compressed) and modules (an ext4 image)
#
# HASH is of the recipe: what is written here decides, and a change makes it anew.  The addresses of the packages are those
# that this machine's apt has.
# shellcheck shell=bash
# what the paths are set for is in the other script
# shellcheck disable=SC2034

cache_suite=trixie
cache_tool_packages=qemu-system-x86,virtiofsd,zstd,lz4
# the base; what tests use; runtimes and engines to compare with, and to be driven by
cache_root_packages=systemd,systemd-sysv,dbus,dbus-user-session,libpam-systemd,kmod,procps,util-linux,iproute2
cache_root_packages+=,nftables,busybox-static,jq,python3,strace,bats,libcap2-bin,uidmap,apparmor,acl,file
cache_root_packages+=,crun,runc,podman,conmon,catatonit,netavark,aardvark-dns,containerd,criu,libcriu2,iptables

PATH=$PATH:/usr/sbin:/sbin
cache=${KAVEL_VM_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/kavel-vm}

cache_hash() { # WORD...
	printf '%s\n' "$@" | sha256sum | cut -c 1-12
}

# The address from which apt gets this release; nothing if it does not.
cache_address() { # RELEASE
	# shellcheck disable=SC2016
	apt-get indextargets --format '$(RELEASE) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
		awk -v release="$1" '$1 == release { print $2; exit }'
}

cache_codename() {
	# shellcheck source=/dev/null
	(. /etc/os-release && echo "${VERSION_CODENAME-}")
}

# The Debian releases that have a kernel.
cache_releases() { # KERNEL
	case $1 in
	6.1) echo bookworm bookworm-security ;;
	6.12) echo trixie trixie-security ;;
	7) echo trixie trixie-backports ;;
	*) return 1 ;;
	esac
}

cache_can_reach() { # ADDRESS
	local file status

	file=$(mktemp) || return
	/usr/lib/apt/apt-helper download-file "$1" "$file" >/dev/null 2>&1
	status=$?
	rm -f "$file"
	return "$status"
}

# Print why this host cannot run the machine, and fail, if that is so.
cache_obstacle() { # KERNEL
	local program address

	if ((EUID != 0)); then
		echo "needs root"
	elif [[ $(uname -m) != x86_64 ]]; then
		echo "only x86_64 is emulated"
	elif ! cache_releases "$1" >/dev/null; then
		echo "there is no kernel $1: 6.1, 6.12 or 7"
	else
		cache_paths "$1"
		cache_is_complete && return
		for program in mmdebstrap mke2fs depmod apt-get setpriv flock; do
			command -v "$program" >/dev/null || { echo "$program is missing (scripts/deps vm)"; return 1; }
		done
		address=$(cache_address "$(cache_codename)")
		if [[ ! $address ]]; then
			echo "apt has no Debian release from which the machine can be made"
		elif ! cache_can_reach "${address}dists/$cache_suite/Release"; then
			echo "the packages for the machine cannot be reached"
		else
			return 0
		fi
	fi
	return 1
}

# Sets the cache_ variables that the header names; HASH covers all that decides about the content.
cache_paths() { # KERNEL
	local tools root kernel common

	common="$cache_suite $(declare -f cache_bootstrap cache_sources)"
	tools=$(cache_hash "$common" "$cache_tool_packages")
	root=$(cache_hash "$common" "$cache_root_packages" "$(declare -f cache_make_root)")
	kernel=$(cache_hash "$(cache_releases "$1")" "$(declare -f cache_make_kernel cache_get_kernel cache_unpack_kernel)")
	cache_tools_folder=$cache/tools-$tools
	cache_root_folder=$cache/root-$root
	cache_kernel=$cache/kernel-$1-$kernel
	cache_tools=$cache_tools_folder/usr
	cache_root=$cache_root_folder/root
	cache_busybox=$cache_root_folder/busybox
	cache_loader=("$cache_tools/lib64/ld-linux-x86-64.so.2" --library-path "$cache_tools/lib/x86_64-linux-gnu")
}

cache_is_complete() {
	[[ -d $cache_tools_folder && -d $cache_root_folder && -d $cache_kernel ]]
}

# -------------------------------------------------------------------------------------------------------------- building

# apt's lines for some releases.
cache_sources() { # RELEASE...
	local release own address

	own=$(cache_codename)
	for release; do
		case $release in
		*-security) address=$(cache_address "$own-security") ;;
		*) address=$(cache_address "$own") ;;
		esac
		[[ ! $address ]] ||
			echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $address $release main"
	done
}

cache_bootstrap() { # FOLDER VARIANT PACKAGES
	cache_sources "$cache_suite" "$cache_suite-security" |
		mmdebstrap --quiet --mode=root --variant="$2" --include="$3" --format=directory \
			--aptopt='Acquire::Languages "none"' --aptopt='APT::Install-Recommends "false"' \
			--aptopt='Acquire::Retries "3"' \
			--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
			--dpkgopt='path-exclude=/usr/share/locale/*' "$cache_suite" "$1" -
}

cache_make_tools() { # FOLDER
	cache_bootstrap "$1" extract "$cache_tool_packages"
}

cache_make_root() { # FOLDER
	local root=$1.tree

	cache_bootstrap "$root" minbase "$cache_root_packages" || return
	mkdir -p "$1" "$root/usr/lib/modules"
	touch "$root/etc/.updated" "$root/var/.updated" # nothing to do at the first boot
	echo vm >"$root/etc/hostname"
	echo 127.0.0.1 localhost vm >"$root/etc/hosts"
	tr -d - </proc/sys/kernel/random/uuid >"$root/etc/machine-id"
	chroot "$root" useradd --create-home --shell /bin/bash --uid 1000 user || return
	cp "$root/bin/busybox" "$1/busybox" &&
		mke2fs -q -t ext4 -O ^has_journal -m 0 -E root_owner=0:0 -d "$root" "$1/root" 4G || return
	rm -rf "$root"
}

# Download the newest cloud kernel of a version: one package, or several from 7 on.
cache_get_kernel() { # KERNEL FOLDER
	local state=$2/state version image name releases

	read -ra releases < <(cache_releases "$1")
	mkdir -p "$state"/{lists/partial,archives/partial,etc/preferences.d,etc/apt.conf.d} || return
	: >"$state/status"
	cache_sources "${releases[@]}" >"$state/etc/sources.list"
	printf '%s\n' "Dir::State \"$state\";" "Dir::State::status \"$state/status\";" "Dir::Cache \"$state\";" \
		"Dir::Etc \"$state/etc\";" 'Acquire::Languages "none";' 'Acquire::Retries "3";' 'APT::Sandbox::User "root";' \
		>"$state/apt.conf"
	(
		export APT_CONFIG=$state/apt.conf
		cd "$2" && apt-get -qq update || exit
		version=$(apt-cache madison linux-image-cloud-amd64 | awk -v k="$1." 'index($3, k) == 1 { print $3; exit }')
		image=$(apt-cache show "linux-image-cloud-amd64=$version" | grep '^Depends:' |
			grep -o 'linux-image-[^ ,]*' | head -n 1)
		image=${image#linux-image-}
		[[ $image ]] || { echo "apt has no kernel $1" >&2; exit 1; }
		for name in image modules binary base; do
			[[ ! $(apt-cache madison "linux-$name-$image") ]] || apt-get -qq download "linux-$name-$image" || exit
		done
	)
}

# The boot header of a bzImage says where its compressed ELF file lies: setup_sects, payload_offset, payload_length.
cache_unpack_kernel() { # BZIMAGE VMLINUX
	local sectors offset length program

	read -r sectors < <(od -An -tu1 -j $((0x1f1)) -N 1 "$1")
	read -r offset length < <(od -An -tu4 -j $((0x248)) -N 8 "$1")
	for program in zstd lz4; do
		tail -c +$(((sectors + 1) * 512 + offset + 1)) "$1" | head -c $((length - 4)) |
			"${cache_loader[@]}" "$cache_tools/bin/$program" -qdc >"$2" 2>/dev/null && return
	done
	cp "$1" "$2" # boots as well, only slower
}

cache_make_kernel() { # FOLDER KERNEL
	local work=$1.work package modules

	mkdir -p "$1" "$work/x" && cache_get_kernel "$2" "$work" || return
	for package in "$work"/*.deb; do
		dpkg -x "$package" "$work/x" || return
	done
	# from 7 on it lies among the modules
	mv "$(find "$work/x" -name 'vmlinuz*' | head -n 1)" "$work/vmlinuz" || return
	modules=$(find "$work/x" -name modules.builtin -printf '%h\n')
	mkdir -p "$work/m/lib/modules" "$work/m/usr"
	mv "$modules" "$work/m/lib/modules/" && ln -s ../lib "$work/m/usr/lib" &&
		depmod -b "$work/m" "${modules##*/}" &&
		mke2fs -q -t ext4 -O ^has_journal -m 0 -E root_owner=0:0 -d "$work/m/lib/modules" "$1/modules" 512M &&
		cache_unpack_kernel "$work/vmlinuz" "$1/vmlinux" || return
	rm -rf "$work"
}

# Make a folder under another name first, so that it is there completely or not at all.
cache_make() { # FOLDER COMMAND [ARGUMENT]
	local target=$1 new=$cache/new.$$

	[[ ! -d $target ]] || return 0
	printf 'vm: making %s\n' "${target##*/}" >&2
	rm -rf "$cache"/new.*
	if ! "$2" "$new" "${@:3}" >"$cache/log" 2>&1; then
		tail -n 30 "$cache/log" >&2
		rm -rf "$cache"/new.*
		printf 'vm: cannot make %s\n' "${target##*/}" >&2
		return 125
	fi
	touch "$new" # its time was the package's
	mv -T "$new" "$target"
}

# Make what is missing for a kernel, one builder at a time, and drop what nobody used for a month.
cache_fill() { # KERNEL
	cache_paths "$1"
	if ! cache_is_complete; then
		mkdir -p "$cache" || return 125
		(
			flock 9 || exit 125
			cache_make "$cache_tools_folder" cache_make_tools &&
				cache_make "$cache_root_folder" cache_make_root &&
				cache_make "$cache_kernel" cache_make_kernel "$1" || exit
			touch "$cache_tools_folder" "$cache_root_folder" "$cache_kernel"
			find "$cache" -mindepth 1 -maxdepth 1 -name '*-*' -mtime +30 -exec rm -rf {} +
		) 9>"$cache/lock" || return
	fi
	touch -c "$cache_tools_folder" "$cache_root_folder" "$cache_kernel"
}
