/* SPDX-License-Identifier: MIT */
/*
 * PIRQs that are messages. The vector and the message exist from the mapping on, masked, since the
 * hardware domain switches a function to messages before it binds the first one.
 */
#include <core/errno.h>
#include <x86/vector.h>

#include "device.h"
#include "pirq.h"

static int setup(struct pirq *p, struct msi_function *fn, bool msix, u16 entry)
{
	int vector = vector_alloc(pirq_interrupt, p), rc;

	if (vector < 0)
		return vector;
	p->vector = (u8)vector;
	p->msi =
		(struct msi_source){ .fn = fn, .msix = msix, .entry = entry, .vector = (u8)vector };
	rc = msi_source_setup(&p->msi);
	if (rc)
		p->msi.fn = NULL;
	return rc;
}

static bool in_use(const struct msi_function *fn, bool msix, u16 entry)
{
	for (u32 i = 0; i < PIRQS_MAX; i++) {
		const struct pirq *p = pirqs[i];

		if (p && p->kind == PIRQ_MSI && p->msi.fn == fn && p->msi.msix == msix &&
		    p->msi.entry == entry)
			return true;
	}
	return false;
}

static int map(u32 sbdf, u16 entry, u64 table_base, int *number)
{
	struct msi_function *fn = msi_function_find(sbdf);
	bool msix = table_base;
	struct pirq *p;
	int rc;

	if (!fn)
		return -ENODEV;
	if (msix && !fn->users) {
		rc = msi_function_locate_table(fn, table_base);
		if (rc)
			return rc;
	}
	if (in_use(fn, msix, entry))
		return -EEXIST;
	rc = pirq_new(*number, PIRQ_MSI, &p);
	if (rc)
		return rc;
	rc = setup(p, fn, msix, entry);
	if (rc)
		pirq_drop(p);
	else
		*number = (int)p->number;
	return rc;
}

int pirq_map_msi(u32 sbdf, u16 entry, u64 table_base, int *number)
{
	int rc;

	spin_lock(&pirq_lock);
	rc = map(sbdf, entry, table_base, number);
	spin_unlock(&pirq_lock);
	return rc;
}

int pirq_restore_msi(u32 sbdf)
{
	const struct msi_function *fn;

	spin_lock(&pirq_lock);
	fn = msi_function_find(sbdf);
	for (u32 i = 0; fn && i < PIRQS_MAX; i++)
		if (pirqs[i] && pirqs[i]->kind == PIRQ_MSI && pirqs[i]->msi.fn == fn)
			msi_source_restore(&pirqs[i]->msi);
	spin_unlock(&pirq_lock);
	return fn ? 0 : -ENODEV;
}
