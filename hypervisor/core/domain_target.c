/* SPDX-License-Identifier: MIT */
/* Whom a call may name: the one rule, apart from the table of domains, so that tests which make
 * their own domains still compile it. */
#include <core/arch.h>
#include <core/errno.h>

struct domain *domain_get_target(domid_t id, int *err)
{
	struct domain *d = current->domain;

	if (id != DOMID_SELF && id != d->id && !d->control) {
		*err = -EPERM;
		return NULL;
	}
	d = domain_get(id);
	if (!d)
		*err = -ESRCH;
	return d;
}
