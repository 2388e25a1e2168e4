# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# For the lint tests: the files of the project, in a clone or in an unpacked release. Sourced with PV_TOP set; changes to it.

cd "$PV_TOP" || exit 99

# sources NAME-PATTERN...: paths from the top, one a line; what a build leaves is not among them.
sources() {
	local pattern file
	if git rev-parse --show-prefix 2>/dev/null | grep -qx ''; then
		git ls-files --cached --others --exclude-standard
	else
		find . -type f | sed 's|^\./||'
	fi | while IFS= read -r file; do
		[ -f "$file" ] || continue
		for pattern; do
			# shellcheck disable=SC2053 # a pattern
			[[ ${file##*/} == $pattern ]] && printf '%s\n' "$file" && break
		done
	done | grep -Ev '^(_?build[^/]*|_inst|autom4te\.cache|build-aux)/|^(aclocal\.m4|configure|Makefile\.in|config\.h\.in)$' | sort
}

# verdict COUNT WHAT: the end of a lint test.
verdict() {
	[ "$1" -eq 0 ] || { echo "$1 $2"; exit 1; }
}
