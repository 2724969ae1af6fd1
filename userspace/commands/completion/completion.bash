# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# bash completion for @PROGRAM@.  The program itself lists the possible words.

_@PROGRAM@() {
	local line=${COMP_LINE:0:COMP_POINT} words=() replies=() gap token word
	local head quote='' breaks=${COMP_WORDBREAKS//[!=:]/}
	local -i i

	# bash also splits words at "=" and ":"; join them again.
	for ((i = 0; i <= COMP_CWORD; i++)); do
		gap=${line%%[![:space:]]*} line=${line#"${line%%[![:space:]]*}"}
		token=${COMP_WORDS[i]}
		((i < COMP_CWORD)) || token=$line
		line=${line#"$token"}
		if ((i > 0)) && [[ -z $gap ]]; then
			words[-1]+=$token
		else
			words+=("$token")
		fi
	done
	# Inside quotes, offer only names that need no quoting.
	[[ ${words[-1]} != *[\"\']* ]] || quote=1
	words=("${words[@]//[\\\"\']/}")

	COMPREPLY=()
	mapfile -t replies < <("${1/#\~/$HOME}" --complete "${words[@]:1}" 2>/dev/null)
	case ${replies[0]:-none} in
	files)
		compopt -o default
		return
		;;
	command*)
		if [[ $(type -t _command_offset) == function ]]; then
			for ((i = 1; i < COMP_CWORD; i++)); do
				[[ ${COMP_WORDS[i]} != -- ]] || break
			done
			_command_offset $((i + 1))
		elif [[ ${words[-2]} == -- ]]; then
			mapfile -t COMPREPLY < <(compgen -c -- "${words[-1]}")
		else
			compopt -o default
		fi
		return
		;;
	more) compopt -o nospace ;;
	esac
	# Readline replaces only the text after the last "=" or ":".
	head=''
	[[ -z $breaks ]] || head=${words[-1]%"${words[-1]##*["$breaks"]}"}
	for word in "${replies[@]:1}"; do
		word=${word%%$'\t'*}
		if [[ $word == *[!A-Za-z0-9_.,:@%+=/-]* ]]; then
			[[ -z $quote ]] || continue
			printf -v word '%q' "${word#"$head"}"
			COMPREPLY+=("$word")
		else
			COMPREPLY+=("${word#"$head"}")
		fi
	done
}

complete -F _@PROGRAM@ @PROGRAM@
