#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Tests make mutate on a small project: it finds the changes that no test notices, and does
# not report those that a test notices.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/tap.sh
. tests/tap.sh

top=$tap_dir/project
mkdir -p "$top/tests"
git -C "$tap_dir" init -q project

# A function whose boundary values the test does not check, one that it does not run, and
# text that must not be mutated: comments, strings and directives.
cat >"$top/room.c" <<'END'
#include <stdbool.h>
#define ONE 1 + 2 /* 3 < 4 */
int room_twice(int a)
{
	return a + a; // 5 - 6
}
int room_least(int a, int b)
{
	if (a < b)
		return a;
	return b;
}
const char *room_text(void)
{
	return "7 < 8 && 9";
}
bool room_big(int a)
{
	return a > 9;
}
int room_unseen(int a)
{
	return a - 1;
}
END
cat >"$top/tests/test_room.c" <<'END'
int room_twice(int a);
int room_least(int a, int b);
const char *room_text(void);
_Bool room_big(int a);
int main(void)
{
	return room_twice(4) != 8 || room_least(1, 2) != 1 ||
	       room_least(2, 1) != 1 || room_text()[0] != '7' ||
	       room_big(5) || !room_big(20);
}
END
cat >"$top/Makefile" <<'END'
unit-tests: $(BUILD)/tests/test_room
$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	gcc $(CFLAGS) -c $< -o $@
$(BUILD)/tests/test_room: $(BUILD)/obj/room.o $(BUILD)/obj/tests/test_room.o
	@mkdir -p $(@D)
	gcc $(CFLAGS) $^ -o $@
END

: >"$tap_dir/none"
mutate() {
	run lab/mutate/mutate.py --top "$top" --scratch "$tap_dir/scratch" \
		--list "${list:-$tap_dir/none}" "$@"
}
survivors() { grep -A 3 '^survived: ' <<<"$out" | grep '^+ ' | sort; }

before=$(cat "$top/room.c")
mutate --count 0 room.c
ok 'survivors: the exit status is 1' status_is 1
ok 'what the test does not look at survives, and nothing else' \
	[ "$(survivors)" = "$(printf '+ %s\n' 'return 0;' 'return a + 1;' \
		'return a - 2;' 'return a > 10;' 'return a > 8;' \
		'return a >= 9;' | sort)" ]
ok 'a change is shown with its file, line, function and text' out_has \
	"survived: room.c:19 (operator)
room.c room_big
- return a > 9;
+ return a >= 9;"
ok 'a change is shown with its file, line, function and text: if no test runs it, it says so' \
	out_has 'survived: room.c:23 (operator, no test runs it)'
# room_twice: -, return 0; room_least: <=, >=, negated, two times return 0;
# room_text: return 0; room_big: >=, <=, 10, 8, return 0; room_unseen: +, 2,
# return 0.  The mutant <= of room_least compiles to the same code.
ok 'comments, strings and directives are not changed' \
	out_has 'all: 16 mutants made: 9 killed, 60.0 % of 15; 6 survived;'
ok 'what the compiler sees to be the same is no survivor' \
	out_has '1 of the same object code, 0 not compilable'
ok 'the sources are untouched' [ "$before" = "$(cat "$top/room.c")" ]
ok 'the sources are untouched: nothing is built among them' [ ! -e "$top/build" ]

list=$tap_dir/list
cat >"$list" <<'END'
# A comment.

room.c room_big
- return a > 9;
+ return a >= 9;
+ return a > 8;
+ return a > 10;
  No reason, but an entry.

room.c room_unseen
- return a - 1;
+ return a + 1;
+ return a - 2;
+ return 0;
  No reason, but an entry.
END
# A file from an earlier run that no longer exists.
echo '#error' >"$tap_dir/scratch/mutants-0/tests/gone.c"
mutate --count 0 room.c
ok 'a file that the project has no more is not built' \
	[ ! -e "$tap_dir/scratch/mutants-0/tests/gone.c" ]
ok 'all survivors are in the list: the exit status is 0' status_is 0
ok 'all survivors are in the list: none is reported' out_lacks 'survived:'
ok 'all survivors are in the list: but counted' out_has '0 survived; 6 listed as equivalent'

cat >"$list" <<'END'
room.c room_twice
- return a + a; // 5 - 6
+ return a - a; // 5 - 6
  This is wrong: the test kills it.

room.c room_twice
- return a * a;
+ return a / a;
  There is no such line.
END
mutate --line 5 room.c
ok 'a list that is wrong: the exit status is 1' status_is 1
ok 'a list that is wrong: it says which entry is no equivalent' \
	out_has 'listed as equivalent, but killed by test_room: room.c:5'
ok 'a list that is wrong: which is no change of the file' \
	out_has 'line 6 of the list is no mutant of room.c: room_twice:'
echo 'room.c room_twice' >"$list"
mutate room.c
ok 'a list that cannot be read: the exit status is 2' status_is 2
ok 'a list that cannot be read: one line says where' err_has "$list:1: an entry is"
unset list

# The project's own list of equivalent mutants: listed lines can move or disappear.
mapfile -t listed < <(sed -nE 's/^([^-+# ]+) [^ ]+$/\1/p' \
	lab/mutate/equivalents.txt | sort -u)
run lab/mutate/mutate.py --dry-run --count 1 "${listed[@]}"
ok 'each entry of equivalents.txt is a change that can be made' status_is 0
sed 's/^- return x/- return y/' lab/mutate/equivalents.txt >"$tap_dir/stale"
run lab/mutate/mutate.py --dry-run --count 1 --list "$tap_dir/stale" \
	userspace/balance/report_match.c
ok 'each entry of equivalents.txt is a change that can be made: one that is none is told' status_is 1
ok 'each entry of equivalents.txt is a change that can be made: with its line' grep -q '^line [0-9]* of the list is no mutant' <<<"$out"

mutate --dry-run --count 4 --seed 3 room.c
first=$out
mutate --dry-run --count 4 --seed 3 room.c
ok 'the same seed makes the same changes' [ "$first" = "$out" ]
ok 'the same seed makes the same changes: as many as were asked for' [ "$(grep -c '^room.c:' <<<"$out")" -eq 4 ]
mutate --dry-run --count 4 --seed 4 room.c
ok 'another seed makes others' [ "$first" != "$out" ]

# The results are kept: a row for the last run of each file.
results=$tap_dir/results.md
mutate --count 0 --table "$results" room.c
ok 'a table has a row of the file' grep -qxF \
	"| \`room.c\` | 16 | 9 | 6 | 0 | 1 | 0 | 60.0 % |" "$results"
sed -i 's/room\.c/earlier.c/' "$results"
mutate --line 5 --count 1 --table "$results" room.c
ok 'part of a file is no row: wrong usage' status_is 2
mutate --count 3 --table "$results" room.c
ok 'part of a file is no row: what there is of other files stays' grep -q "^| \`earlier.c\` | 16 " "$results"
ok 'part of a file is no row: the new row is beside it' grep -q "^| \`room.c\` | 3 " "$results"
ok 'part of a file is no row: both are added up' grep -q '^| all | 19 ' "$results"
echo "| \`room.c\` | many |" >>"$results"
mutate --count 3 --table "$results" room.c
ok 'a table that cannot be read: the exit status is 2' status_is 2
ok 'a table that cannot be read: one line says where' err_has "$results:15: a row is"

# A change that makes a loop endless is noticed by the CPU time that it takes.
echo 'int room_wait(volatile int n) { while (n) n = 0; return 3; }' >"$top/loop.c"
echo 'int room_wait(int n); int main(void) { return room_wait(1) != 3 || room_wait(0) != 3; }' >"$top/tests/test_loop.c"
cat >>"$top/Makefile" <<'END'
unit-tests: $(BUILD)/tests/test_loop
$(BUILD)/tests/test_loop: $(BUILD)/obj/loop.o $(BUILD)/obj/tests/test_loop.o
	@mkdir -p $(@D)
	gcc $(CFLAGS) $^ -o $@
END
mutate --count 0 loop.c
ok 'a loop without an end: the exit status is 0' status_is 0
ok 'a loop without an end: is killed, and how is said' out_has \
	'loop.c:1 killed by test_loop (time)'

# A test that passes at first and fails later, even without a change, kills nothing.
echo 'int room_moody(void) { return 5; }' >"$top/moody.c"
cat >"$top/tests/test_moody.c" <<'END'
#include <string.h>
#include <unistd.h>
int room_moody(void);
int main(void)
{
	char path[4096];

	return !room_moody() || !strstr(getcwd(path, sizeof(path)), "/coverage");
}
END
cat >>"$top/Makefile" <<'END'
unit-tests: $(BUILD)/tests/test_moody
$(BUILD)/tests/test_moody: $(BUILD)/obj/moody.o $(BUILD)/obj/tests/test_moody.o
	@mkdir -p $(@D)
	gcc $(CFLAGS) $^ -o $@
END
mutate --count 0 moody.c
ok 'a test that fails without a change: is not believed' out_has \
	'test_moody fails without any change (plain), and is not believed'
ok 'a test that fails without a change: kills nothing' out_has \
	'all: 3 mutants made: 0 killed, 0.0 % of 3; 3 survived;'

# The commands of a mutant have the priority of the shell that began it, though they have a
# session of its own, to which some kernels give another one.
if [ -w /proc/self/autogroup ]; then
	# shellcheck disable=SC2016 # for the inner shell
	# The kernel lets users other than root do this only ten times per second.
	run setsid --wait sh -c 'until echo 7 >/proc/self/autogroup; do sleep 0.1; done 2>/dev/null
		exec python3 -c "$1"' - \
		'import sys; sys.dont_write_bytecode = True; sys.path.insert(0, "lab/mutate")
import trees; print(trees.call(["cat", "/proc/self/autogroup"], "/")[1])'
	ok 'a session of its own, of the same priority' out_has ' nice 7'
fi

# limited PATH: run a command as mutate does, with PATH as the file of the session's priority
limited() {
	run python3 -c '
import functools, sys; sys.dont_write_bytecode = True; sys.path.insert(0, "lab/mutate")
import trees; trees.session_priority = functools.partial(trees.session_priority, sys.argv[1])
print(trees.call(["echo", "it ran"], "/"))' "$1"
}

# The file is empty for a process that is in the session of the system's first process.
limited "$tap_dir/none"
ok 'a session without a priority of its own: commands run' out_has "(0, 'it ran"
limited "$tap_dir/no-file"
ok 'a kernel that does not group sessions: commands run' out_has "(0, 'it ran"

# A program that tests embed: for its mutants, the tests that call a function of its
# skeleton are run, and a test that is only linked with it is not.
echo 'int prog(void) { return 5; }' >"$top/prog.bpf.c"
cat >"$top/tests/test_loads.c" <<'END'
#include "prog.skel.h"
int main(void)
{
	return prog_load() != 5;
}
END
cat >"$top/tests/test_links.c" <<'END'
#include "prog.skel.h"
#include <stdio.h>
int main(void)
{
	return !freopen("linked", "w", stdout);
}
END
cat >>"$top/Makefile" <<'END'
unit-tests: $(BUILD)/tests/test_loads $(BUILD)/tests/test_links
$(BUILD)/prog.bpf.o: prog.bpf.c
	@mkdir -p $(@D)
	gcc -c $< -o $@
$(BUILD)/prog.skel.h: $(BUILD)/prog.bpf.o
	sed 's/^int prog/static inline int prog_load/' prog.bpf.c >$@
$(BUILD)/obj/tests/test_l%.o: tests/test_l%.c $(BUILD)/prog.skel.h
	@mkdir -p $(@D)
	gcc $(CFLAGS) -I$(BUILD) -c $< -o $@
$(BUILD)/tests/test_l%: $(BUILD)/obj/tests/test_l%.o
	gcc $(CFLAGS) $^ -o $@
END
mutate --count 0 prog.bpf.c
ok 'a program that a test loads: every change is noticed' \
	out_has 'all: 3 mutants made: 3 killed, 100.0 % of 3'
ok 'a program that a test loads: that test kills changes of it' [ "$(grep -c 'killed by test_loads' <<<"$out")" -eq 3 ]
rm -f "$tap_dir"/scratch/mutants-*/linked
sed -i 's/!= 5/< 5/' "$top/tests/test_loads.c"
mutate --count 0 prog.bpf.c
ok 'a program that a test loads: other changes survive' [ "$(survivors)" = \
	'+ int prog(void) { return 6; }' ]
ok 'a program that a test loads: a test that only contains it is not run' \
	[ -z "$(ls "$tap_dir"/scratch/mutants-*/linked 2>/dev/null)" ]

mutate other.c
ok 'a file that is not there: status' status_is 2
ok 'a file that is not there: one line' one_err_line
sed -i 's/!= 8/!= 9/' "$top/tests/test_room.c"
mutate room.c
ok 'tests that fail without any change: status' status_is 2
ok 'tests that fail without any change: it says which' err_has 'test_room fails without any change'
rm -rf "$tap_dir/.git" "$tap_dir/project/.git"
mutate room.c
ok 'what nobody expected is no survivor: status' status_is 2
ok 'what nobody expected is no survivor: it says where' err_has 'Traceback'

done_testing
