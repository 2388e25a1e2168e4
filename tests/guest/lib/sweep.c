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
#define FORM_platform_op      FRAME
#define FORM_domctl           FRAME
#define FORM_sysctl           FRAME
#define FORM_mca              FRAME

/* The table's name of the call is not the public headers' name of its number. */
#define __HYPERVISOR_mca __HYPERVISOR_arch_0

const struct sweep_row sweep_rows[] = {
#define SUBOP(call, command, name, type, direction, class) \
	{ #command, __HYPERVISOR_##call, FORM_##call, SWEEP_##direction, SWEEP_##class, command },
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
