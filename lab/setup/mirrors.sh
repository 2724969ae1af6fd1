# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034 # The script that sources this file uses APT.
#
# Finds the mirrors of Debian that this machine uses.  Source this file after lib.sh.

KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# find_mirrors: set MIRROR and SECURITY_MIRROR, unless they are set, to those that APT uses on
# this machine; they stay empty if APT's sources name no mirror of Debian.  If APT's lists
# were removed, as in many container images, APT is asked for the addresses of an update.
find_mirrors() {
	local all

	# shellcheck disable=SC2016 # APT expands these.
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

# own_lists STATE TYPE SUITE: set APT to options with which apt-get uses lists of its own, in the
# directory STATE, of a suite of Debian; TYPE is deb or deb-src.  Nothing of the machine's sources
# changes, and APT verifies the lists by Debian's keys.
own_lists() {
	find_mirrors
	[[ -n $MIRROR ]] ||
		die "APT's sources on this machine name no mirror of Debian; say MIRROR=URI"
	[[ -r $KEYRING ]] || die "no $KEYRING; apt install debian-archive-keyring"
	mkdir -p "$1/lists/partial" "$1/archives/partial"
	echo "$2 [signed-by=$KEYRING] $MIRROR $3 main" >"$1/sources.list"
	# As root, apt would warn that its unprivileged user cannot write here.  Without
	# Error-Mode, APT calls it a success if a mirror did not answer.
	APT=(-q -o "APT::Sandbox::User=$(id -un)" -o APT::Update::Error-Mode=any
		-o "Dir::State::Lists=$1/lists" -o "Dir::Cache=$1"
		-o "Dir::Etc::SourceList=$1/sources.list"
		-o Dir::Etc::SourceParts=/dev/null)
}
