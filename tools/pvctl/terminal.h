/* SPDX-License-Identifier: MIT */
/*
 * The user's terminal in raw mode, and back again on every way out: return, exit, signal, crash of
 * ours. Returns 0 or a negative errno. One terminal per program.
 */
#ifndef TOOLS_PVCTL_TERMINAL_H
#define TOOLS_PVCTL_TERMINAL_H

/* Makes the terminal `fd` raw: every byte, also Ctrl-C, is data. */
int terminal_raw(int fd);

/* Restores the modes found by terminal_raw; nothing if they were restored already. */
void terminal_restore(void);

#endif
