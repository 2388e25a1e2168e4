/* SPDX-License-Identifier: MIT */
/*
 * What assembler files must know of C structures. Compiled to assembler text only; the build turns
 * each ".pv-define NAME VALUE" line of it into a #define in asm_offsets.h (hypervisor/Makefile.inc).
 */
#include <stddef.h>

#define DEFINE(name, value) asm volatile("\n.pv-define " #name " %c0" : : "i"(value))
#define OFFSET(name, type, member) DEFINE(name, offsetof(type, member))

void asm_offsets(void);

void asm_offsets(void)
{
}
