# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# A hosted machine and its guests, for ./demo and the end-to-end tests. Sourced with PV_TOP, PV_BUILD and PV_KERNEL set.
# The instance has a name of its own, and goes when the shell that made it ends, however it ends.

PVCTL=$PV_BUILD/tools/pvctl/pvctl
HOST_NAME=
export NO_COLOR=1

pvctl() { "$PVCTL" "$@"; }

# host_start NAME [OPTION...]: brings an instance up with this build's hypervisor; pvctl then talks to it.
host_start() {
	local name=$1
	shift
	HOST_NAME=$name
	export PVCTL_URI=pvd:///session/$name
	"$PVCTL" host start --name "$name" --kernel "$PV_KERNEL" --hypervisor "${PV_HYPERVISOR:-$PV_BUILD/hypervisor/paravane}" \
		--timeout 180 "$@"
}

host_stop() {
	[ -n "$HOST_NAME" ] || return 0
	"$PVCTL" host stop --name "$HOST_NAME" </dev/null
	local rc=$?
	HOST_NAME=
	return $rc
}

# host_guard: stop the instance on every way out, and die of a signal with the code that says so.
host_guard() {
	trap 'host_stop >/dev/null 2>&1; host_cleanup' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	trap 'exit 129' HUP
}

# May be replaced by what sources this.
host_cleanup() { :; }

# console_expect DOMAIN SECONDS PATTERN [INPUT]: attaches, from the first byte the guest ever wrote, types INPUT, and waits until
# what came matches the shell pattern *PATTERN*. All that came is left in CONSOLE_TEXT.
console_expect() {
	local domain=$1 pattern=$3 fd pid rc=1 char end=$((SECONDS + $2))
	CONSOLE_TEXT=
	exec {fd}< <(exec "$PVCTL" console "$domain" --replay 1000 2>&1 < <(printf '%s' "${4:-}"))
	pid=$!
	while [ $SECONDS -lt $end ]; do
		IFS= read -r -d '' -n 1 -t $((end - SECONDS)) char <&$fd || [ -n "$char" ] || break
		CONSOLE_TEXT+=$char
		# shellcheck disable=SC2053 # a pattern
		[[ $CONSOLE_TEXT == *$pattern* ]] && { rc=0; break; }
	done
	exec {fd}<&-
	kill -TERM $pid 2>/dev/null
	return $rc
}

# dom0_run COMMAND [SECONDS]: a shell of dom0, on the machine's console, runs COMMAND. Its output is left in DOM0_TEXT, its exit code
# is returned; 124 if it took too long. A mark of its own stands before and behind, and not so in what the console echoes.
DOM0_RUNS=0
dom0_run() {
	local fd pid rc=124 char text='' mark=$BASHPID-$((++DOM0_RUNS)) end=$((SECONDS + ${2:-60}))
	DOM0_TEXT=
	exec {fd}< <(exec "$PVCTL" host console --name "$HOST_NAME" --timeout "${2:-60}" \
		< <(printf '\nprintf "\\n%%s%%s\\n" begin- %s; %s\nprintf "\\nend-%%s-%%s.\\n" %s $?; exit\n' "$mark" "$1" "$mark"))
	pid=$!
	while [ $SECONDS -lt $end ]; do
		IFS= read -r -d '' -n 1 -t $((end - SECONDS)) char <&$fd || [ -n "$char" ] || break
		[ "$char" = $'\r' ] || text+=$char
		[[ $text != *"end-$mark-"*. ]] || { rc=${text##*"end-$mark-"}; rc=${rc%.}; break; }
	done
	exec {fd}<&-
	kill -TERM $pid 2>/dev/null
	text=${text##*"begin-$mark"}
	DOM0_TEXT=${text%"end-$mark-"*}
	return "$rc"
}

# ---- what tests say -------------------------------------------------------------------------------

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

# json FIELD: the number of one field of a flat JSON answer.
json() { sed -n "s/.*\"$1\": *\\([0-9][0-9]*\\).*/\\1/p" | head -n 1; }

# free_memory: bytes that no domain has.
free_memory() { "$PVCTL" nodeinfo --format json </dev/null | tr ',{}' '\n\n\n' | json free_memory; }

# guest_xml NAME MIB KERNEL [INITRD [CMDLINE]]: a domain's description.
guest_xml() {
	cat <<-X
		<domain type='xen'>
		  <name>$1</name>
		  <memory unit='MiB'>$2</memory>
		  <os>
		    <type>linux</type>
		    <kernel>$3</kernel>
		    ${4:+<initrd>$4</initrd>}
		    ${5:+<cmdline>$5</cmdline>}
		  </os>
		  <on_poweroff>destroy</on_poweroff>
		  <on_crash>destroy</on_crash>
		</domain>
	X
}
