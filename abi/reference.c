/* SPDX-License-Identifier: MIT */
/*
 * Prints the ABI reference (docs/abi.md) from the tables. Built and run on the build host by `make
 * docs/abi.md`; a test compares the page in the tree with what this prints.
 */
#include <stdio.h>

#include "pv_abi.h"

struct row {
	unsigned int number;
	const char *name, *class, *types;
	int absent;
};

struct subrow {
	const char *hypercall, *name;
	unsigned int command;
	const char *type;
	unsigned int size;
	const char *direction, *class, *subject;
	int absent;
};

#define HYPERCALL(number, name, class, nargs, types)        { number, #name, #class, #types, 0 },
#define HYPERCALL_ABSENT(number, name, class, nargs, types) { number, #name, #class, #types, 1 },
static const struct row rows[] = {
#include "hypercalls.def"
};

/* A void argument has no size. */
#define SIZE_OF(type) (__builtin_types_compatible_p(type, void) ? 0 : (unsigned int)sizeof(type))
#define ROW(call, command, name, type, dir, class, subject, absent) \
	{ #call, #name, command, #type, SIZE_OF(type), #dir, #class, #subject, absent },
#define SUBOP(call, command, name, type, dir, class, subject) \
	ROW(call, command, name, type, dir, class, subject, 0)
#define SUBOP_ABSENT(call, command, name, type, dir, class, subject) \
	ROW(call, command, name, type, dir, class, subject, 1)
static const struct subrow subrows[] = {
#include "subops.def"
};

static const char intro[] =
	"# The hypercalls\n"
	"\n"
	"Made from abi/hypercalls.def and abi/subops.def by `make "
	"abi-reference`; do not edit.\n"
	"\n"
	"A hypercall is SYSCALL from guest kernel mode: number in rax, "
	"arguments in rdi, rsi, rdx, r10, r8, result in\n"
	"rax, a negative errno on failure; rcx and r11 are lost, all else is "
	"kept. Who may call: ANY domain on itself;\n"
	"TARGET: itself, or a control domain on another; CONTROL and HARDWARE: "
	"domains with that privilege; SUBOPS: it\n"
	"stands with the sub-operation. What is marked absent answers "
	"-ENOSYS.\n"
	"\n"
	"Direction: IN, OUT, INOUT: the argument is one structure; ONE: so it is, "
	"and its count must be 1; PARTS: IN, for a\n"
	"call that goes on after an interruption; RAW: of another size; LIST: an "
	"array or buffer; NUMBER, NONE: no structure.\n"
	"Subject: the domain that the call is about. SELF: the caller; "
	"ALIVE(member): the one named there, -ESRCH if there is none\n"
	"or it is dying; OTHER: so, and -EINVAL for the caller itself; KNOWN: a "
	"dying one is found too; ID: the argument is a\n"
	"domain's number; STATUS: the failure stands in the structure; VCPU: a "
	"vCPU of the caller, -ENOENT; VCPU_OF: a vCPU of\n"
	"a domain, -EINVAL.\n"
	"\n";

static void print_subops(const char *hypercall)
{
	int head = 0;

	for (size_t i = 0; i < sizeof(subrows) / sizeof(subrows[0]); i++) {
		const struct subrow *s = &subrows[i];

		if (__builtin_strcmp(s->hypercall, hypercall))
			continue;
		if (!head++)
			printf("| command | name | argument | bytes | direction | caller "
			       "| subject |\n"
			       "|---|---|---|---|---|---|---|\n");
		printf("| %u | %s%s | %s | %u | %s | %s | %s |\n", s->command, s->name,
		       s->absent ? " (absent)" : "", s->type, s->size, s->direction, s->class,
		       s->subject);
	}
	if (head)
		putchar('\n');
}

int main(void)
{
	fputs(intro, stdout);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *r = &rows[i];

		printf("## %u %s\n\n`%s%s`, caller: %s%s\n\n", r->number, r->name, r->name,
		       r->types, r->class, r->absent ? "; absent" : "");
		print_subops(r->name);
	}
	return 0;
}
