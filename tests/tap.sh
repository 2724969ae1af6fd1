# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Functions with which scripts report tests as TAP.  A test runs a command with run, and then
# says what must be true of its $status, $out and $err.

tap_nr=0
tap_failed=0
tap_evidence=()	# files whose ends are shown when a test fails
tap_dir=$(mktemp -d)
trap 'rm -rf "$tap_dir"' EXIT

# A make that a test starts must not take options from the make that runs the tests.
unset MAKEFLAGS MFLAGS MAKELEVEL

# run COMMAND...: run COMMAND, and set status, out and err
run() {
	status=0
	"$@" >"$tap_dir/out" 2>"$tap_dir/err" </dev/null || status=$?
	out=$(tr -d '\0' <"$tap_dir/out")
	err=$(tr -d '\0' <"$tap_dir/err")
}

show_evidence() {
	local file

	for file in "${tap_evidence[@]}"; do
		[ -e "$file" ] || continue
		echo "the end of $file:"
		tail -n 8 "$file" | tr -dc '\n -~'
	done
}

# ok NAME CONDITION...: report a test, which passes if the command CONDITION succeeds
ok() {
	local name=$1
	shift
	tap_nr=$((tap_nr + 1))
	if "$@"; then
		echo "ok $tap_nr - $name"
		return
	fi
	tap_failed=$((tap_failed + 1))
	echo "not ok $tap_nr - $name"
	{
		printf 'status: %s\n' "${status:-}"
		printf 'out: %s\n' "${out:-}" | head -n 20
		printf 'err: %s\n' "${err:-}" | head -n 20
		show_evidence
	} | sed 's/^/#   /'
}

# The conditions.
status_is() { [ "$status" -eq "$1" ]; }
out_has() { [[ $out == *"$1"* ]]; }
out_lacks() { [[ $out != *"$1"* ]]; }
err_has() { [[ $err == *"$1"* ]]; }
err_lacks() { [[ $err != *"$1"* ]]; }
no_err() { [ -z "$err" ]; }
one_err_line() { [ "$(wc -l <"$tap_dir/err")" -eq 1 ]; }
# Has standard error two lines: the one that says when counting began, and one more?
one_err_line_after_counting() {
	[ "$(wc -l <"$tap_dir/err")" -eq 2 ] && head -n 1 "$tap_dir/err" |
		grep -qxE "exitledger: counting since $counting_time"
}
counting_time='20[0-9]{2}(-[0-9]{2}){2} [0-9]{2}(:[0-9]{2}){2}\.[0-9]{3} UTC \(at_ns [0-9]+\)'
# No line of $out is wider than 80 characters (not bytes).
fits_80() { ! LC_ALL=C.UTF-8 grep -qE '^.{81,}' "$tap_dir/out"; }

# within SECONDS CONDITION...: wait until the condition is true
within() {
	local tries=$(($1 * 20)) i

	shift
	for ((i = 0; i < tries; i++)); do
		! "$@" || return 0
		sleep 0.05
	done
	return 1
}

# skip NAME REQUIREMENT: report a test that cannot be run here
skip() {
	tap_nr=$((tap_nr + 1))
	echo "ok $tap_nr - $1 # SKIP $2"
}

# series_to_test own|newest|tested: set SERIES to kernels that have patches: this
# distribution's own, the newest one, or both.  A test that takes long uses only one.  With
# LAB_KERNELS=all, SERIES has all of them in any case.  Each kernel that is not prepared is a
# skip.
series_to_test() {
	local name wanted prepared

	wanted=$(lab/setup/series.sh tested)
	if [ "${LAB_KERNELS:-}" != all ]; then
		case $1 in
		own) wanted=$(lab/setup/series.sh default) ;;
		newest) wanted=$(tail -n 1 <<<"$wanted") ;;
		esac
	fi
	prepared=$(lab/setup/series.sh prepared)
	mapfile -t SERIES < <(grep -xF "$wanted" <<<"$prepared")
	for name in $wanted; do
		[[ " ${SERIES[*]} " == *" $name "* ]] ||
			skip "all of $name" "Linux $name (lab/setup/prepare.sh $name)"
	done
}

# first_attach: print how the observer attaches by default on this distribution's own kernel.
# raw_tp is the cheaper way, but needs bpf_rdonly_cast (from Linux 6.2 on).
first_attach() {
	if [ "$(lab/setup/series.sh default)" = 6.1 ]; then echo tp_btf; else echo raw_tp; fi
}

# rights_are FILE UID: is FILE the /proc/PID/status of a process of that user, without any
# capability and without a way to gain rights?
rights_are() {
	local name value
	while read -r name value; do
		grep -qxP "$name:\t$value" "$1" || {
			echo "# $name is not $value"
			return 1
		}
	done <<-EOF
		Uid $2\t$2\t$2\t$2
		Gid $2\t$2\t$2\t$2
		CapInh 0{16}
		CapPrm 0{16}
		CapEff 0{16}
		CapBnd 0{16}
		CapAmb 0{16}
		NoNewPrivs 1
		Seccomp 2
	EOF
}

# name_is STATUS NAME...: is this the status that the scenario has left in each
# $results/NAME.status?
name_is() {
	local status=$1 name
	shift
	for name in "$@"; do
		# shellcheck disable=SC2154 # The test sets it.
		[ "$(cat "$results/$name.status")" = "$status" ] || return 1
	done
}

# done_testing: print the plan; a script that ran no test fails
done_testing() {
	echo "1..$tap_nr"
	[ "$tap_nr" -gt 0 ] && [ "$tap_failed" -eq 0 ]
}
