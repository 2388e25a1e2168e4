/* SPDX-License-Identifier: MIT */
/* The rows of <subops.def>. */
#include "sweep.h"

#define FORM_xen_version      POINTER
#define FORM_console_io       ID_POINTER
#define FORM_vm_assist        NUMBER
#define FORM_nmi_op           POINTER
#define FORM_callback_op      POINTER
#define FORM_sched_op         POINTER
#define FORM_vcpu_op          ID_POINTER
#define FORM_event_channel_op POINTER
#define FORM_grant_table_op   POINTER_COUNT
#define FORM_memory_op        POINTER
#define FORM_physdev_op       POINTER
#define FORM_xenpmu_op        POINTER
#define FORM_paravane_op      POINTER
#define FORM_platform_op      FRAME
#define FORM_domctl           FRAME
#define FORM_sysctl           FRAME
#define FORM_mca              FRAME

/* The table's name of the call is not the public headers' name of its number. */
#define __HYPERVISOR_mca __HYPERVISOR_arch_0

/* A subject: its kind, and where it stands in a structure of that type. */
#define SUBJECT_SELF                 AT_0, SELF
#define SUBJECT_ID                   AT_0, ID
#define SUBJECT_VCPU                 AT_0, VCPU
#define SUBJECT_ALIVE(member)        AT_1, ALIVE, member
#define SUBJECT_OTHER(member)        AT_1, OTHER, member
#define SUBJECT_KNOWN(member)        AT_1, KNOWN, member
#define SUBJECT_STATUS(member, at)   AT_2, STATUS, member, at
#define SUBJECT_VCPU_OF(member, at)  AT_2, VCPU_OF, member, at
#define AT_0(type, kind)             .subject = SWEEP_##kind
#define AT_1(type, kind, member)     AT_0(type, kind), .domain_at = offsetof(type, member)
#define AT_2(type, kind, member, at) AT_1(type, kind, member), .second_at = offsetof(type, at)
#define SUBJECT(type, ...)           SUBJECT_(type, __VA_ARGS__)
#define SUBJECT_(type, arity, ...)   arity(type, __VA_ARGS__)

/* A void argument has no size. */
#define SIZE_OF(type) (__builtin_types_compatible_p(type, void) ? 0 : sizeof(type))

#define ROW(text, call, cmd, type, dir, access, missing, ...) \
	{                                                     \
		.name = text,                                 \
		.hypercall = __HYPERVISOR_##call,             \
		.form = FORM_##call,                          \
		.direction = SWEEP_##dir,                     \
		.class = SWEEP_##access,                      \
		.absent = missing,                            \
		.command = cmd,                               \
		.size = SIZE_OF(type),                        \
		SUBJECT(type, __VA_ARGS__),                   \
	},
#define SUBOP(call, cmd, name, type, dir, class, subject) \
	ROW(#cmd, call, cmd, type, dir, class, false, SUBJECT_##subject)
#define SUBOP_ABSENT(call, cmd, name, type, dir, class, subject) \
	ROW(#cmd, call, cmd, type, dir, class, true, SUBJECT_##subject)
#pragma GCC diagnostic ignored "-Wpointer-arith"
const struct sweep_row sweep_rows[] = {
#include <subops.def>
};

const unsigned int sweep_nr = PV_ARRAY_SIZE(sweep_rows);

struct child_call sweep_call(const struct sweep_row *row, uint64_t pointer)
{
	struct child_call call = { .number = row->hypercall, .result = 0x5555 };

	switch (row->form) {
	case POINTER:
		call.a[0] = row->command;
		call.a[1] = pointer;
		break;
	case ID_POINTER:
		call.a[0] = row->command;
		call.a[1] = row->hypercall == __HYPERVISOR_console_io ? 16 : 0;
		call.a[2] = pointer;
		break;
	case POINTER_COUNT:
		call.a[0] = row->command;
		call.a[1] = pointer;
		call.a[2] = 1;
		break;
	case NUMBER: call.a[0] = row->command; break;
	default: call.a[0] = pointer;
	}
	return call;
}

void sweep_frame(const struct sweep_row *row, void *frame)
{
	memset(frame, 0, 256);
	if (row->hypercall == __HYPERVISOR_platform_op) {
		struct xen_platform_op *op = frame;

		op->cmd = row->command;
		op->interface_version = XENPF_INTERFACE_VERSION;
	} else if (row->hypercall == __HYPERVISOR_sysctl) {
		struct xen_sysctl *op = frame;

		op->cmd = row->command;
		op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	} else if (row->hypercall == __HYPERVISOR_domctl) {
		struct xen_domctl *op = frame;

		op->cmd = row->command;
		op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
		op->domain = 999;
	} else if (row->hypercall == __HYPERVISOR_mca) {
		struct xen_mc *op = frame;

		op->cmd = row->command;
		op->interface_version = XEN_MCA_INTERFACE_VERSION;
	}
}
