#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: tidy.sh FILE.c...
#
# Runs clang-tidy on C files, with clang's own warnings as errors, on as many files at once
# as there are processors.  A file that has passed is checked again only after a change of
# the file, of a header that it includes, of the configuration, or of clang-tidy itself:
# build/lint has an empty file for each file that passed.  The programs must be built
# before, as this needs the lists of headers that the build makes.
#
# The static analyzer gives up on a function after NODES states.  With clang's default of
# 225,000, most time is spent in the few functions that reach the limit; 50,000 take a
# quarter of the time.  Set NODES=225000 in the environment for a deeper check.
#
# Exit status: 0 if all files passed, 1 if not.

# shellcheck source=lab/lib.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/../lib.sh"
LINT=$BUILD/lint
FLAGS=(-std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Wformat=2 -Wshadow
	-Wstrict-prototypes -Wmissing-prototypes '-DEXITLEDGER_VERSION="0"'
	-I. -Iuserspace -Ibpf -Ikvm-instrumentation/src -Iguest -isystem "$BUILD/bpf")

NODES=${NODES:-50000}
DEPTH=(--extra-arg=-Xclang --extra-arg=-analyzer-config
	--extra-arg=-Xclang "--extra-arg=max-nodes=$NODES")

# key_of FILE: a hash of everything on which the result for a file depends
key_of() {
	local rules=$BUILD/obj/${1%.c}.d headers

	# A rule is "TARGET: FILE HEADER..."; each header also has an empty rule.
	headers=$(sed -e 's/\\$//' -e '/^[^ ].*:$/d' -e 's/^[^ ]*: //' "$rules" |
		tr ' ' '\n' | grep -v '^/' | sort -u)
	# shellcheck disable=SC2086 # Each header is a word.
	{
		printf '%s\n' "$VERSION" "$NODES" "${FLAGS[*]}"
		cat -- .clang-tidy "$1" $headers
	} | sha256sum | cut -c 1-32
}

main() {
	local file key todo=() status=0

	(($#)) || usage
	need clang-tidy
	cd -- "$TOP"
	mkdir -p "$LINT"
	VERSION=$(clang-tidy --version)
	for file; do
		[[ -r $BUILD/obj/${file%.c}.d ]] ||
			die "$file was not built; run make programs unit-tests"
		key=$(key_of "$file")
		[[ -e $LINT/$key ]] || todo+=("$file" "$key")
	done
	((${#todo[@]})) || return 0
	# shellcheck disable=SC2016 # The inner shell expands these.
	printf '%s\n' "${todo[@]}" | LINT=$LINT xargs -n 2 -P "$PROCESSORS" bash -c '
		words=("$@")
		clang-tidy --quiet "${words[@]:0:4}" "${words[-2]}" -- \
			"${words[@]:4:$#-6}" &&
			touch "$LINT/${words[-1]}"' - "${DEPTH[@]}" "${FLAGS[@]}" \
		2>"$LINT/.messages" || status=1
	# clang-tidy also counts the warnings that it suppresses.
	grep -v ' warnings\{0,1\} generated\.$\|^Suppressed\|^Use -header-filter' \
		"$LINT/.messages" >&2 || true
	return "$status"
}

main "$@"
