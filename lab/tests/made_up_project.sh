# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# This project without its content, for commands.t: the makefiles as they are, and as
# many sources as they name, each of which is empty.

# stub FILE: what takes the place of that source
stub() {
	case $1 in
	*.bpf.c) echo 'char LICENSE[] __attribute__((section("license"), used)) = "GPL";' ;;
	*.c)
		! grep -q '^int main(' "$1" 2>/dev/null || echo 'int main(void) { return 0; }'
		;;
	esac
}

# make_project DIR
make_project() {
	local dir=$1 files rooms room file

	mkdir -p "$dir"
	files=$(git ls-files Makefile '*.mk')
	# shellcheck disable=SC2086 # a word each
	cp --parents $files lab/setup/build-tools.sh "$dir"
	# A command that is taken away must not be found elsewhere.
	sed -i '/^export PATH/d' "$dir/Makefile"
	rooms=$(make -s -f userspace/userspace.mk -f - rooms <<<$'rooms:\n\t@echo $(ROOMS)')
	files=$(git ls-files 'bpf/*.bpf.c' 'guest/*.[cS]' 'lab/cost/*.[ch]' 'lab/faults/*.[ch]' \
		'lab/faults/*.def' 'userspace/report/page/web/*' | grep -v /tests/)
	files+=" $(git grep -l '^int main(' -- 'userspace/*.c' ':!*/tests/*')"
	for room in $rooms; do
		files+=" userspace/$room/made_up.c"
	done
	for file in $files userspace/report/page/page_files.S; do
		mkdir -p "$dir/${file%/*}"
		stub "$file" >"$dir/$file"
	done
}
