/* SPDX-License-Identifier: MIT */
/*
 * Port I/O out of ring 3: permission (the guest's IOPL, or its bitmap for user mode), then the port
 * itself, which dom0/ioport.c answers for domains that have it and as all ones for others.
 */
#include <core/arch.h>
#include <pv/bounce.h>
#include <core/errno.h>
#include <core/guest_access.h>
#include <core/lib.h>
#include <core/printk.h>
#include <pv/devices.h>
#include <pv/privop.h>

/* Iterations of one rep ins/outs before the guest is let on (it restarts by itself: rip stays). */
#define REP_BATCH 256

static bool permitted(const struct vcpu *v, u16 port, unsigned int size)
{
	if (v->arch.iopl >= (v->guest_kernel ? 1 : 3))
		return true;
	if (!v->arch.iobitmap)
		return false;
	for (unsigned int i = 0; i < size; i++)
		if ((u32)port + i >= v->arch.nr_ports || bit_test(port + i, v->arch.iobitmap))
			return false;
	return true;
}

static void io_one(struct cpu_regs *regs, const struct insn *i, u16 port, unsigned int size)
{
	struct domain *d = current->domain;

	if (i->opcode & 2) /* e6, e7, ee, ef: out */
		ioport_write(d, port, size, (u32)insn_reg_read(regs, i, 0, size));
	else
		insn_reg_write(regs, i, 0, size, ioport_read(d, port, size));
}

/* One element of ins or outs; false if guest memory faulted (the fault was bounced). */
static bool string_one(struct cpu_regs *regs, const struct insn *i, u16 port, unsigned int size)
{
	struct domain *d = current->domain;
	bool out = i->opcode & 2;
	u64 *index = out ? &regs->rsi : &regs->rdi;
	u32 value = 0;
	int rc;

	if (out) {
		rc = guest_read(&value, GADDR(*index), size);
		if (!rc)
			ioport_write(d, port, size, value);
	} else {
		u8 probe[4];

		rc = guest_read(probe, GADDR(*index), size);
		if (!rc) {
			value = ioport_read(d, port, size);
			rc = guest_write(GADDR(*index), &value, size);
		}
	}
	if (rc) {
		bounce_page_fault(regs, *index, out ? 0 : PFEC_W);
		return false;
	}
	*index += regs->rflags & RFLAGS_DF ? -(u64)size : size;
	return true;
}

static bool string_io(struct cpu_regs *regs, const struct insn *i, u16 port, unsigned int size)
{
	bool rep = i->rep || i->repne;
	unsigned int n = 0;

	while (!rep || regs->rcx) {
		if (!string_one(regs, i, port, size))
			return true;
		if (!rep)
			break;
		regs->rcx--;
		if (++n == REP_BATCH && regs->rcx)
			return true;
	}
	regs->rip += i->length;
	return true;
}

bool privop_io(struct cpu_regs *regs, const struct insn *i)
{
	unsigned int size = MIN(i->opsize, 4);
	bool immediate = i->opcode >= 0xe4 && i->opcode <= 0xe7;
	u16 port = immediate ? (u8)i->imm : (u16)regs->rdx;

	if (!permitted(current, port, size))
		return false;
	if (i->opcode <= 0x6f)
		return string_io(regs, i, port, size);
	io_one(regs, i, port, size);
	regs->rip += i->length;
	return true;
}
