#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# usage: tidy.sh FILE.c...
#
# clang-tidy on C files, with clang's own warnings as errors; on as many at a time as
# there are processors.  A file that has passed is not looked at again until it
# changes, or a header that it includes, the configuration or clang-tidy itself:
# build/lint has an empty file for each that passed.  The programs must be built, as
# their makefiles then know the headers.
#
# The static analyzer gives a function up after NODES states.  With clang's own limit,
# 225,000, most of the time goes into the few functions that reach it: with 50,000 it
# is done in a quarter of the time.  NODES=225000 in the environment looks deeper.
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

# key_of FILE: changes when its result can
key_of() {
	local rules=$BUILD/obj/${1%.c}.d headers

	# A rule is "TARGET: FILE HEADER..."; headers have empty rules of their own.
	headers=$(sed -e 's/\\$//' -e '/^[^ ].*:$/d' -e 's/^[^ ]*: //' "$rules" |
		tr ' ' '\n' | grep -v '^/' | sort -u)
	# shellcheck disable=SC2086 # a word each
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
	# shellcheck disable=SC2016 # for that shell
	printf '%s\n' "${todo[@]}" | LINT=$LINT xargs -n 2 -P "$PROCESSORS" bash -c '
		words=("$@")
		clang-tidy --quiet "${words[@]:0:4}" "${words[-2]}" -- \
			"${words[@]:4:$#-6}" &&
			touch "$LINT/${words[-1]}"' - "${DEPTH[@]}" "${FLAGS[@]}" \
		2>"$LINT/.messages" || status=1
	# It also counts the warnings that it does not show.
	grep -v ' warnings\{0,1\} generated\.$\|^Suppressed\|^Use -header-filter' \
		"$LINT/.messages" >&2 || true
	return "$status"
}

main "$@"
