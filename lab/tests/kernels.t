#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Tests that README.md, docs/kernels.md and doctor's table say the same of kernels as the
# folders of lab/kernels, and that lab/jobs/kernels.py writes other results into them.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh

written=(README.md docs/kernels.md userspace/host/kernel_series.def)
copy=$tap_dir/copy
mkdir -p "$copy"/{lab,docs,userspace/host,kvm-instrumentation}
cp -r lab/jobs lab/kernels lab/setup lab/lib.sh "$copy/lab/"
cp -r kvm-instrumentation/patches "$copy/kvm-instrumentation/"
cp userspace/host/kernel_needs.h "$copy/userspace/host/"
for file in "${written[@]}"; do
	cp "$file" "$copy/$file"
done
# result SERIES VENDOR WHAT RESULT: put this result into the copy's file "tried"
result() {
	echo "$2 $3 $1.0-test 2026-01-02 $4" >>"$copy/lab/kernels/$1/tried"
}
pages() { run env BUILD="$tap_dir/build" "$copy/lab/jobs/kernels.py" --page; }
says() { tr -s '\n ' ' ' <"$copy/README.md" | grep -qF -- "$1"; }
table_has() { grep -qxF -- "$1" "$copy/userspace/host/kernel_series.def"; }
row_has() { grep -E "^\| $1 \|" "$copy/docs/kernels.md" | grep -qF -- "$2"; }

pages
ok 'the pages are written' status_is 0
for file in "${written[@]}"; do
	ok "$file is what the folders say" cmp -s "$file" "$copy/$file"
done

# Replace all results by made-up ones, for series that there are.
rm "$copy"/lab/kernels/*/tried
result 5.10 amd observer 'refused, 9 checks'
result 6.1 amd observer 'exact, 9 checks'
result 6.12 amd observer 'exact, 9 checks'
result 6.12 intel observer 'wrong: something'
result 6.18 amd observer 'exact, 9 checks'
result 7.3 amd books 'BALANCED, 9 exits'
pages
ok 'other results: status' status_is 0
ok 'a series with patches that was right is tested' says \
	"The tests show that it counts exactly on Debian's Linux 6.1."
ok 'a series without patches that was right was tried' says 'It was also tried on 6.18,'
ok 'a series that is refused' says 'Linux 5.10 is too old'
ok 'the table has what was right' table_has 'KERNEL_SERIES(6, 1, TESTED)'
ok 'the table has what was tried' table_has 'KERNEL_SERIES(6, 18, TRIED)'
ok 'the table has nothing else' [ "$(
	grep -c KERNEL_SERIES "$copy/userspace/host/kernel_series.def")" = 2 ]
ok 'the page shows what was wrong' row_has 6.12 'wrong: something (2026-01-02)'
ok 'the page shows what is refused' row_has 5.10 'refused, 9 checks (2026-01-02)'
ok 'the page shows what was not tried' row_has 7.3 'not tried'
ok 'the page shows what cannot be tried' row_has 6.18 'no patches'

sed -i '/^<!-- until here -->$/d' "$copy/README.md"
pages
ok 'a README without its place: status' status_is 125
ok 'a README without its place: one line' one_err_line

done_testing
