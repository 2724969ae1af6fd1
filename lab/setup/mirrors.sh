# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Finds the mirrors of Debian that this machine uses.  Source this file after lib.sh.

# find_mirrors: set MIRROR and SECURITY_MIRROR, unless they are set, to those that APT uses on
# this machine; they stay empty if APT's sources name no mirror of Debian.  If APT's lists
# were removed, as in many container images, APT is asked for the addresses of an update.
find_mirrors() {
	local all

	# shellcheck disable=SC2016 # for APT
	all=$(apt-get indextargets --format '$(CREATED_BY) $(ORIGIN) $(LABEL) $(REPO_URI)' \
		2>/dev/null) || all=''
	: "${MIRROR:=$(awk '$1 == "Packages" && $2 == "Debian" && $3 == "Debian" {
		print $4; exit }' <<<"$all")}"
	: "${SECURITY_MIRROR:=$(awk '$1 == "Packages" && $2 == "Debian" &&
		$3 == "Debian-Security" { print $4; exit }' <<<"$all")}"
	[[ -z $MIRROR ]] || return 0
	all=$(apt-get --print-uris update 2>/dev/null) || all=''
	: "${MIRROR:=$(sed -n "s,^'\(.*/debian\)/*dists/.*,\1/,p" <<<"$all" | sed -n 1p)}"
	: "${SECURITY_MIRROR:=$(sed -n "s,^'\(.*/debian-security\)/*dists/.*,\1/,p" \
		<<<"$all" | sed -n 1p)}"
}
