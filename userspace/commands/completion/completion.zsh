#compdef @PROGRAM@
# SPDX-License-Identifier: GPL-2.0-only
#
# zsh completion for @PROGRAM@.  The program itself lists the possible words.

_@PROGRAM@() {
	local -a lines names shown suffix
	local line
	local -i at

	lines=("${(@f)$("${${(Q)words[1]}/#\~/$HOME}" --complete \
		"${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
	case ${lines[1]} in
	files)
		[[ $PREFIX != --*=* ]] || compset -P '*='
		_files
		;;
	command*)
		at=${words[(i)--]}
		shift $at words
		((CURRENT -= at))
		_normal
		;;
	words | more)
		[[ ${lines[1]} == words ]] || suffix=(-S '')
		for line in "${(@)lines[2,-1]}"; do
			names+=("${line%%$'\t'*}")
			shown+=("${line/$'\t'/  -- }")
		done
		((${#names} == 0)) || compadd "${suffix[@]}" -l -d shown -a names
		;;
	esac
}

# If this file is autoloaded from fpath, it runs as the function, so call the new definition.
# If it is sourced, register the function.
if [[ ${funcstack[1]} == _@PROGRAM@ ]]; then
	_@PROGRAM@ "$@"
else
	compdef _@PROGRAM@ @PROGRAM@
fi
