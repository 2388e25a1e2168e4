/* SPDX-License-Identifier: MIT */
/*
 * Included before every C file of the hypervisor by the compiler's command line: declarations too
 * become hidden, so that no reference goes through a global offset table.
 */
#pragma GCC visibility push(hidden)
