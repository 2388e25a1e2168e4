/* SPDX-License-Identifier: MIT */
/* The two halves of run(), in assembler. */
#ifndef RUN_H
#define RUN_H

struct pv_regs;

/* Saves the caller's context and enters *regs; returns when run_leave() is called. */
void run_enter(const struct pv_regs *regs);
void run_leave(void) __attribute__((noreturn));

#endif
