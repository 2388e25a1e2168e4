# SPDX-License-Identifier: MIT
# bash completion for pvctl. The build puts its tables in front of this: _pvctl_words, one row a command, with the words that may follow
# it, and _pvctl_host_words, one row a command of "host"; "@domain" and "@file" stand for what is looked up.
#
# Names of domains and files are others' text. They are compared and quoted, never expanded (as compgen -W would): neither TAB nor what
# it leaves on the command line runs anything.

# bash cuts words at ":" and "=" too. Sets `line` to the words as they were typed, up to the current one, and `cut` to what of that stands
# before the piece that readline replaces.
_pvctl_join()
{
	local rest=$COMP_LINE trimmed piece before=' ' i
	line=() cut=
	for ((i = 0; i <= COMP_CWORD; i++)); do
		piece=${COMP_WORDS[i]}
		trimmed=${rest#"${rest%%[![:space:]]*}"}
		if [[ $i != 0 && $rest == "$trimmed" && ($piece == [:=]* || $before == *[:=]) ]]; then
			cut=${line[-1]}
			line[-1]+=$piece
		else
			line+=("$piece") cut=
		fi
		[[ $piece != [:=]* ]] || cut=${line[-1]}
		rest=${trimmed#"$piece"} before=$piece
	done
}

# Offers those of the words behind $1 that begin with it.
_pvctl_offer()
{
	local current=$1 word
	shift
	for word; do
		[[ $word != "$current"* ]] || COMPREPLY+=("${word#"$cut"}")
	done
}

# Offers the lines of standard input likewise, quoted for the shell. Inside quotes that the user has opened there is no quoting that
# fits all names: only those that need none are offered. One that looks like an option is offered behind "--" only.
_pvctl_offer_names()
{
	local current=$1 name quoted
	while IFS= read -r name; do
		[[ $name != -* || $only_names ]] || continue
		printf -v quoted %q "$name"
		case $current in
		[\"\']*) [[ $name != "$quoted" || $name != "${current:1}"* ]] || COMPREPLY+=("${name#"$cut"}") ;;
		*) [[ $quoted != "$current"* && $name != "$current"* ]] || COMPREPLY+=("${quoted#"$cut"}") ;;
		esac
	done
}

_pvctl_offer_files()
{
	compopt -o filenames 2>/dev/null	# readline quotes them
	mapfile -t COMPREPLY < <(compgen -f -- "$1")
	COMPREPLY=("${COMPREPLY[@]#"$cut"}")
}

# What may stand for the value of an option. False if it is none of these.
_pvctl_offer_value()
{
	case $2 in
	--format) _pvctl_offer "$1" table json ;;
	--mode) _pvctl_offer "$1" paravirt ;;
	-c|--connect) _pvctl_offer "$1" pvd:///system pvd:///session ;;
	--accel) _pvctl_offer "$1" auto kvm tcg ;;
	--file|--kernel|--hypervisor|--root) _pvctl_offer_files "$1" ;;
	--domain) _pvctl_offer_names "$1" < <("${line[0]}" "${connect[@]}" -q list --all --name 2>/dev/null) ;;
	--name) [[ $command == host ]] && _pvctl_offer_names "$1" < <("${line[0]}" -q host list --all --name 2>/dev/null) ;;
	*) false ;;
	esac
}

_pvctl()
{
	local cut current previous command= verb= only_names= i
	local IFS=$' \t\n'
	local -a line=() connect=() words=()

	_pvctl_join
	current=${line[-1]} previous=
	[[ ${#line[@]} -lt 2 ]] || previous=${line[-2]}
	for ((i = 1; i < ${#line[@]} - 1; i++)); do
		case ${line[i]} in
		--) only_names=1;;
		-c|--connect) connect=(-c "${line[i+1]}"); i=$((i + 1));;
		--connect=*) connect=("${line[i]}");;
		-[edlkK]|--escape|--debug|--log|--keepalive-interval|--keepalive-count|--format) i=$((i + 1));;
		-*) ;;
		*) if [[ -z $command ]]; then command=${line[i]}; elif [[ -z $verb ]]; then verb=${line[i]}; fi;;
		esac
	done
	COMPREPLY=()
	if [[ $current == --*=* ]]; then
		previous=${current%%=*} current=${current#*=} cut=${cut#*=}
	fi
	_pvctl_offer_value "$current" "$previous" && return
	if [[ -z $command ]]; then
		_pvctl_offer "$current" "${!_pvctl_words[@]}" -c -e -q -r -t --connect --escape --quiet --readonly --timing --format \
			--version --help
		return
	fi
	read -ra words <<<"${_pvctl_words[$command]-}"
	[[ $command != host || -z $verb ]] || read -ra words <<<"${_pvctl_host_words[$verb]-}"
	if [[ ${words[0]-} == @domain && ($current != -* || $only_names) ]]; then
		_pvctl_offer_value "$current" --domain
	elif [[ ${words[0]-} == @file && $current != -* ]]; then
		_pvctl_offer_files "$current"
	else
		[[ $command != help ]] || words+=("${!_pvctl_words[@]}")
		_pvctl_offer "$current" "${words[@]}" --format --help
	fi
}

complete -F _pvctl pvctl
