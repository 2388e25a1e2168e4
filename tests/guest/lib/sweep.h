/* SPDX-License-Identifier: MIT */
/*
 * Every sub-operation of the ABI, expanded from <subops.def>, in a form that can be called: which
 * argument register has the command, the pointer and the rest differs from hypercall to hypercall.
 */
#ifndef SWEEP_H
#define SWEEP_H

#include "child.h"

enum sweep_direction {
	SWEEP_IN,
	SWEEP_OUT,
	SWEEP_INOUT,
	SWEEP_ONE,
	SWEEP_PARTS,
	SWEEP_RAW,
	SWEEP_LIST,
	SWEEP_NUMBER,
	SWEEP_NONE
};
enum sweep_class { SWEEP_ANY, SWEEP_TARGET, SWEEP_CONTROL, SWEEP_HARDWARE };

/* Whom a call is about; which form of domain it looks for. */
enum sweep_subject {
	SWEEP_SELF,
	SWEEP_ALIVE,
	SWEEP_OTHER,
	SWEEP_KNOWN,
	SWEEP_ID,
	SWEEP_STATUS,
	SWEEP_VCPU,
	SWEEP_VCPU_OF
};

/* Where the arguments go. FRAME: the command stands in the structure. */
enum sweep_form { POINTER, ID_POINTER, POINTER_COUNT, NUMBER, FRAME };

struct sweep_row {
	const char *name;
	uint8_t hypercall, form, direction, class, subject;
	bool absent; /* answers -ENOSYS */
	uint32_t command;
	uint16_t size;                 /* of the structure */
	uint16_t domain_at, second_at; /* in it: the domain's id; the vCPU's, or the status */
};

extern const struct sweep_row sweep_rows[];
extern const unsigned int sweep_nr;

/* The call of a row with its structure at `pointer` (its address where the call is made). */
struct child_call sweep_call(const struct sweep_row *row, uint64_t pointer);

/*
 * Fills a structure for the rows that have their command in it: command and interface version, the
 * rest zero, and for domctl a domain that is not there. For the others: zeros. 256 bytes.
 */
void sweep_frame(const struct sweep_row *row, void *frame);

#endif
