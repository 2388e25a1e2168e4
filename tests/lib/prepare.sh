# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# What ./demo and ./check share: the packages, whose user works, the build, signals. Sourced by bash, with PV_TOP set to the clone.
#
# Nothing outside the clone changes but what apt-get installs, and that only when dpkg-query says that it is missing. With sudo the
# work itself is done by the user who called it, so that no file of the clone changes its owner.

PATH=$PATH:/usr/sbin:/sbin
PV_BUILD=${PV_BUILD:-$PV_TOP/build}
PV_CACHE=${PV_CACHE:-$PV_BUILD/cache}
PV_LOG=$PV_BUILD/log
export PV_TOP PV_BUILD PV_CACHE

say() { printf '%s\n' "$*"; }
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

# The last 20 lines of a log, when what wrote it failed.
log_tail() {
	say "--- the last lines of $1"
	tail -n 20 "$1"
	say '---'
}

# ---- packages -------------------------------------------------------------------------------------

# packages_of PURPOSE...: the packages that the file `packages` names for these purposes.
packages_of() {
	awk -F'\t' -v want=" $* " '/^[^#]/ && index(want, " " $1 " ") { print $2 }' "$PV_TOP/packages"
}

packages_missing() {
	local package
	command -v dpkg-query >/dev/null || { packages_of "$@"; return; }
	for package in $(packages_of "$@"); do
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || say "$package"
	done
}

is_debian_12() {
	(. /etc/os-release && [ "$ID" = debian ] && [ "$VERSION_ID" = 12 ]) 2>/dev/null
}

# as_root CMD...: directly, or through sudo, which asks only where input is a terminal; else it uses what was granted before.
as_root() {
	if [ "$(id -u)" = 0 ]; then "$@"
	elif ! command -v sudo >/dev/null; then return 126
	elif [ -t 0 ]; then sudo "$@"
	else sudo -n "$@"
	fi
}

apt_root() {
	as_root env DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l apt-get -q -o DPkg::Lock::Timeout=300 "$@" </dev/null
}

apt_lists_present() {
	compgen -G '/var/lib/apt/lists/*_Packages*' >/dev/null
}

# packages_install PURPOSE...: exits with the command to give where it cannot.
packages_install() {
	local missing log
	missing=$(packages_missing "$@" | paste -sd' ')
	[ -n "$missing" ] || return 0
	is_debian_12 || die "this is not Debian 12. Install what these packages of Debian 12 contain, then call this again:
  $missing"
	say "installing: $missing"
	as_root true || die "packages are missing and sudo does not work here. As root:
  apt-get install -y --no-install-recommends $missing"
	log=$(mktemp)
	# shellcheck disable=SC2086 # a list of names
	{ apt_lists_present || apt_root update; } >"$log" 2>&1 &&
		apt_root install -y --no-install-recommends $missing >>"$log" 2>&1 ||
		{ apt_root update && apt_root install -y --no-install-recommends $missing; } >>"$log" 2>&1 ||
		{ log_tail "$log"; die "apt-get failed; its whole output is in $log"; }
	rm -f "$log"
}

# ---- who works ------------------------------------------------------------------------------------

# Called through sudo: from here on as the user who called, started anew with the same arguments. PV_SUDO says it was done.
user_return() {
	[ "$(id -u)" = 0 ] && [ -n "${SUDO_UID:-}" ] && [ "$SUDO_UID" != 0 ] || return 0
	local name home groups=--clear-groups
	name=$(getent passwd "$SUDO_UID" | cut -d: -f1)
	home=$(getent passwd "$SUDO_UID" | cut -d: -f6)
	[ -z "$name" ] || groups=--init-groups
	exec setpriv --reuid="$SUDO_UID" --regid="$SUDO_GID" $groups \
		env -u SUDO_UID -u SUDO_GID -u SUDO_USER -u SUDO_COMMAND -u XDG_RUNTIME_DIR -u XDG_STATE_HOME \
		HOME="${home:-/}" USER="$name" LOGNAME="$name" "$0" "$@"
}

# ---- build ----------------------------------------------------------------------------------------

# build_step NAME CMD...: CMD with its output in a log that is shown only on failure.
build_step() {
	local name=$1 log=$PV_LOG/$1.log
	shift
	"$@" >"$log" 2>&1 </dev/null && return
	log_tail "$log"
	die "$name failed; its whole output is in $log"
}

# Whether what configure found still holds is for make to say (Makefile.am).
configure_missing() {
	[ ! -e "$PV_BUILD/config.status" ] || [ ! -e "$PV_BUILD/Makefile" ]
}

autoconf_stale() {
	[ ! -e "$PV_TOP/configure" ] || [ ! -e "$PV_TOP/Makefile.in" ] ||
		[ -n "$(find "$PV_TOP" \( -name build -o -name .git \) -prune -o \
			\( -name configure.ac -o -name Makefile.am -o -name Makefile.inc -o -name '*.m4' \) \
			-newer "$PV_TOP/configure" -print -quit)" ]
}

# Relative paths throughout: they are what lets the tree stand in a folder with a space in its name.
build_all() {
	mkdir -p "$PV_LOG" || die "cannot write below $PV_TOP"
	[ ! -e "$PV_TOP/config.status" ] || die "$PV_TOP is itself configured: run 'make distclean' there first"
	if autoconf_stale; then
		build_step autoreconf autoreconf -fi "$PV_TOP"
	fi
	cd "$PV_BUILD" || exit
	if configure_missing; then
		build_step configure "$(realpath --relative-to=. "$PV_TOP")/configure" --enable-werror
	fi
	build_step make make -j "$(nproc)" all "$@"
	cd "$PV_TOP" || exit
}
