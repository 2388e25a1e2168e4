/* SPDX-License-Identifier: MIT */
/* Interrupt vectors: who is called for one. Room x86. */
#ifndef PV_VECTOR_H
#define PV_VECTOR_H

#include <core/types.h>

#define VECTOR_FIRST_DYNAMIC 0x30
#define VECTOR_LAST_DYNAMIC  0xdf
#define VECTOR_TIMER         0xf0
#define VECTOR_RESCHED       0xf1
#define VECTOR_TLB           0xf2
#define VECTOR_UART          0xf4
#define VECTOR_SPURIOUS      0xff

typedef void (*vector_fn)(u8 vector, void *arg);

/* A free vector whose handler is fn(vector, arg), called with interrupts off; the handler's owner
 * does the EOI (lapic_eoi) when it wants it. -ENOSPC. */
int vector_alloc(vector_fn fn, void *arg);
void vector_free(u8 vector);
void vector_set(u8 vector, vector_fn fn, void *arg); /* the fixed ones */
/* From entry.S through trap.c. */
void vector_dispatch(u8 vector);
void lapic_eoi(void);
void lapic_send_ipi(u32 apic_id, u8 vector);
u32 lapic_id(void);

#endif /* PV_VECTOR_H */
