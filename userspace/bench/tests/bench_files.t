#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# exitledger bench: its files, and a benchmark that ends early.
set -euo pipefail
cd "$(dirname "$0")/../../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh

exitledger=${BUILD:-build}/bin/exitledger
saved=tests/data/bench_saved.json
json=$tap_dir/json
svg=$tap_dir/svg

same_runs() {
	python3 -c 'import json, sys
a, b = (json.load(open(path)) for path in sys.argv[1:])
assert a["runs"] == b["runs"]' "$saved" "$1"
}
# only_has NAME...: does the folder "files" have these files and no others?
only_has() { [ "$(ls "$tap_dir/files")" = "$(printf '%s\n' "$@")" ]; }

run "$exitledger" bench --replay "$saved" --json "$json" --svg "$svg"
ok 'both files: status' status_is 0
ok 'both files: JSON' same_runs "$json"
ok 'both files: SVG' grep -q '</svg>' "$svg"

# If a file cannot be written, it is named, and the other file is written all the same.
rm "$json"
run "$exitledger" bench --replay "$saved" --json "$json" --svg /dev/full
ok '--svg, full: status' status_is 3
ok '--svg, full: one line' one_err_line
ok '--svg, full: which and why' err_has '/dev/full: cannot be written: No space'
ok '--svg, full: the JSON is there' same_runs "$json"
run "$exitledger" bench --replay "$saved" --json "$json" --svg /nonexistent/svg
ok '--svg, no folder: why' err_has 'No such file or directory'
rm "$svg"
run "$exitledger" bench --replay "$saved" --json /dev/full --svg "$svg"
ok '--json, full: status' status_is 3
ok '--json, full: one line' one_err_line
ok '--json, full: the SVG is there' grep -q '</svg>' "$svg"
run "$exitledger" bench --replay "$saved" --json /dev/full --svg /nonexistent/svg
ok 'neither: status' status_is 3
ok 'neither: two lines' [ "$(wc -l <"$tap_dir/err")" -eq 2 ]

# An old picture stays if the new one cannot be written.
mkdir "$tap_dir/files"
echo old >"$tap_dir/files/svg"
run sh -c "trap '' XFSZ; ulimit -f 1; exec \"\$@\"" - "$exitledger" bench \
	--replay "$saved" --svg "$tap_dir/files/svg"
ok 'an old picture: status' status_is 3
ok 'an old picture: why' err_has 'File too large'
ok 'an old picture stays' grep -qx old "$tap_dir/files/svg"
ok 'an old picture: nothing beside it' only_has svg

if [ "$(id -u)" -ne 0 ]; then
	skip 'what is measured' 'root, for BPF'
	done_testing
	exit
fi

# A file that cannot be written is reported before anything is measured.
long=(timeout 20 "$exitledger" bench --test-run --rounds 100 --laps 4000)
run "${long[@]}" --json /nonexistent/json
ok 'before: --json, no folder: status' status_is 3
ok 'before: --json, no folder: one line' one_err_line
ok 'before: --json, no folder: which' err_has '/nonexistent/json: cannot be written'
run "${long[@]}" --json "$tap_dir/files/new" --svg "$tap_dir"
ok 'before: --svg, a folder: status' status_is 3
ok 'before: --svg, a folder: why' err_has 'Is a directory'
run "${long[@]}" --svg "$tap_dir/files/svg" --json /proc/nonexistent/json
ok 'before: --json, no such device: status' status_is 3
ok 'before: nothing is left, and what was there' only_has svg
ok 'before: as it was' grep -qx old "$tap_dir/files/svg"

# The files are written as another user.  That user's rights are checked for all of them.
user=54321 # which is not in /etc/passwd
chmod 755 "$tap_dir"
mkdir "$tap_dir/theirs" "$tap_dir/roots"
chown $user "$tap_dir/theirs"
unset SUDO_UID SUDO_GID
run "${long[@]}" --json "$tap_dir/theirs/json" --svg "$tap_dir/roots/svg"
ok "before: a file of another's: status" status_is 3
ok "before: a file of another's: one line" one_err_line
ok "before: a file of another's: which and why" err_has \
	"roots/svg: cannot be written: Permission denied (as user $user; see --user)"
run "${long[@]}" --user $user --json "$tap_dir/roots/json"
ok 'before: --user, who may not write: status' status_is 3
ok 'before: --user, who may not write: why' err_has 'roots/json: cannot be written: P'
run setpriv --inh-caps=-setuid --bounding-set=-setuid "${long[@]}" --user $user
ok 'before: rights that cannot be given up: status' status_is 3
ok 'before: rights that cannot be given up: one line' one_err_line
ok 'before: rights that cannot be given up: why' err_has "cannot go on as user $user"
ok 'before: nothing is measured' [ -z "$out" ]

# vanishing OPTION...: run a benchmark whose user is removed while it measures
vanishing() {
	cp /etc/passwd "$tap_dir/passwd"
	echo "vanishing:x:$user:$user::/:/bin/sh" >>"$tap_dir/passwd"
	# shellcheck disable=SC2016 # of the inner shell
	run unshare -m sh -c 'mount --bind "$1/passwd" /etc/passwd && shift && exec "$@"' \
		- "$tap_dir" python3 -c '
import subprocess, sys
bench = subprocess.Popen(sys.argv[1:], stderr=subprocess.PIPE, text=True)
while not (line := bench.stderr.readline()).startswith("round 1"):
    if not line:
        sys.exit(bench.wait())
with open("/etc/passwd", "w") as passwd:
    passwd.write("root:x:0:0::/:/bin/sh\n")
sys.stderr.write(bench.stderr.read())
sys.exit(bench.wait())' "$exitledger" bench --test-run --rounds 2 --laps 200 \
		--progress --user vanishing "$@"
}
if unshare -m true 2>/dev/null; then
	vanishing --json "$tap_dir/theirs/json"
	ok 'a user who vanishes: status' status_is 3
	ok 'a user who vanishes: why' err_has "there is no user 'vanishing' here"
	ok 'a user who vanishes: the file is named' err_has 'theirs/json: not written'
	ok 'a user who vanishes: no file' [ -z "$(ls "$tap_dir/theirs")" ]
	ok 'a user who vanishes: the table is shown' out_has 'observer: '
	vanishing --json -
	ok 'a user who vanishes, --json -: status' status_is 3
	ok 'a user who vanishes, --json -: it is complete' python3 -c \
		'import json, sys; assert json.load(open(sys.argv[1]))["runs"]' "$tap_dir/out"
else
	skip 'a user who vanishes' 'unshare -m is not permitted'
fi

# ended SECONDS OPTION...: run a benchmark that SIGINT ends after this time
ended() {
	run timeout --preserve-status -s INT -k 20 "$1" "$exitledger" bench \
		--test-run --json "$json" "${@:2}"
}
rm -f "$json"
ended 1 --rounds 1 --laps 4000
ok 'ended in the first round: status' status_is 3
ok 'ended in the first round: one line' one_err_line
ok 'ended in the first round: why' err_has 'before a round was measured'
ok 'ended in the first round: no table' [ -z "$out" ]
ok 'ended in the first round: no file' [ ! -e "$json" ]
ended 2 --rounds 100 --laps 20
ok 'ended later: status' status_is 0
ok 'ended later: said' out_has 'interrupted: the last round is not complete'
ok 'ended later: and in the JSON' grep -q '"interrupted":true' "$json"

# The JSON has the CPU that was used: the last one, unless --cpu names another.
may=$(taskset -pc $$ | sed 's/.*[ ,-]//')
for options in '' "--cpu $may"; do
	# shellcheck disable=SC2086 # none or two words
	run "$exitledger" bench --test-run --rounds 1 --laps 1 --json "$json" $options
	ok "--test-run $options: status" status_is 0
	ok "--test-run $options: which CPU" grep -q "\"cpu\":$may," "$json"
done
run taskset -c "$may" "$exitledger" bench --test-run --cpu 4095
ok '--test-run, no such CPU: status' status_is 3
ok '--test-run, no such CPU: is named' err_has 'CPU 4095'

# The progress is a line that is replaced in place, and only on a terminal.
short=("$exitledger" bench --test-run --rounds 2 --laps 1)
run "${short[@]}"
ok 'no terminal: nothing is said' no_err
run "${short[@]}" --progress
ok '--progress: a line per round' [ "$(grep -cE '^round [12] of 2: [0-9]+ s$' \
	"$tap_dir/err")" -eq 2 ]
run python3 -c 'import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)' "${short[@]}"
ok 'a terminal: status' status_is 0
ok 'a terminal: how far it is' grep -qE '\[##########-{10}\]  50 %  0:0., 0:0. left  ' \
	"$tap_dir/out"

done_testing
