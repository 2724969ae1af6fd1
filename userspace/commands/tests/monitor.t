#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The monitor's command line: the input it refuses, its messages, and its manual page.
# Neither privileges nor KVM are needed.
set -euo pipefail
cd "$(dirname "$0")/../../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh

exitledger=${BUILD:-build}/bin/exitledger
page=docs/exitledger-monitor.1.rst

# refused WHAT SAID OPTION...: wrong usage is reported in one line
refused() {
	local what=$1 said=$2
	shift 2
	run "$exitledger" monitor "$@"
	ok "$what: wrong usage" status_is 64
	ok "$what: one line" one_err_line
	ok "$what: what is wrong" err_has "$said"
}

refused 'JSON and CSV' '--json, --csv, --folded and --top exclude' --json --csv
refused 'JSON and a live view' '--json, --csv, --folded and --top exclude' --json --top
refused 'no terminal' '--top needs a terminal' --top
refused 'a live view of a command' '--top needs the terminal for itself' \
	--top -- true
refused 'a live view without intervals' '--top needs an --interval' --top -i 0
refused 'a live view by vCPU' 'Enter shows' --top --by-vcpu
refused 'a live view of slow exits' '--slower-than is not for --top' --top \
	--slower-than 1ms
refused 'counts alone and slow exits' '--slower-than needs times' --count-only \
	--slower-than 1ms
refused 'counts alone off the CPU' '--off-cpu needs times' --count-only \
	--off-cpu
refused 'counts alone, split' '--split needs times' --count-only --split
refused 'the parts of KVM'\''s own book' '--split is for BPF' --book kernel --split
refused 'a part not observed' "'vmm' needs --split" --columns exits,vmm
refused 'a part not observed, off the CPU' "'kvm' needs --split" --off-cpu \
	--columns exits,kvm
refused 'counts alone, fast' 'exclude each other' --count-only --fast
refused 'counts alone by port' 'exclude each other' --count-only --by port
refused 'counts alone by time' "'p99' needs times" --count-only --sort p99
refused 'a column of times, counts alone' "'mean' needs times" --count-only \
	--columns exits,mean
refused 'a column not observed' "'fast' needs --fast" --columns fast
refused 'another column not observed' "'blocked' needs --off-cpu" \
	--columns exits,blocked
refused 'columns of JSON' '--columns belongs to the table' --json \
	--columns exits
refused 'the order of CSV' '--sort belongs to' --csv --sort exits
refused 'columns of folded stacks' 'have only counts' --folded --columns exits
refused 'the order of folded stacks' '--sort belongs to' --folded --sort exits
refused 'symbols of other keys' 'belongs to --by rip' --by msr \
	--guest-kallsyms /proc/kallsyms
refused 'symbols that are not there' '/no/such/file: No such file' --by rip \
	--guest-kallsyms /no/such/file
refused 'symbols of something else' 'line 1 is not as in' --by rip \
	--guest-kallsyms /proc/cpuinfo
refused 'histograms in a table' '--histograms belongs to --json' --histograms
refused 'HLT alone' '--hlt belongs to --slower-than' --hlt
refused 'a count of no intervals' '--count needs an --interval' -i 0 -n 1
refused 'no such column' "there is no column 'exit'" --columns exit
refused 'no such order' "there is no column 'x'" --sort x
refused 'a column twice' 'given twice' --columns exits,max,exits
refused 'no such key' "not 'dr'" --by dr
refused 'no time' "not 'x'" --slower-than x
refused 'no pid' "not 'x'" --pid x
refused 'pid 0' "from 1 to 2147483647, not '0'" --pid 0
refused 'a vCPU below 0' "not '-1'" --vcpu=-1
refused 'no interval' "not 'x'" -i x
refused 'an interval below 0' "not '-1'" --interval=-1
refused 'hardly an interval' "from 10ms to 1d" -i 0.001
refused 'no intervals' "not '0'" --count 0
refused 'no attach type' "tp_btf, raw_tp, tp or auto, not 'kprobe'" \
	--attach kprobe
refused 'no such reason' "there is no exit reason 'FROBNICATE'" \
	--reason FROBNICATE
refused 'a reason mistyped' 'did you mean CPUID?' --reason CPIUD

# Valid options are accepted even if the host cannot be observed.
run "$exitledger" monitor --vm 'web*' --pid 1 --vcpu 0 --vcpu 1 --reason cpuid \
	--reason 0x7b --by port --split --fast --slower-than 1.5ms --hlt \
	--by-vcpu --columns exits,blocked,vmm,kvm,p999 --sort max -i 0.5 -n 1 \
	--attach raw_tp
ok 'all options at once: no wrong usage' [ "$status" -ne 64 ]

# The help and the manual page list the same options with the same arguments.
run "$exitledger" monitor --help
ok '--help' status_is 0
ok '--help: in 80 columns' fits_80
ok '--help: groups' out_has 'Filters, each any number of times'
options() { grep -oE -- '--[a-z][a-z-]+(=[A-Z]+)?' | sort -u; }
grep -E '^ +(-., )?--' <"$tap_dir/out" | grep -vE -- '--(help|usage)' |
	sed -E 's/^ +//; s/  +.*//' | options >"$tap_dir/help"
grep -E '^(-. .*, )?--' "$page" | options >"$tap_dir/page"
run diff "$tap_dir/help" "$tap_dir/page"
ok 'the manual page has the options of --help' status_is 0
ok 'there are options at all' [ "$(wc -l <"$tap_dir/page")" -gt 15 ]

done_testing
