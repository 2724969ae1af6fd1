#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: deps.sh [CLASS...]
#
# Makes sure that the Debian packages of these classes are installed; lab/setup/packages.txt
# has them: build, demo, intel, debug, peers, pictures, check.  Without a class: build and
# demo, which is what make demo needs.
# Root installs what is missing, and so does anyone who may use sudo; otherwise the
# one command that installs it is printed.
#
# Packages of the class "aside" are the tests', too, but would start a service if they were
# installed: they are unpacked in build/aside/PACKAGE.

# shellcheck source=lab/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib.sh"
PACKAGES=$LAB/setup/packages.txt

# wanted CLASSES: their packages, one per line.
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

# Sets NEEDED to those of them that are not installed.
find_missing() {
	local names=() installed name

	name=$(wanted "$CLASSES")
	mapfile -t names <<<"$name"
	# dpkg-query fails if it does not know one of them.
	installed=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' \
		"${names[@]}" 2>/dev/null) || (($? == 1)) || die "dpkg-query failed"
	NEEDED=()
	for name in "${names[@]}"; do
		[[ $'\n'$installed$'\n' == *$'\ninstalled '"$name"$'\n'* ]] ||
			NEEDED+=("$name")
	done
}

# The lists are refreshed only if they are missing or out of date.
install_packages() {
	local install=("${SUDO[@]}" env DEBIAN_FRONTEND=noninteractive
		apt-get install -y --no-install-recommends "${NEEDED[@]}")

	# A condition: the second try is a statement of its own.
	if ! "${install[@]}"; then
		"${SUDO[@]}" apt-get -q update
		"${install[@]}"
	fi
}

# Sets SUDO to the command that makes root of this user, or says what root has to do.
become_root() {
	local command="apt-get install -y --no-install-recommends ${NEEDED[*]}"

	SUDO=()
	((EUID != 0)) || return 0
	SUDO=(sudo -n)
	[[ -n $(type -P sudo) ]] || die "packages are missing; as root: $command"
	if ! sudo -n true 2>/dev/null; then
		[[ -t 0 && -t 2 ]] ||
			die "packages are missing; this installs them: sudo $command"
		note "packages are missing; sudo asks for your password to run: $command"
		sudo -v
	fi
}

# fetch PACKAGE DIR: APT verifies it against the signed lists.
fetch() {
	cd -- "$2"
	apt-get download "$1"
	dpkg-deb -x ./*.deb .
	rm -- ./*.deb
	[[ -d usr/bin ]] || die "the package $1 has no program"
}

unpack_aside() {
	local name names

	names=$(wanted aside)
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
		note '          all packages are there'
		return 0
	fi
	need apt-get
	become_root
	lock
	step "install ${#NEEDED[@]} packages" packages install_packages
	unlock
}

main() {
	local class

	CLASSES=${*:-build demo}
	for class in $CLASSES; do
		[[ $class =~ ^(build|demo|intel|debug|peers|pictures|check)$ ]] || usage
	done
	[[ -n $(type -P dpkg-query) ]] ||
		die "no command dpkg-query, so this is no Debian; install what has the content of:" \
			"$(wanted "$CLASSES" | paste -sd' ')"
	install_missing
	[[ " $CLASSES " != *' check '* ]] || unpack_aside
}

main "$@"
