/* SPDX-License-Identifier: MIT */
/*
 * kernel_cache.h - unpacked kernels kept under STATE/cache, since unpacking one takes seconds where
 * the CPU is emulated.
 *
 * An entry is found by the packed file's size, times and number (inode): a file that has changed
 * has another entry, and the oldest of more than KERNEL_CACHE_MAX, or of more than
 * KERNEL_CACHE_BYTES together, are removed. A kernel that is larger than that by itself is not
 * kept. An entry that turns out to be no kernel is replaced by the one who finds that out. Nothing
 * here is needed for a result, so failures are silent: without a cache kernels are unpacked each
 * time.
 *
 * kernel_cache_open and kernel_cache_keep may run on any thread, for different kernels at once.
 */
#ifndef TOOLS_PVD_KERNEL_CACHE_H
#define TOOLS_PVD_KERNEL_CACHE_H

#include <stddef.h>

#define KERNEL_CACHE_MAX   3
#define KERNEL_CACHE_BYTES ((size_t)256 << 20)
#define KERNEL_CACHE_NAME  48

/* The name of the entry for an open file; name gets KERNEL_CACHE_NAME bytes. 0 or a negative errno.
 */
int kernel_cache_name(int kernel_fd, char *name);

/* Opens an entry and marks it as used now. A descriptor, or a negative errno. */
int kernel_cache_open(int state_fd, const char *name);

/* Stores an unpacked kernel. */
void kernel_cache_keep(int state_fd, const char *name, const void *data, size_t size);

#endif
