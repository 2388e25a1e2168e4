/* SPDX-License-Identifier: MIT */
/*
 * Sub-operations: one dense array of all rows, in which each hypercall has a stretch indexed by
 * command; and the hypercalls that do nothing but dispatch. As in hypercall.c, a weak definition
 * stands behind every handler's name.
 */
#include <core/errno.h>
#include <core/event.h>
#include <core/hypercall.h>
#include <core/lib.h>

long subop_absent(void);

long subop_absent(void)
{
	return -ENOSYS;
}

#define SUBOP(call, cmd, name, type, dir, class)                       \
	long weak_##call##_##name(void) __asm__("hc_" #call "_" #name) \
		__attribute__((weak, alias("subop_absent")));
#include <subops.def>

/* Where each hypercall's stretch begins, and its length. */
#define STRETCH(call, rows) BASE_##call, END_##call = BASE_##call + (rows)-1,
enum { SUBOP_TABLES(STRETCH) SUBOP_ROWS };

#define SIZE_NONE(type)  0
#define SIZE_RAW(type)   0
#define SIZE_IN(type)    sizeof(type)
#define SIZE_OUT(type)   sizeof(type)
#define SIZE_INOUT(type) sizeof(type)
#define SUBOP(call, cmd, name, type, dir_, class)                                                \
	_Static_assert(BASE_##call + (cmd) <= END_##call, #call " has more commands than rows"); \
	_Static_assert(SIZE_##dir_(type) <= SUBOP_ARG_MAX, #call " " #name ": argument too large");
#include <subops.def>

#define SUBOP(call, cmd, name_, type, dir_, class)                \
	[BASE_##call + (cmd)] = {                                 \
		.command = (cmd),                                 \
		.size = SIZE_##dir_(type),                        \
		.dir = SUBOP_##dir_,                              \
		.caller = CLASS_##class,                          \
		.handler = (void (*)(void))weak_##call##_##name_, \
		.name = #name_,                                   \
	},
static const struct subop rows[SUBOP_ROWS] = {
#include <subops.def>
};

#define TABLE(call, n) const struct subop_table subops_##call = { &rows[BASE_##call], (n) };
SUBOP_TABLES(TABLE)

typedef long (*raw_fn)(gaddr_t arg, u64 extra);
typedef long (*arg_fn)(void *arg);

/* NULL sets *err. */
static inline const struct subop *find(const struct subop_table *t, u32 command, long *err)
{
	const struct subop *row;

	*err = -ENOSYS;
	if (unlikely(command >= t->count))
		return NULL;
	row = &t->rows[command];
	if (unlikely(!row->handler))
		return NULL;
	if (unlikely(row->caller != CLASS_ANY) &&
	    unlikely(!caller_allowed(current->domain, row->caller))) {
		*err = -EPERM;
		return NULL;
	}
	if (unlikely(row->handler == (void (*)(void))subop_absent))
		return NULL;
	return row;
}

/* What goes out is written back first as it came, so that a bad address is refused before anything
 * is done; OUT begins as zeroes. */
static long call_copying(const struct subop *row, gaddr_t arg)
{
	u64 buf[SUBOP_ARG_MAX / 8];
	long rc;

	if (row->dir == SUBOP_OUT)
		memset(buf, 0, row->size);
	else if (unlikely(guest_read(buf, arg, row->size)))
		return -EFAULT;
	if (row->dir != SUBOP_IN && unlikely(guest_write(arg, buf, row->size)))
		return -EFAULT;
	rc = ((arg_fn)row->handler)(buf);
	if (row->dir != SUBOP_IN && rc >= 0 && unlikely(guest_write(arg, buf, row->size)))
		return -EFAULT;
	return rc;
}

long subop_call(const struct subop_table *t, u32 command, gaddr_t arg, u64 extra)
{
	long err;
	const struct subop *row = find(t, command, &err);

	if (unlikely(!row))
		return err;
	if (row->dir <= SUBOP_RAW)
		return ((raw_fn)row->handler)(arg, extra);
	return call_copying(row, arg);
}

long subop_call_copied(const struct subop_table *t, u32 command, void *arg)
{
	long err;
	const struct subop *row = find(t, command, &err);

	return row ? ((arg_fn)row->handler)(arg) : err;
}

long hc_xen_version(u32 command, gaddr_t arg);
long hc_console_io(u32 command, u32 count, gaddr_t buffer);
long hc_vm_assist(u32 command, u32 type);
long hc_nmi_op(u32 command, gaddr_t arg);
long hc_callback_op(u32 command, gaddr_t arg);
long hc_sched_op(u32 command, gaddr_t arg);
long hc_vcpu_op(u32 command, u32 vcpu, gaddr_t arg);
long hc_event_channel_op(u32 command, gaddr_t arg);
long hc_grant_table_op(u32 command, gaddr_t ops, u32 count);
long hc_grant_table_op_copy(gaddr_t ops, u64 count);
long hc_grant_table_op_map_grant_ref(gaddr_t ops, u64 count);
long hc_grant_table_op_unmap_grant_ref(gaddr_t ops, u64 count);
long hc_memory_op(u64 command, gaddr_t arg);
long hc_physdev_op(u32 command, gaddr_t arg);
long hc_xenpmu_op(u32 command, gaddr_t arg);

/* Linux calls this one to let pending events in: it is the shortest way through the hypervisor. */
long hc_xen_version(u32 command, gaddr_t arg)
{
	if (likely(command == XENVER_version))
		return PV_ABI_XEN_MAJOR << 16 | PV_ABI_XEN_MINOR;
	return subop_call(&subops_xen_version, command, arg, 0);
}

long hc_console_io(u32 command, u32 count, gaddr_t buffer)
{
	return subop_call(&subops_console_io, command, buffer, count);
}

long hc_vm_assist(u32 command, u32 type)
{
	return subop_call(&subops_vm_assist, command, GADDR(type), 0);
}

long hc_nmi_op(u32 command, gaddr_t arg)
{
	return subop_call(&subops_nmi_op, command, arg, 0);
}

long hc_callback_op(u32 command, gaddr_t arg)
{
	return subop_call(&subops_callback_op, command, arg, 0);
}

long hc_sched_op(u32 command, gaddr_t arg)
{
	return subop_call(&subops_sched_op, command, arg, 0);
}

long hc_vcpu_op(u32 command, u32 vcpu, gaddr_t arg)
{
	return subop_call(&subops_vcpu_op, command, arg, vcpu);
}

_Static_assert(sizeof(struct evtchn_send) == sizeof(u32), "port");

long hc_event_channel_op(u32 command, gaddr_t arg)
{
	u32 port;

	if (unlikely(command != EVTCHNOP_send))
		return subop_call(&subops_event_channel_op, command, arg, 0);
	if (unlikely(guest_read_u32(&port, arg)))
		return -EFAULT;
	return evtchn_send(current->domain, port);
}

/* The three that move data have no look-up either. */
long hc_grant_table_op(u32 command, gaddr_t ops, u32 count)
{
	if (command == GNTTABOP_copy)
		return hc_grant_table_op_copy(ops, count);
	if (command == GNTTABOP_map_grant_ref)
		return hc_grant_table_op_map_grant_ref(ops, count);
	if (command == GNTTABOP_unmap_grant_ref)
		return hc_grant_table_op_unmap_grant_ref(ops, count);
	return subop_call(&subops_grant_table_op, command, ops, count);
}

/* The bits above the command say how many extents were done. */
long hc_memory_op(u64 command, gaddr_t arg)
{
	return subop_call(&subops_memory_op, command & 0x3f, arg, command >> 6);
}

long hc_physdev_op(u32 command, gaddr_t arg)
{
	return subop_call(&subops_physdev_op, command, arg, 0);
}

long hc_xenpmu_op(u32 command, gaddr_t arg)
{
	return subop_call(&subops_xenpmu_op, command, arg, 0);
}
