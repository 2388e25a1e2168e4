# SPDX-License-Identifier: MIT
# bash completion for pvctl. The build puts its table in front of this: _pvctl_words, one row a command, with the words that may follow
# it; "@domain" and "@file" stand for what is looked up.
#
# Names of domains and files are others' text. They are compared and quoted, never expanded (as compgen -W would): neither TAB nor what
# it leaves on the command line runs anything.

# Offers those of the words behind $1 that begin with it.
_pvctl_offer()
{
	local current=$1 word
	shift
	for word; do
		[[ $word != "$current"* ]] || COMPREPLY+=("$word")
	done
}

# Offers the lines of standard input likewise, quoted for the shell. Inside quotes that the user has opened there is no quoting that
# fits all names: only those that need none are offered.
_pvctl_offer_names()
{
	local current=$1 name quoted
	while IFS= read -r name; do
		printf -v quoted %q "$name"
		case $current in
		[\"\']*) [[ $name != "$quoted" || $name != "${current:1}"* ]] || COMPREPLY+=("$name") ;;
		*) [[ $quoted != "$current"* && $name != "$current"* ]] || COMPREPLY+=("$quoted") ;;
		esac
	done
}

_pvctl_offer_files()
{
	compopt -o filenames 2>/dev/null	# readline quotes them
	mapfile -t COMPREPLY < <(compgen -f -- "$1")
}

_pvctl()
{
	local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command= i
	local IFS=$' \t\n'
	local -a connect=() words=()

	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-c|--connect) connect=(-c "${COMP_WORDS[i+1]}"); i=$((i + 1));;
		-[edlkK]|--escape|--debug|--log|--keepalive-*|--format) i=$((i + 1));;
		-*) ;;
		*) command=${COMP_WORDS[i]}; break;;
		esac
	done
	COMPREPLY=()
	case $previous in
	--format) _pvctl_offer "$current" table json; return;;
	--mode) _pvctl_offer "$current" paravirt; return;;
	-c|--connect) _pvctl_offer "$current" pvd:///system pvd:///session; return;;
	--file) _pvctl_offer_files "$current"; return;;
	esac
	if [[ -z $command ]]; then
		_pvctl_offer "$current" "${!_pvctl_words[@]}" -c -e -q -r -t --connect --escape --quiet --readonly --timing --format \
			--version --help
		return
	fi
	read -ra words <<<"${_pvctl_words[$command]-}"
	if [[ ${words[0]-} == @domain && $current != -* ]] || [[ $previous == --domain ]]; then
		_pvctl_offer_names "$current" < <("${COMP_WORDS[0]}" "${connect[@]}" -q list --all --name 2>/dev/null)
	elif [[ ${words[0]-} == @file && $current != -* ]]; then
		_pvctl_offer_files "$current"
	else
		[[ $command != help ]] || words+=("${!_pvctl_words[@]}")
		_pvctl_offer "$current" "${words[@]}" --format --help
	fi
}

complete -F _pvctl pvctl
