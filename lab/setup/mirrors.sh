# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Where Debian's packages come from on this machine.  Sourced after lib.sh.

# find_mirrors: sets MIRROR and SECURITY_MIRROR, unless they are set, as APT has them on
# this machine; they stay empty where its sources name no mirror of Debian.  Where its
# lists were removed, as in many images of containers, APT tells what it would fetch.
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
