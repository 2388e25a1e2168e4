/* SPDX-License-Identifier: MIT */
/* Where the guest wants exceptions, events and system calls: set_trap_table, callback_op,
 * set_callbacks. */
#include <pv/bounce.h>
#include <core/errno.h>
#include <core/hypercall.h>
#include <core/lib.h>

#define TRAP_TABLE_MAX 1024 /* entries of one call; 256 are enough unless some repeat */

static struct trap_slot slot_of(const struct trap_info *t)
{
	return (struct trap_slot){
		.address = t->address,
		.cs = t->cs | 3,
		.dpl = TI_GET_DPL(t),
		.mask = !!TI_GET_IF(t),
	};
}

long hc_set_trap_table(gaddr_t table)
{
	struct trap_slot *traps = current->arch.traps;
	struct trap_info t;

	if (!table.v) {
		memset(traps, 0, 256 * sizeof(*traps));
		return 0;
	}
	for (unsigned int i = 0; i < TRAP_TABLE_MAX; i++) {
		if (guest_read_elem(&t, table, i))
			return -EFAULT;
		if (!t.address)
			return 0;
		if (!canonical(t.address))
			return -EINVAL;
		traps[t.vector] = slot_of(&t);
	}
	return -E2BIG;
}

static int kind_of(u16 type)
{
	switch (type) {
	case CALLBACKTYPE_event: return CB_EVENT;
	case CALLBACKTYPE_failsafe: return CB_FAILSAFE;
	case CALLBACKTYPE_syscall: return CB_SYSCALL;
	case CALLBACKTYPE_syscall32: return CB_SYSCALL32;
	case CALLBACKTYPE_sysenter: return CB_SYSENTER;
	case CALLBACKTYPE_nmi: return CB_NMI;
	default: return -ENOSYS;
	}
}

long hc_callback_op_register(const struct callback_register *r)
{
	int kind = kind_of(r->type);

	if (kind < 0)
		return kind;
	if (!canonical(r->address))
		return -EINVAL;
	current->arch.callbacks[kind] = (struct guest_callback){
		.address = r->address,
		.mask = r->flags & CALLBACKF_mask_events,
	};
	return 0;
}

/* A kernel cannot live without the first two. */
long hc_callback_op_unregister(const struct callback_unregister *u)
{
	int kind = kind_of(u->type);

	if (kind < 0)
		return kind;
	if (kind == CB_EVENT || kind == CB_FAILSAFE)
		return -EINVAL;
	current->arch.callbacks[kind] = (struct guest_callback){ 0 };
	return 0;
}

long hc_set_callbacks(u64 event, u64 failsafe, u64 syscall)
{
	const u64 address[] = {
		[CB_EVENT] = event, [CB_FAILSAFE] = failsafe, [CB_SYSCALL] = syscall
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(address); i++)
		if (!canonical(address[i]))
			return -EINVAL;
	for (unsigned int i = 0; i < ARRAY_SIZE(address); i++)
		current->arch.callbacks[i] = (struct guest_callback){ .address = address[i] };
	return 0;
}

long hc_nmi_op_register_callback(const struct xennmi_callback *cb)
{
	if (current->id)
		return -EINVAL;
	if (!canonical(cb->handler_address))
		return -EINVAL;
	current->arch.callbacks[CB_NMI] = (struct guest_callback){ .address = cb->handler_address };
	return 0;
}

long hc_nmi_op_unregister_callback(void)
{
	current->arch.callbacks[CB_NMI] = (struct guest_callback){ 0 };
	return 0;
}
