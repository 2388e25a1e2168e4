# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Kernels, Debian's Xen and PV GRUB: downloaded and unpacked below build/cache, never installed, since installing them would change
# what the machine boots. Each has a folder of its own there, which exists only when it is complete:
#
#   linux-6.1   boot/vmlinuz-VERSION, boot/vmlinuz (a link to it), lib/modules/VERSION (depmod done)
#   linux-6.12  the same
#   xen-4.17    boot/xen-4.17-amd64 (unpacked, as QEMU wants it), boot/xen-4.17-amd64.gz
#   grub-xen    usr/lib/grub-xen/grub-x86_64-xen.bin
#
# PV_CACHE may name another folder, to share it between clones; build/cache is then a link to it. Sourced after prepare.sh; by hand it is
# `make fetch` (tests/fetch).

# package_newest NAME: the package with the contents, where NAME is only a name for the newest.
package_newest() {
	local real
	real=$(apt-cache depends --important "$1" 2>/dev/null | awk '/Depends: linux-image-[0-9]/ { print $2; exit }')
	say "${real:-$1}"
}

# As any user; the lists are renewed once where the package is not (or no longer) there.
package_download() {
	apt-get -q download "$1" && return
	apt_root update && apt-get -q download "$1"
}

unpack_linux() {
	local version
	version=$(ls "$1/lib/modules") && depmod -b "$1" "$version" && ln -s "vmlinuz-$version" "$1/boot/vmlinuz" && rm -rf "${1:?}/usr"
}

unpack_xen() {
	gzip -dk "$1"/boot/xen-*-amd64.gz && rm -rf "${1:?}/usr"
}

# The examples name kernels below build/cache.
cache_link() {
	mkdir -p "$PV_CACHE" "$PV_BUILD"
	[ -e "$PV_BUILD/cache" ] || ln -s "$(realpath "$PV_CACHE")" "$PV_BUILD/cache"
}

# fetch FOLDER PACKAGE [UNPACK]: makes build/cache/FOLDER, or says why not and fails.
fetch() {
	local folder=$PV_CACHE/$1 log=$PV_LOG/fetch-$1.log tmp=$PV_CACHE/.$1.$$ package
	cache_link
	[ ! -d "$folder" ] || return 0
	say "fetching $2 into ${folder#"$PV_TOP"/}"
	mkdir -p "$tmp/deb" "$tmp/root" "$PV_LOG"
	(
		apt_lists_present || apt_root update || exit
		package=$(package_newest "$2")
		cd "$tmp/deb" && package_download "$package" && dpkg-deb -x ./*.deb ../root && cd ../.. &&
			{ [ -z "${3:-}" ] || "$3" "$tmp/root"; } && mv "$tmp/root" "$folder"
	) >"$log" 2>&1 </dev/null
	local rc=$?
	rm -rf "$tmp"
	[ $rc = 0 ] || log_tail "$log"
	return $rc
}

# dom0's kernel: the newest 6.1 of /boot that this user can read and that has its modules, else the fetched one.
kernel_installed() {
	local kernel version
	for kernel in $(find /boot -maxdepth 1 -name 'vmlinuz-6.1*' 2>/dev/null | sort -rV); do
		version=${kernel#/boot/vmlinuz-}
		if [ -r "$kernel" ] && [ -e "/lib/modules/$version/modules.dep" ]; then
			say "$kernel"
			return
		fi
	done
	return 1
}

# kernel_present: prints the one that is there, without fetching.
kernel_present() {
	kernel_installed || compgen -G "$PV_CACHE/linux-6.1/boot/vmlinuz-*"
}

# fetch_kernel: sets PV_KERNEL.
fetch_kernel() {
	PV_KERNEL=$(kernel_present) || {
		fetch linux-6.1 linux-image-amd64 unpack_linux || die "no kernel for dom0: neither a readable /boot/vmlinuz-6.1* nor apt-get download"
		PV_KERNEL=$(kernel_present)
	}
	export PV_KERNEL
}

# PV GRUB, a guest of the demo.
fetch_grub() {
	fetch grub-xen grub-xen-host || die "grub-xen-host could not be fetched"
}

# What only the checks boot.
fetch_check() {
	fetch linux-6.12 linux-image-6.12-amd64 unpack_linux || die "linux-image-6.12-amd64 could not be fetched"
	fetch xen-4.17 xen-hypervisor-4.17-amd64 unpack_xen || die "xen-hypervisor-4.17-amd64 could not be fetched"
}
