#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# make-series.sh --source DIR --series DIR --out DIR: write the whole series, for 'git am'
# in a kernel tree.  Its first patch adds src/, which patches/ does not contain.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
source='' series='' out=''

die() {
	printf 'make-series.sh: %s\n' "$*" >&2
	exit 1
}

while [ $# -gt 1 ]; do
	case $1 in
	--source | --series | --out) declare "${1#--}=$2" ;;
	*) die "there is no option '$1'" ;;
	esac
	shift 2
done
for option in source series out; do
	[ -n "${!option}" ] || die "--$option is missing"
done

temp=$(mktemp -d)
trap 'rm -rf -- "$temp"' EXIT

git() {
	command git -C "$temp/tree" -c user.name='exitledger developers' \
		-c user.email=exitledger@localhost -c commit.gpgsign=false "$@"
}

# The directories that the patches change.
for part in arch/x86/kvm tools/testing/selftests/kvm Documentation/virt/kvm; do
	mkdir -p "$temp/tree/$(dirname "$part")"
	cp -a "$source/$part" "$temp/tree/$part"
done
git init -q
git add -A
git commit -q -m base

for patch in "$series"/*.patch; do
	git am -q "$(realpath "$patch")" ||
		die "$(basename "$patch") does not apply"
	[ ! -e "$temp/tree/arch/x86/kvm/exit_stats.c" ] || continue
	cp "$here"/src/* "$temp/tree/arch/x86/kvm/"
	git add -A
	git commit -q --amend --no-edit
done

rm -rf -- "$out"
mkdir -p "$out"
git format-patch -q -N --zero-commit --no-signature \
	-o "$(realpath "$out")" "$(git rev-list --max-parents=0 HEAD)"
ls "$out"
