/* SPDX-License-Identifier: MIT */
/*
 * LZMA by the LZMA SDK: package lzma-dev has it as a source file, in the public domain. Compiled by
 * a rule of its own (Makefile.inc): for size, and at the start of a page, so that its inner loop is
 * within one. QEMU's TCG chains jumps within a page only: this is half of the time that unpacking a
 * kernel takes there.
 */
#include <lzma/LzmaDec.c>
