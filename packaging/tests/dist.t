#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# make dist gives the same bytes for the same commit, wherever it is checked out; and the
# changelogs of packages.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh

top=$PWD build=$(realpath "${BUILD:-build}")
version=$(sed -n 's/^VERSION := //p' Makefile)
guest=exitledger-guest-$version-$(uname -m)
# The clones build in folders of their own.
unset BUILD
for where in one two/deep; do
	git clone -q --no-hardlinks "$top" "$tap_dir/$where" 2>"$tap_dir/err"
	run "$tap_dir/$where/packaging/dist.sh" "$version" "$build/guest/exitleaf"
	ok "$where: made" status_is 0
	# Let the files of the next clone have other times.
	sleep 1
done
sums() { (cd "$tap_dir/$1/build/dist" && sha256sum -- *); }
ok 'both are the same, byte by byte' [ "$(sums one)" = "$(sums two/deep)" ]
cd "$tap_dir/one/build/dist"
run sha256sum -c SHA256SUMS
ok 'the checksums hold' status_is 0
ok 'of the source and of the programs for guests' \
	[ "$(grep -c "exitledger-$version.tar.xz: OK\|$guest.tar.xz: OK" <<<"$out")" = 2 ]
files=$(tar -tf "exitledger-$version.tar.xz")
wanted=$(git -C "$tap_dir/one" ls-files -- . ':!debian' | wc -l)
ok 'the source has all files, but for Debian'"'"'s' \
	[ "$(grep -vc '/$' <<<"$files")" = "$wanted" ]
ok 'below one folder' [ -z "$(grep -v "^exitledger-$version/" <<<"$files")" ]
tar -x -C "$tap_dir" -f "$guest.tar.xz"
run "$tap_dir/$guest/exitleaf" --version
ok 'the program for guests runs' [ "$out" = "exitleaf $version" ]
if [[ -n $(type -P reuse) ]]; then
	ok 'licences by file' [ "$(grep -c '^FileName: ' "exitledger-$version.spdx")" -gt 500 ]
else
	skip 'licences by file' 'the command reuse'
fi

# Files that another commit or a killed run has left.
touch "$guest.tar.xz.new" "exitledger-$version-old.tar.xz"
run "$tap_dir/one/packaging/dist.sh" "$version"
ok 'made without programs for guests' status_is 0
names=$(sed 's/^[0-9a-f]*  //' SHA256SUMS | grep -v '\.spdx$')
cp -rs /usr/bin "$tap_dir/bin"
rm "$tap_dir/bin/strip"
PATH=$tap_dir/bin run "$tap_dir/one/packaging/dist.sh" "$version"
ok 'without them, no strip is needed' status_is 0
ok 'the checksums are those of the new files, and no others' \
	[ "$names" = "exitledger-$version.tar.xz" ]
ok 'no program for guests is named' out_lacks "$guest"
ok 'nor an old file' out_lacks -old

cd "$tap_dir/one"
echo >>README.md
run packaging/dist.sh "$version"
ok 'changes that are not committed are refused' status_is 1
ok 'in one line, which says so' err_has 'there are changes that are not committed'
run packaging/changelog.py deb "$version" -1 unstable 86400
ok 'a changelog for Debian' status_is 0
ok 'with its version' out_has "exitledger ($version-1) unstable; urgency=medium"
ok 'and a date' out_has 'Fri, 02 Jan 1970 00:00:00 +0000'
ok 'no change has a line that is longer than 80' \
	[ -z "$(grep -v '^ -- ' <<<"$out" | grep -E '.{81}')" ]
run packaging/changelog.py rpm "$version" 1 - 86400
ok 'a changelog for RPM' out_has '* Fri Jan 02 1970 exitledger maintainers'
run packaging/changelog.py deb 99.9 -1 unstable 86400
ok 'a version that has no entry: refused' status_is 1
ok 'and said' err_has 'does not begin with 99.9'

done_testing
