# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# A set of KVM's modules, as build-modules.sh made it in one folder, with its stamp.  Sourced
# after find-kernel.sh; $OUT is where the set was built, and $MAKE_US the command that builds
# one.

NAMES=(kvm kvm-amd kvm-intel)

# check_set DIR: accept only a complete set for exactly the kernel $KREL
check_set() {
	local name release

	(cd -- "$1" && grep -v '^#' stamp | sha256sum -c --quiet) >/dev/null 2>&1 ||
		die "no complete set of modules in $(rel "$OUT"); run $MAKE_US modules${KREL_GIVEN:+ KREL=$KREL}"
	for name in "${NAMES[@]}"; do
		release=$(modinfo -F vermagic "$1/$name.ko" 2>/dev/null |
			cut -d' ' -f1) ||
			die "$name.ko in $(rel "$OUT") is no kernel module; run $MAKE_US modules${KREL_GIVEN:+ KREL=$KREL}"
		[[ $release == "$KREL" ]] ||
			die "$name.ko in $(rel "$OUT") is for ${release:-no kernel}, not for $KREL"
	done
}

# Print the version of Linux that the modules in DIR are of.
set_description() { # DIR
	sed -n 's/^# \(Linux .*\)/\1/p' "$1/stamp"
}

# built_for DIR: print the version of the kernel's package that the modules were built for
built_for() {
	sed -n 's/^# kernel //p' "$1/stamp"
}

# set_is_untried DIR: did anchors place the hooks, and did the books not balance yet?
set_is_untried() {
	[[ $(<"$1/stamp") == *', by anchors,'* && ! -e $1/balanced ]]
}
