# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Makes this project without its content, for commands.t: the real makefiles, and a stub for
# each source that they name.

# stub FILE: print the replacement of this source
stub() {
	case $1 in
	*.bpf.c) echo 'char LICENSE[] __attribute__((section("license"), used)) = "GPL";' ;;
	*.c)
		! grep -q '^int main(' "$1" 2>/dev/null || echo 'int main(void) { return 0; }'
		;;
	esac
}

# make_project DIR: make the project there
make_project() {
	local dir=$1 files rooms room file

	mkdir -p "$dir"
	files=$(git ls-files Makefile '*.mk')
	# shellcheck disable=SC2086 # Each file is a word.
	cp --parents $files lab/setup/build-tools.sh "$dir"
	# A command that was removed must not be found in another directory.
	sed -i '/^export PATH/d' "$dir/Makefile"
	rooms=$(make -s -f userspace/userspace.mk -f - rooms <<<$'rooms:\n\t@echo $(ROOMS)')
	files=$(git ls-files 'bpf/*.bpf.c' 'guest/*.[cS]' 'lab/cost/*.[ch]' 'lab/debug/*.[ch]' \
		'lab/faults/*.[ch]' 'lab/faults/*.def' 'userspace/report/page/web/*' | grep -v /tests/)
	files+=" $(git grep -l '^int main(' -- 'userspace/*.c' ':!*/tests/*')"
	for room in $rooms; do
		files+=" userspace/$room/made_up.c"
	done
	for file in $files userspace/report/page/page_files.S; do
		mkdir -p "$dir/${file%/*}"
		stub "$file" >"$dir/$file"
	done
}
