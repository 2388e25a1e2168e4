/* SPDX-License-Identifier: MIT */
/*
 * Sub-operations: one dense array of all rows, in which each hypercall has a stretch indexed by
 * command; what is done for every row before and after its handler; and the hypercalls that do
 * nothing but dispatch.
 */
#include <core/errno.h>
#include <core/event.h>
#include <core/hypercall.h>
#include <core/lib.h>

#define SUBOP_ARG_MAX 256
#define NOINLINE      __attribute__((noinline))

/* clang-format off */
#define SUBOP_TABLES(X) \
	X(xen_version, 11) \
	X(console_io, 2) \
	X(vm_assist, 2) \
	X(nmi_op, 2) \
	X(callback_op, 2) \
	X(sched_op, 9) \
	X(vcpu_op, 16) \
	X(event_channel_op, 14) \
	X(grant_table_op, 13) \
	X(memory_op, 30) \
	X(physdev_op, 36) \
	X(xenpmu_op, 8) \
	X(paravane_op, 1) \
	X(platform_op, 66) \
	X(mca, 8) \
	X(sysctl, 32) \
	X(domctl, 90)
/* clang-format on */

/* From PARTS on the argument is copied in, from OUT on it is copied out too. */
enum direction { NONE, NUMBER, RAW, LIST, PARTS, IN, OUT, INOUT, ONE };
enum subject { SELF, ALIVE, OTHER, KNOWN, ID, STATUS, VCPU, VCPU_OF };

/* What a handler may be given; each takes what its own prototype says. */
#define UNUSED __attribute__((unused))
#define ARGS                                                                                   \
	UNUSED struct domain *d, UNUSED struct vcpu *v, UNUSED void *copy, UNUSED gaddr_t arg, \
		UNUSED u64 extra

struct subop {
	long (*call)(ARGS); /* NULL: no such row */
	u16 size;           /* of the argument that is copied */
	u16 domain_at;      /* in it: whom the call is about */
	u16 second_at;      /* its vCPU, or the status */
	u8 direction, caller, subject;
	bool plain; /* for everybody, without copy and subject */
};

/* The rows ------------------------------------------------------------------------------------ */

#define VALUE_NOTHING
#define VALUE_EXTRA       extra
#define VALUE_ARG         arg
#define VALUE_COPY(type)  copy
#define VALUE_CONST(type) copy
#define VALUE_DOMAIN      d
#define VALUE_VCPU        v
#define SUBOP_ABSENT(...)
#define SUBOP(call, cmd, name, type, dir, class, subject)                      \
	static long call_##call##_##name(ARGS)                                 \
	{                                                                      \
		return hc_##call##_##name HANDLER_##subject(VALUE, dir, type); \
	}
#include <subops.def>

static long absent(ARGS)
{
	return -ENOSYS;
}

/* Where each hypercall's stretch begins, and its end. */
#define STRETCH(call, rows) BASE_##call, END_##call = BASE_##call + (rows)-1,
enum { SUBOP_TABLES(STRETCH) SUBOP_ROWS };

/* A subject: where it stands, in a structure of that type. */
#define AT_SELF                        AT_0, SELF
#define AT_ID                          AT_0, ID
#define AT_VCPU                        AT_0, VCPU
#define AT_ALIVE(member)               AT_1, ALIVE, member
#define AT_OTHER(member)               AT_1, OTHER, member
#define AT_KNOWN(member)               AT_1, KNOWN, member
#define AT_STATUS(member, status)      AT_2, STATUS, member, status
#define AT_VCPU_OF(member, vcpu)       AT_2, VCPU_OF, member, vcpu
#define AT_0(type, kind)               .subject = kind
#define AT_1(type, kind, member)       .subject = kind, .domain_at = offsetof(type, member)
#define AT_2(type, kind, member, next) AT_1(type, kind, member), .second_at = offsetof(type, next)
#define AT(type, ...)                  AT_(type, __VA_ARGS__)
#define AT_(type, arity, ...)          arity(type, __VA_ARGS__)
#define KIND(...)                      KIND_(__VA_ARGS__)
#define KIND_(arity, kind, ...)        kind

#define SIZE_NONE(type)                0
#define SIZE_NUMBER(type)              0
#define SIZE_RAW(type)                 0
#define SIZE_LIST(type)                0
#define SIZE_PARTS(type)               sizeof(type)
#define SIZE_IN(type)                  sizeof(type)
#define SIZE_OUT(type)                 sizeof(type)
#define SIZE_INOUT(type)               sizeof(type)
#define SIZE_ONE(type)                 sizeof(type)

#define SUBOP(call, cmd, name, type, dir, class, subject)                                          \
	_Static_assert(BASE_##call + (cmd) <= END_##call, #call " has more commands than rows");   \
	_Static_assert(SIZE_##dir(type) <= SUBOP_ARG_MAX, #call " " #name ": argument too large"); \
	_Static_assert(CLASS_##class != CLASS_TARGET || KIND(AT_##subject, ) != SELF,              \
		       #call " " #name ": no subject");
#include <subops.def>

#define ROW(function, cmd, type, dir, class, ...)                                     \
	[cmd] = {                                                                     \
		.call = function,                                                     \
		.size = SIZE_##dir(type),                                             \
		.direction = dir,                                                     \
		.caller = CLASS_##class,                                              \
		.plain = CLASS_##class == CLASS_ANY && KIND(__VA_ARGS__, ) == SELF && \
			 (dir) < PARTS,                                               \
		AT(type, __VA_ARGS__),                                                \
	},
#define SUBOP(call, cmd, name, type, dir, class, subject) \
	ROW(call_##call##_##name, BASE_##call + (cmd), type, dir, class, AT_##subject)
#define SUBOP_ABSENT(call, cmd, name, type, dir, class, subject) \
	ROW(absent, BASE_##call + (cmd), void, NONE, class, AT_SELF)
static const struct subop rows[SUBOP_ROWS] = {
#include <subops.def>
};

/* One call ------------------------------------------------------------------------------------ */

static long find_domain(const struct subop *row, const char *copy, struct domain **out)
{
	const domid_t *id = (const void *)(copy + row->domain_at);
	struct domain *d;
	int err = -ESRCH;

	d = row->caller == CLASS_TARGET ? domain_get_target(*id, &err) : domain_get(*id);
	if (!d)
		return err;
	if (d->state != DOMAIN_ALIVE && row->subject != KNOWN)
		err = -ESRCH;
	else if (d == current->domain && row->subject == OTHER)
		err = -EINVAL;
	else
		err = 0;
	if (err)
		domain_put(d);
	else
		*out = d;
	return err;
}

/* The domain, referenced, and the vCPU that the call is about, as far as it is about any. */
static long find_subject(const struct subop *row, const char *copy, u64 extra, struct domain **d,
			 struct vcpu **v)
{
	const u32 *id = (const void *)(copy + row->second_at);
	long rc;

	if (row->subject == VCPU) { /* it is there: call_any looked, before it copied anything */
		*v = domain_vcpu(current->domain, (u32)extra);
		return 0;
	}
	rc = find_domain(row, copy, d);
	if (rc || row->subject != VCPU_OF)
		return rc;
	*v = domain_vcpu(*d, *id);
	return *v ? 0 : -EINVAL;
}

/* Lists and parts restart with arguments of their own. */
static inline long call_handler(const struct subop *row, struct domain *d, struct vcpu *v,
				void *copy, gaddr_t arg, u64 extra)
{
	long rc = row->call(d, v, copy, arg, extra);

	if (unlikely(rc == -ERESTART) && row->direction != LIST && row->direction != PARTS)
		return hypercall_restart_same();
	if (row->direction >= OUT && rc >= 0 && unlikely(guest_write(arg, copy, row->size)))
		return -EFAULT;
	return rc;
}

/* The grant calls that tell about a failure in the argument. */
static long answer_status(const struct subop *row, char *copy, gaddr_t arg, long rc)
{
	int16_t *status = (void *)(copy + row->second_at);

	*status = rc == -EPERM ? GNTST_permission_denied : GNTST_bad_domain;
	return guest_write(arg, copy, row->size);
}

static NOINLINE long call_about(const struct subop *row, void *copy, gaddr_t arg, u64 extra)
{
	struct domain *d = NULL;
	struct vcpu *v = NULL;
	long rc = find_subject(row, copy, extra, &d, &v);

	if (!rc)
		rc = call_handler(row, d, v, copy, arg, extra);
	else if (row->subject == STATUS)
		rc = answer_status(row, copy, arg, rc);
	if (d)
		domain_put(d);
	return rc;
}

/* What goes out is written back first as it came, so that a bad address is refused before anything
 * is done. */
static inline long call_on_copy(const struct subop *row, void *copy, gaddr_t arg, u64 extra)
{
	if (row->direction >= OUT && unlikely(guest_write(arg, copy, row->size)))
		return -EFAULT;
	if (row->subject == SELF)
		return call_handler(row, NULL, NULL, copy, arg, extra);
	return call_about(row, copy, arg, extra);
}

static NOINLINE long call_any(const struct subop *row, gaddr_t arg, u64 extra)
{
	u64 copy[SUBOP_ARG_MAX / 8];

	if (row->caller != CLASS_ANY && !caller_allowed(current->domain, row->caller))
		return -EPERM;
	if (row->caller != CLASS_ANY)
		nospec_fence();
	if (row->direction == ONE && extra != 1)
		return -EINVAL;
	if (row->subject == VCPU && !domain_vcpu(current->domain, (u32)extra))
		return -ENOENT;
	if (row->direction == OUT)
		memset(copy, 0, row->size);
	else if (row->size && unlikely(guest_read(copy, arg, row->size)))
		return -EFAULT;
	return call_on_copy(row, copy, arg, extra);
}

/* False: no such row. */
static inline bool find(const struct subop *stretch, u32 count, u32 command,
			const struct subop **row)
{
	*row = &stretch[nospec_index(command, count)];
	return likely(command < count && (*row)->call);
}

static inline long dispatch(const struct subop *stretch, u32 count, u32 command, gaddr_t arg,
			    u64 extra)
{
	const struct subop *row;

	if (unlikely(!find(stretch, count, command, &row)))
		return -ENOSYS;
	if (likely(row->plain))
		return row->call(NULL, NULL, NULL, arg, extra);
	return call_any(row, arg, extra);
}

/* For calls whose command stands in their argument, behind it the version. */
static long dispatch_inside(const struct subop *stretch, u32 count, gaddr_t arg, size_t size,
			    u32 version)
{
	u64 copy[SUBOP_ARG_MAX / 8];
	const struct {
		u32 command, version;
	} *head = (const void *)copy;
	const struct subop *row;

	if (guest_read(copy, arg, size))
		return -EFAULT;
	if (head->version != version)
		return -EACCES;
	if (!find(stretch, count, head->command, &row))
		return -ENOSYS;
	if (!caller_allowed(current->domain, row->caller))
		return -EPERM;
	nospec_fence();
	return call_on_copy(row, copy, arg, 0);
}

#define STRETCH_OF(call) &rows[BASE_##call], END_##call - BASE_##call + 1

/* Hypercalls ---------------------------------------------------------------------------------- */

#define BY_COMMAND(name)                                            \
	long hc_##name(u32 command, gaddr_t arg)                    \
	{                                                           \
		return dispatch(STRETCH_OF(name), command, arg, 0); \
	}
BY_COMMAND(nmi_op)
BY_COMMAND(callback_op)
BY_COMMAND(sched_op)
BY_COMMAND(physdev_op)
BY_COMMAND(xenpmu_op)
BY_COMMAND(paravane_op)

#define BY_STRUCTURE(name, type, version)                                                    \
	long hc_##name(gaddr_t arg)                                                          \
	{                                                                                    \
		return dispatch_inside(STRETCH_OF(name), arg, sizeof(struct type), version); \
	}
BY_STRUCTURE(platform_op, xen_platform_op, XENPF_INTERFACE_VERSION)
BY_STRUCTURE(sysctl, xen_sysctl, XEN_SYSCTL_INTERFACE_VERSION)
BY_STRUCTURE(domctl, xen_domctl, XEN_DOMCTL_INTERFACE_VERSION)
BY_STRUCTURE(mca, xen_mc, XEN_MCA_INTERFACE_VERSION)

/* Linux calls this one to let pending events in: it is the shortest way through the hypervisor. */
long hc_xen_version(u32 command, gaddr_t arg)
{
	if (likely(command == XENVER_version))
		return PV_ABI_XEN_MAJOR << 16 | PV_ABI_XEN_MINOR;
	return dispatch(STRETCH_OF(xen_version), command, arg, 0);
}

long hc_console_io(u32 command, u32 count, gaddr_t buffer)
{
	return dispatch(STRETCH_OF(console_io), command, buffer, count);
}

long hc_vm_assist(u32 command, u32 type)
{
	return dispatch(STRETCH_OF(vm_assist), command, GADDR(0), type);
}

long hc_vcpu_op(u32 command, u32 vcpu, gaddr_t arg)
{
	return dispatch(STRETCH_OF(vcpu_op), command, arg, vcpu);
}

_Static_assert(sizeof(struct evtchn_send) == sizeof(u32), "port");

long hc_event_channel_op(u32 command, gaddr_t arg)
{
	u32 port;

	if (unlikely(command != EVTCHNOP_send))
		return dispatch(STRETCH_OF(event_channel_op), command, arg, 0);
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
	return dispatch(STRETCH_OF(grant_table_op), command, ops, count);
}

/* The bits above the command say how many extents were done. */
long hc_memory_op(unsigned long command, gaddr_t arg)
{
	return dispatch(STRETCH_OF(memory_op), command & 0x3f, arg, command >> 6);
}
