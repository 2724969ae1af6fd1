#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: deps.sh [CLASS...]
#
# Makes sure that the Debian packages of these classes are installed: build, demo, intel,
# debug, peers, pictures, packages, check, engines (default: build demo, which make demo needs).
# lab/setup/packages.txt lists them.  Root, and users who may use sudo, get missing packages
# installed; for others, the command that installs them is printed.
#
# The class "check" includes the packages of the class "aside".  These, and those of the class
# "engines", would start a service if they were installed, so they are only unpacked in
# build/aside/PACKAGE.

# shellcheck source=lab/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib.sh"
PACKAGES=$LAB/setup/packages.txt

# wanted CLASSES: print their packages, one per line
wanted() {
	awk -v classes=" $1 " '!/^#/ {
		nr = split($2, class, ",")
		for (i = 1; i <= nr; i++)
			if (index(classes, " " class[i] " ")) {
				print $1
				next
			}
	}' "$PACKAGES"
}

# Set NEEDED to the packages that are not installed.
find_missing() {
	local names=() installed name

	name=$(wanted "$CLASSES")
	mapfile -t names <<<"$name"
	# dpkg-query returns 1 if it does not know one of the packages.
	installed=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' \
		"${names[@]}" 2>/dev/null) || (($? == 1)) || die "dpkg-query failed"
	NEEDED=()
	for name in "${names[@]}"; do
		[[ $'\n'$installed$'\n' == *$'\ninstalled '"$name"$'\n'* ]] ||
			NEEDED+=("$name")
	done
}

# Install the packages.  APT's lists are updated only if that fails, as they may be missing
# or out of date.
install_packages() {
	local install=("${SUDO[@]}" env DEBIAN_FRONTEND=noninteractive
		apt-get install -y --no-install-recommends "${NEEDED[@]}")

	# The second try is not in the condition, so that its failure ends the script.
	if ! "${install[@]}"; then
		"${SUDO[@]}" apt-get -q update
		"${install[@]}"
	fi
}

# Set SUDO to the command by which this user becomes root; without sudo, end the script with
# the command that root has to run.
become_root() {
	local command="apt-get install -y --no-install-recommends ${NEEDED[*]}"

	SUDO=()
	((EUID != 0)) || return 0
	SUDO=(sudo -n)
	[[ -n $(type -P sudo) ]] ||
		die "packages are missing, and so is sudo; as root: $command"
	if ! sudo -n true 2>/dev/null; then
		[[ -t 0 && -t 2 ]] ||
			die "packages are missing; this installs them: sudo $command"
		note "packages are missing; sudo asks for your password to run: $command"
		sudo -v
	fi
}

# fetch PACKAGE DIR: download a package, which APT verifies, and unpack it
fetch() {
	cd -- "$2"
	apt-get download "$1"
	dpkg-deb -x ./*.deb .
	rm -- ./*.deb
	[[ -d usr/bin ]] || die "the package $1 has no program"
}

# unpack_aside CLASS: unpack the packages of a class that are not unpacked yet
unpack_aside() {
	local name names

	names=$(wanted "$1")
	for name in $names; do
		[[ ! -d $BUILD/aside/$name ]] || continue
		need apt-get dpkg-deb
		lock
		mkdir -p "$BUILD/aside"
		new_beside ASIDE "$BUILD/aside/$name"
		step "unpack $name" "aside-$name" fetch "$name" "$ASIDE"
		publish "$ASIDE" "$BUILD/aside/$name"
		unlock
	done
}

install_missing() {
	find_missing
	if ((${#NEEDED[@]} == 0)); then
		note '          all packages are installed'
		return 0
	fi
	need apt-get
	become_root
	lock
	step "install ${#NEEDED[@]} packages" packages install_packages
	unlock
}

main() {
	local class all=${*:-build demo}

	CLASSES=''
	for class in $all; do
		[[ $class =~ ^(build|demo|intel|debug|peers|pictures|packages|check|engines)$ ]] ||
			usage
		[[ $class == engines ]] || CLASSES+=" $class"
	done
	[[ -n $(type -P dpkg-query) ]] ||
		die "no command dpkg-query, so this is no Debian; install the equivalents of:" \
			"$(wanted "$CLASSES" | paste -sd' ')"
	[[ -z $CLASSES ]] || install_missing
	[[ " $all " != *' check '* ]] || unpack_aside aside
	[[ " $all " != *' engines '* ]] || unpack_aside engines
}

main "$@"
