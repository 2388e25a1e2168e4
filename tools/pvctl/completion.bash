# SPDX-License-Identifier: MIT
# bash completion for pvctl. The build puts its table in front of this: _pvctl_words, one row a command, with the words that may follow
# it; "@domain" and "@file" stand for what is looked up.

_pvctl()
{
	local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command= i words
	local -a connect=()

	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-c|--connect) connect=(-c "${COMP_WORDS[i+1]}"); i=$((i + 1));;
		--format) i=$((i + 1));;
		-*) ;;
		*) command=${COMP_WORDS[i]}; break;;
		esac
	done
	COMPREPLY=()
	case $previous in
	--format) COMPREPLY=($(compgen -W 'table json' -- "$current")); return;;
	-c|--connect) COMPREPLY=($(compgen -W 'pvd:///system pvd:///session' -- "$current")); return;;
	--file) COMPREPLY=($(compgen -f -- "$current")); return;;
	esac
	if [[ -z $command ]]; then
		words="${!_pvctl_words[*]} -c -q --connect --quiet --format --version --help"
		COMPREPLY=($(compgen -W "$words" -- "$current"))
		return
	fi
	words="${_pvctl_words[$command]} --format --help"
	if [[ $words == *@domain* && $current != -* ]] || [[ $previous == --domain ]]; then
		words=$("${COMP_WORDS[0]}" "${connect[@]}" -q list --all --name 2>/dev/null)
	elif [[ $words == *@file* && $current != -* ]]; then
		COMPREPLY=($(compgen -f -- "$current"))
		return
	elif [[ $command == help ]]; then
		words+=" ${!_pvctl_words[*]}"
	fi
	words=${words/@domain/}
	COMPREPLY=($(compgen -W "${words/@file/}" -- "$current"))
}

complete -F _pvctl pvctl
