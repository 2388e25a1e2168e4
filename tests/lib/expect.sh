# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# What tests wait for and what they say. Sourced by host.sh and boot.sh.

shopt -s extglob

# read_until FD SECONDS PATTERN: reads until all that came, left in READ_TEXT, matches the shell pattern *PATTERN*; fails at the end of
# input and after SECONDS.
read_until() {
	local chunk rc end=$((SECONDS + $2))
	READ_TEXT=
	while [ $SECONDS -lt $end ]; do
		IFS= read -r -d '' -n 4096 -t 0.1 chunk <&"$1"
		rc=$?
		READ_TEXT+=$chunk
		# shellcheck disable=SC2053 # a pattern
		[ -z "$chunk" ] || [[ $READ_TEXT != *$3* ]] || return 0
		[ $rc != 1 ] || return 1
	done
	return 1
}

fail() { printf 'FAILED: %s\n' "$*"; exit 1; }

# expect CODE COMMAND...: it ends with CODE, having written what is then in the file `out`.
expect() {
	local want=$1 rc
	shift
	"$@" </dev/null >out 2>&1
	rc=$?
	[ $rc = "$want" ] || { cat out; fail "$*: exit code $rc, not $want"; }
}

# said TEXT: the last command of expect() did.
said() { grep -q -- "$1" out || { cat out; fail "not said: $1"; }; }

# pause: a tenth of a second, in a loop that waits for a condition under the test's time limit.
pause() { read -r -t 0.1 <> <(:); }
