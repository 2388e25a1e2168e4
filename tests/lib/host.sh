# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# A hosted machine and its guests, for ./demo and the end-to-end tests. Sourced with PV_TOP, PV_BUILD and PV_KERNEL set.
# The instance has a name of its own, and goes when the shell that made it ends, however it ends.

PVCTL=$PV_BUILD/tools/pvctl/pvctl
HOST_NAME=
export NO_COLOR=1
# shellcheck source=/dev/null
. "$PV_TOP/tests/lib/expect.sh"

pvctl() { "$PVCTL" "$@"; }

# host_start NAME [OPTION...]: brings an instance up with this build's hypervisor; pvctl then talks to it.
host_start() {
	local name=$1
	shift
	HOST_NAME=$name
	export PVCTL_URI=pvd:///session/$name
	"$PVCTL" host start --name "$name" --kernel "$PV_KERNEL" --hypervisor "${PV_HYPERVISOR:-$PV_BUILD/hypervisor/paravane}" \
		--timeout 180 "$@" </dev/null || return
	HOST_STATE=$("$PVCTL" host status --name "$name" --format json </dev/null | json_text state_folder)
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
	local fd pid rc
	exec {fd}< <(exec "$PVCTL" console "$1" --replay 1000 2>&1 < <(printf '%s' "${4:-}"))
	pid=$!
	read_until "$fd" "$2" "$3"
	rc=$?
	exec {fd}<&-
	kill -TERM $pid 2>/dev/null
	CONSOLE_TEXT=$READ_TEXT
	return $rc
}

# dom0_run COMMAND [SECONDS]: a shell of dom0 runs COMMAND. Its output is left in DOM0_TEXT, its exit code is returned; 124 if it took
# too long. The command goes there, and its output comes back, as files of the state folder, dom0's /var/lib/paravane; only the
# request to run it is typed on the machine's console (Xen drops what is longer than 128 bytes).
DOM0_RUNS=0
dom0_run() {
	local name=$BASHPID-$((++DOM0_RUNS)) rc=124 end=$((SECONDS + ${2:-60})) pid
	local file=$HOST_STATE/dom0/$name
	printf '(%s) >/var/lib/paravane/%s.out 2>&1\necho $? >/var/lib/paravane/%s.new\nmv /var/lib/paravane/%s.new /var/lib/paravane/%s.rc\n' \
		"$1" "$name" "$name" "$name" "$name" >"$file"
	"$PVCTL" host console --name "$HOST_NAME" --timeout "${2:-60}" < <(printf '\n. /var/lib/paravane/%s\n' "$name") >/dev/null 2>&1 &
	pid=$!
	until [ -s "$file.rc" ] || [ $SECONDS -ge $end ]; do pause; done
	kill -TERM $pid 2>/dev/null
	wait $pid 2>/dev/null
	[ ! -s "$file.rc" ] || rc=$(<"$file.rc")
	DOM0_TEXT=$(cat "$file.out" 2>&1)
	rm -f "$file" "$file.out" "$file.rc"
	return "$rc"
}

# json FIELD: the number of one field of a flat JSON answer.
json() { sed -n "s/.*\"$1\": *\\([0-9][0-9]*\\).*/\\1/p" | head -n 1; }

# json_text FIELD: a text without quotes in it.
json_text() { sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p" | head -n 1; }

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
