/* SPDX-License-Identifier: MIT */
/*
 * One message-signalled interrupt: its message, its mask. Messages go to this CPU's local APIC,
 * fixed delivery, edge (Intel SDM volume 3, 10.11).
 */
#include <core/errno.h>
#include <x86/machine.h>
#include <x86/msi.h>
#include <x86/pci.h>
#include <x86/vector.h>

#define MESSAGE_ADDRESS    0xfee00000U
#define MESSAGE_DEST_SHIFT 12
/* MSI capability; what follows a 64-bit address lies 4 bytes further on. */
#define MSI_ADDRESS       4U
#define MSI_ADDRESS_HIGH  8U
#define MSI_DATA(control) ((control)&MSI_64BIT ? 12U : 8U)
#define MSI_MASK(control) ((control)&MSI_64BIT ? 16U : 12U)
#define MSI_MULTIPLE      0x0070U
/* MSI-X table entry, by u32 index. */
enum { ENTRY_ADDRESS, ENTRY_ADDRESS_HIGH, ENTRY_DATA, ENTRY_CONTROL, ENTRY_WORDS };
#define ENTRY_MASKED 1U

static u32 message_address(void)
{
	return MESSAGE_ADDRESS | lapic_id() << MESSAGE_DEST_SHIFT;
}

static volatile u32 *entry_of(const struct msi_source *s)
{
	return s->fn->regs + s->entry * ENTRY_WORDS;
}

static void msi_control(const struct msi_function *fn, u16 clear, u16 set)
{
	u16 v = (u16)pci_read(fn->sbdf, fn->msi + MSI_CONTROL, 2);

	pci_write(fn->sbdf, fn->msi + MSI_CONTROL, 2, (u16)((v & ~clear) | set));
}

static void set_mask(struct msi_source *s, bool masked)
{
	const struct msi_function *fn = s->fn;

	s->masked = masked;
	if (s->msix) {
		volatile u32 *control = &entry_of(s)[ENTRY_CONTROL];

		*control = (*control & ~ENTRY_MASKED) | (masked ? ENTRY_MASKED : 0);
		(void)*control; /* the write has arrived when this read returns */
		return;
	}
	if (fn->msi_control & MSI_MASKABLE)
		pci_write(fn->sbdf, fn->msi + MSI_MASK(fn->msi_control), 4, masked);
	if (!masked || !(fn->msi_control & MSI_MASKABLE))
		msi_control(fn, MSI_ENABLE, masked ? 0 : MSI_ENABLE);
}

void msi_source_mask(struct msi_source *s)
{
	set_mask(s, true);
}

void msi_source_unmask(struct msi_source *s)
{
	set_mask(s, false);
}

static void write_message(struct msi_source *s)
{
	const struct msi_function *fn = s->fn;

	if (s->msix) {
		volatile u32 *e = entry_of(s);

		e[ENTRY_ADDRESS] = message_address();
		e[ENTRY_ADDRESS_HIGH] = 0;
		e[ENTRY_DATA] = s->vector;
		return;
	}
	msi_control(fn, MSI_MULTIPLE, 0);
	pci_write(fn->sbdf, fn->msi + MSI_ADDRESS, 4, message_address());
	if (fn->msi_control & MSI_64BIT)
		pci_write(fn->sbdf, fn->msi + MSI_ADDRESS_HIGH, 4, 0);
	pci_write(fn->sbdf, fn->msi + MSI_DATA(fn->msi_control), 2, s->vector);
}

static int map_table(struct msi_function *fn)
{
	if (fn->regs)
		return 0;
	if (!fn->table)
		return -EINVAL;
	fn->regs = hv_map_device(fn->table, fn->entries * MSIX_ENTRY_SIZE);
	return fn->regs ? 0 : -ENOMEM;
}

static int claim(struct msi_source *s)
{
	struct msi_function *fn = s->fn;

	if (!(s->msix ? fn->msix : fn->msi))
		return -ENODEV;
	if (!s->msix)
		return fn->users ? -EBUSY : 0;
	if (s->entry >= fn->entries)
		return -EINVAL;
	return map_table(fn);
}

int msi_source_setup(struct msi_source *s)
{
	int rc = claim(s);

	if (rc)
		return rc;
	s->fn->users++;
	set_mask(s, true);
	write_message(s);
	return 0;
}

void msi_source_restore(struct msi_source *s)
{
	bool masked = s->masked;

	set_mask(s, true);
	write_message(s);
	set_mask(s, masked);
}

void msi_source_teardown(struct msi_source *s)
{
	struct msi_function *fn = s->fn;

	set_mask(s, true);
	if (!s->msix)
		msi_control(fn, MSI_ENABLE, 0);
	if (--fn->users || !fn->regs)
		return;
	hv_unmap((void *)fn->regs, fn->entries * MSIX_ENTRY_SIZE);
	fn->regs = NULL;
}
