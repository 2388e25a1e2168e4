/* SPDX-License-Identifier: MIT */
/*
 * The small calls that take plain numbers: each accepts what the ABI allows and refuses the rest
 * with the right error, and none of it disturbs the guest.
 */
#include "test.h"

static struct callback_register good = { .type = CALLBACKTYPE_event,
					 .flags = CALLBACKF_mask_events };
static struct callback_register no_type = { .type = 77 };
static struct callback_register wild = { .type = CALLBACKTYPE_syscall, .address = NONCANONICAL };
static struct callback_unregister drop_event = { .type = CALLBACKTYPE_event };
static struct callback_unregister drop_nmi = { .type = CALLBACKTYPE_nmi };
static struct callback_unregister drop_none = { .type = 77 };

#define P(x) ((unsigned long)&(x))

void test_main(void)
{
	static const struct call table[] = {
		CALL("stack_switch", stack_switch, 0, PV_SS, 0xffffffff80200000),
		CALL("stack_switch, RPL 0", stack_switch, 0, PV_SS & ~3, 0xffffffff80200000),
		CALL("fpu_taskswitch set", fpu_taskswitch, 0, 1),
		CALL("fpu_taskswitch clear", fpu_taskswitch, 0, 0),
		CALL("vm_assist enable writable_pagetables", vm_assist, 0, VMASST_CMD_enable,
		     VMASST_TYPE_writable_pagetables),
		CALL("vm_assist enable runstate_update_flag", vm_assist, 0, VMASST_CMD_enable,
		     VMASST_TYPE_runstate_update_flag),
		CALL("vm_assist disable runstate_update_flag", vm_assist, 0, VMASST_CMD_disable,
		     VMASST_TYPE_runstate_update_flag),
		CALL("vm_assist enable type 63", vm_assist, -XEN_EINVAL, VMASST_CMD_enable, 63),
		CALL("vm_assist enable type 64", vm_assist, -XEN_EINVAL, VMASST_CMD_enable, 64),
		CALL("vm_assist enable type -1", vm_assist, -XEN_EINVAL, VMASST_CMD_enable, ~0U),
		CALL("vm_assist unknown command", vm_assist, -XEN_ENOSYS, 2, 0),
		CALL("set_timer_op far future", set_timer_op, 0, 1UL << 60),
		CALL("set_timer_op stop", set_timer_op, 0, 0),
		CALL("set_timer_op negative", set_timer_op, 0, 1UL << 63),
		CALL("set_timer_op stop again", set_timer_op, 0, 0),
		CALL("callback_op register", callback_op, 0, CALLBACKOP_register, P(good)),
		CALL("callback_op unknown type", callback_op, -XEN_ENOSYS, CALLBACKOP_register,
		     P(no_type)),
		CALL("callback_op wild address", callback_op, -XEN_EINVAL, CALLBACKOP_register,
		     P(wild)),
		CALL("callback_op unregister event", callback_op, -XEN_EINVAL,
		     CALLBACKOP_unregister, P(drop_event)),
		CALL("callback_op unregister nmi", callback_op, 0, CALLBACKOP_unregister,
		     P(drop_nmi)),
		CALL("callback_op unregister unknown", callback_op, -XEN_ENOSYS,
		     CALLBACKOP_unregister, P(drop_none)),
		CALL("callback_op unknown command", callback_op, -XEN_ENOSYS, 9, P(good)),
		CALL("callback_op from the hypervisor", callback_op, -XEN_EFAULT,
		     CALLBACKOP_register, HYPERVISOR_POINTER),
		CALL("nmi_op unknown command", nmi_op, -XEN_ENOSYS, 7, 0),
		CALL("nmi_op unregister", nmi_op, 0, XENNMI_unregister_callback, 0),
		CALL("nmi_op register from nowhere", nmi_op, -XEN_EFAULT, XENNMI_register_callback,
		     0x1000),
		CALL("set_debugreg 8", set_debugreg, UNLIKE_XEN(-XEN_EINVAL, -XEN_ENODEV), 8, 0),
		CALL("get_debugreg 8", get_debugreg, UNLIKE_XEN(-XEN_EINVAL, -XEN_ENODEV), 8),
		CALL("set_segment_base 4", set_segment_base, -XEN_EINVAL, 4, 0),
		CALL("set_segment_base ~0", set_segment_base, -XEN_EINVAL, ~0U, 0),
		CALL("hvm_op of a PV guest", hvm_op, UNLIKE_XEN(-XEN_ENOSYS, -XEN_EFAULT), 0, 0),
		CALL("dm_op on itself", dm_op, UNLIKE_XEN(-XEN_ENOSYS, -XEN_ENODATA), 0, 0, 0),
		CALL("sched_op unknown command", sched_op, -XEN_ENOSYS, 99, 0),
		CALL("vcpu_op unknown command", vcpu_op, -XEN_ENOSYS, 99, 0, 0),
		CALL("vcpu_op unknown vCPU", vcpu_op, -XEN_ENOENT, VCPUOP_is_up, 4000, 0),
		CALL("event_channel_op unknown command", event_channel_op, -XEN_ENOSYS, 99, 0),
		CALL("memory_op unknown command", memory_op, -XEN_ENOSYS, 60, 0),
		CALL("grant_table_op unknown command", grant_table_op, -XEN_ENOSYS, 99, 0, 0),
		CALL("mmuext_op of a bad list", mmuext_op, -XEN_EFAULT, HYPERVISOR_POINTER, 1, 0,
		     DOMID_SELF),
		CALL("mmu_update of a bad list", mmu_update, -XEN_EFAULT, HYPERVISOR_POINTER, 1, 0,
		     DOMID_SELF),
		CALL("multicall of a bad list", multicall, -XEN_EFAULT, HYPERVISOR_POINTER, 1),
		CALL("multicall of nothing", multicall, 0, 0, 0),
	};

	good.address = pv_trap_address(PV_ENTRY_FAILSAFE);
	CALLS_CHECK(table);
	/* A stack that cannot be is refused, or is the guest's own problem; the call itself must
	 * survive. */
	hypercall_stack_switch(PV_SS, NONCANONICAL);
	hypercall_stack_switch(PV_SS, HYPERVISOR_POINTER);
}
