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

# json FIELD: the number of one field of a flat JSON answer.
json() { sed -n "s/.*\"$1\": *\\([0-9][0-9]*\\).*/\\1/p" | head -n 1; }

# free_memory: bytes that no domain has.
free_memory() { "$PVCTL" nodeinfo --format json </dev/null | tr ',{}' '\n\n\n' | json free_memory; }

# small_initrd FILE: a root file system of busybox alone, whose shell is on the console.
small_initrd() {
	local root
	root=$(mktemp -d) || return
	mkdir -p "$root"/{bin,proc,sys,dev}
	cp "$(command -v busybox)" "$root/bin/busybox"
	cat >"$root/init" <<-'I'
		#!/bin/busybox sh
		/bin/busybox --install -s /bin
		export PATH=/bin PS1='guest# '
		mount -t proc proc /proc
		mount -t sysfs sys /sys
		mount -t devtmpfs dev /dev
		echo "Linux $(uname -r) has reached its first process"
		setsid cttyhack sh
		poweroff -f
	I
	chmod +x "$root/init"
	(cd "$root" && find . | cpio -o -H newc 2>/dev/null | gzip -1) >"$1"
	local rc=$?
	rm -rf "$root"
	return $rc
}

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
