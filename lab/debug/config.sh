# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Compares a kernel's .config with the fragment that it was to follow.  build-kernel.sh
# sources it after lib.sh.

# missing_options FRAGMENT CONFIG: print each line of FRAGMENT that CONFIG does not follow, with
# what CONFIG has.  An option that is not to be set may be unknown to this kernel.  olddefconfig
# drops an option whose dependencies are not met without a word.
missing_options() {
	awk '
	FNR == NR {
		if (/^CONFIG_[A-Za-z0-9_]+=/) {
			option = $0
			sub(/=.*/, "", option)
			has[option] = $0
		}
		next
	}
	/^CONFIG_[A-Za-z0-9_]+=/ {
		option = $0
		sub(/=.*/, "", option)
		if (!(option in has))
			print $0 ": the kernel has it not set"
		else if (has[option] != $0)
			print $0 ": the kernel has " has[option]
	}
	/^# CONFIG_[A-Za-z0-9_]+ is not set$/ {
		if ($2 in has)
			print $0 ": the kernel has " has[$2]
	}' "$2" "$1"
}

# check_config FRAGMENT CONFIG: end the script, with the lines, if any option is missing
check_config() {
	local missing

	[[ -s $2 ]] || die "no kernel configuration $(rel "$2")"
	missing=$(missing_options "$1" "$2")
	[[ -n $missing ]] || return 0
	printf '%s\n' "$missing" | sed 's/^/    | /' >&2
	die "the kernel's configuration does not follow $(rel "$1")"
}
