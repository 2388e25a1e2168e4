dnl SPDX-License-Identifier: MIT
dnl
dnl The probes of configure.ac. A thing is looked for by the name that it has in the file `packages`; what is absent is
dnl remembered with the package that has it, and all of it reported at once.

dnl PV_PACKAGE_OF(THING): shell substitution that prints the Debian package of THING.
AC_DEFUN([PV_PACKAGE_OF], [$(awk -F'\t' -v t="$1" '/^[[^#]]/ {
	n = split(@S|@3, a, " "); for (i = 1; i <= n; i++) if (a[[i]] == t) { print @S|@2; exit } }' "$srcdir/packages")])

dnl PV_ADD_MISSING(KIND, THING)
AC_DEFUN([PV_ADD_MISSING], [
	pv_missing="$pv_missing
  $1 $2 not found: install the Debian package PV_PACKAGE_OF([$2])"
	pv_absent="$pv_absent PV_PACKAGE_OF([$2])"])

dnl PV_NEED(KIND, THING, TEST): KIND THING is missing unless the shell command TEST succeeds.
AC_DEFUN([PV_NEED], [AS_IF([$3], [], [PV_ADD_MISSING([$1], [$2])])])

AC_DEFUN([PV_NEED_HEADER], [AC_CHECK_HEADER([$1], [], [PV_ADD_MISSING([header], [$1])],
	[#include <stddef.h>
#include <stdint.h>])])

dnl PV_NEED_MODULE(PREFIX, MODULES): PREFIX_CFLAGS and PREFIX_LIBS from pkg-config.
AC_DEFUN([PV_NEED_MODULE], [
	AC_SUBST([$1_CFLAGS])
	AC_SUBST([$1_LIBS])
	pv_have_$1=yes
	for module in $2; do
		AC_MSG_CHECKING([for $module])
		AS_IF([test -n "$PKG_CONFIG" && $PKG_CONFIG --exists $module], [AC_MSG_RESULT([yes])], [
			AC_MSG_RESULT([no])
			pv_have_$1=no
			PV_ADD_MISSING([library], [$module.pc])])
	done
	AS_IF([test $pv_have_$1 = yes], [
		$1_CFLAGS=$($PKG_CONFIG --cflags $2)
		$1_LIBS=$($PKG_CONFIG --libs $2)])])

dnl PV_WANT(KIND, THING, TEST): the same as PV_NEED, but what is absent is only named at the end.
AC_DEFUN([PV_WANT], [AS_IF([$3], [], [
	pv_wanted="$pv_wanted
  $1 $2: package PV_PACKAGE_OF([$2])"
	pv_advised="$pv_advised PV_PACKAGE_OF([$2])"])])

dnl PV_WANT_MODULE(PREFIX, MODULE): PREFIX_CFLAGS and PREFIX_LIBS, or pv_have_PREFIX=no.
AC_DEFUN([PV_WANT_MODULE], [
	AC_SUBST([$1_CFLAGS])
	AC_SUBST([$1_LIBS])
	AC_MSG_CHECKING([for $2])
	AS_IF([test -n "$PKG_CONFIG" && $PKG_CONFIG --exists $2], [
		pv_have_$1=yes
		$1_CFLAGS=$($PKG_CONFIG --cflags $2)
		$1_LIBS=$($PKG_CONFIG --libs $2)], [
		pv_have_$1=no])
	AC_MSG_RESULT([$pv_have_$1])
	PV_WANT([library], [$2.pc], [test $pv_have_$1 = yes])])

dnl PV_APT(PACKAGES): shell substitution that prints the command which installs them.
AC_DEFUN([PV_APT], [sudo apt-get install --no-install-recommends$(echo $1 | tr ' ' '\n' | sort -u | sed 's/^/ /' | tr -d '\n')])

AC_DEFUN([PV_REPORT_MISSING], [
	AS_IF([test -n "$pv_missing"], [
		AC_MSG_ERROR([the build lacks:$pv_missing
All at once, with what running and testing need: PV_APT([$pv_absent $pv_advised])])])])

AC_DEFUN([PV_REPORT_WANTED], [
	AS_IF([test -n "$pv_wanted"], [
		AC_MSG_NOTICE([it builds; but 'make check' or 'pvctl host start' lacks:$pv_wanted
All at once: PV_APT([$pv_advised])])])])

dnl PV_ADD_FLAG(VARIABLE, FLAG): appends FLAG where the compiler takes it without a word.
AC_DEFUN([PV_ADD_FLAG], [
	AC_MSG_CHECKING([whether $CC takes $2])
	pv_saved=$CFLAGS
	CFLAGS="$CFLAGS -Werror $2"
	AC_COMPILE_IFELSE([AC_LANG_SOURCE([int f(int a); int f(int a) { return a; }])], [
		AC_MSG_RESULT([yes])
		$1="$$1 $2"], [AC_MSG_RESULT([no])])
	CFLAGS=$pv_saved])
