#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The code to which docs/soundness.md refers must still be as the page says.
set -euo pipefail
cd "$(dirname "$0")/../../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh

page=docs/soundness.md

# sources WHERE: print the files that a line of the page names; for files of KVM, the
# patches of the series
sources() {
	case $1 in
	*arch/x86/kvm/*)
		printf '%s\n' kvm-instrumentation/patches/"$kernel"/*SVM-*.patch \
			kvm-instrumentation/patches/"$kernel"/*VMX-*.patch
		;;
	*) grep -oE '[a-z-]+/[a-z_/-]*[a-z_.]+\.[ch]' <<<"$1" ;;
	esac
}

# boxes: print the lines of the page's boxes; each line is "WHERE" or "`CODE`"
boxes() { sed -nE 's/^ *> //p' "$page"; }

series=$(lab/setup/series.sh patched)
ok 'there are series of patches' [ -n "$series" ]
for kernel in $series; do
	where='' nr=0
	while IFS= read -r line; do
		if [[ $line != '`'* ]]; then
			where=$line
			continue
		fi
		code=${line#\`} code=${code%\`}
		mapfile -t files < <(sources "$where")
		ok "$kernel: ${where%:}: $code" grep -qF -- "$code" \
			<(sed 's/vmx->vt\./vmx->/' "${files[@]}")
		nr=$((nr + 1))
	done < <(boxes)
	ok "$kernel: the page has boxes" [ "$nr" -ge 8 ]
	# KVM counts first, and BPF's tracepoint comes next.
	vendors=(SVM VMX)
	! compgen -G "kvm-instrumentation/patches/$kernel/*TDX*.patch" >/dev/null ||
		vendors+=(TDX)
	for vendor in "${vendors[@]}"; do
		ok "$kernel: $vendor: the exit is counted before it is traced" \
			grep -qz 'kvm_exit_stats_exit([^;]*;[^;]*trace_kvm_exit(vcpu' \
			<(cat kvm-instrumentation/patches/"$kernel"/*"$vendor"*.patch)
		ok "$kernel: $vendor: the entry is booked after it is traced" \
			grep -qz 'trace_kvm_entry([^;]*;[^;]*kvm_exit_stats_entry(' \
			<(cat kvm-instrumentation/patches/"$kernel"/*"$vendor"*.patch)
	done
done

done_testing
