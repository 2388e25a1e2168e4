# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# A machine without pvctl, for tests of the boot itself. Sourced with PV_TOP and PV_BUILD set.

# shellcheck source=/dev/null
. "$PV_TOP/tests/lib/expect.sh"

# boot_until SECONDS FILE PATTERN QEMU-OPTION...: boots until the serial console matches the shell pattern *PATTERN*, then
# stops the machine. The console is kept in FILE. Fails if the machine ends or the time is over before. BOOT_SECONDS, BOOT_CPU: the time
# and the CPU time that it took.
boot_until() {
	local seconds=$1 file=$2 pattern=$3 fd rc began=$EPOCHREALTIME
	shift 3
	exec {fd}< <(exec qemu-system-x86_64 -accel tcg -m 512 -nographic -vga none -nic none -no-reboot "$@" 2>&1 </dev/null)
	BOOT_QEMU=$!
	read_until "$fd" "$seconds" "$pattern"
	rc=$?
	BOOT_SECONDS=$(awk -v a="$began" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.2f", b - a }')
	# Field 14 and 15 are hundredths of a second.
	BOOT_CPU=$(awk '{ printf "%.2f", ($14 + $15) / 100 }' "/proc/$BOOT_QEMU/stat" 2>/dev/null)
	kill -KILL "$BOOT_QEMU" 2>/dev/null
	exec {fd}<&-
	BOOT_QEMU=
	printf '%s' "${READ_TEXT//$'\r'/}" >"$file"
	[ $rc = 0 ] || { tail -n 30 "$file"; echo "not seen within $seconds s: $pattern"; }
	return $rc
}

# No QEMU outlives the shell.
boot_guard() {
	trap '[ -z "${BOOT_QEMU:-}" ] || kill -KILL $BOOT_QEMU 2>/dev/null' EXIT
	trap 'exit 143' INT TERM HUP
}
