/* SPDX-License-Identifier: MIT */
/* Exceptions: what the way out needs of trap.c. */
#ifndef X86_TRAP_H
#define X86_TRAP_H

/* On the slow way out: serves what an NMI or machine check that came in ring 0 left behind. */
void trap_serve_pending(void);

#endif /* X86_TRAP_H */
