/* SPDX-License-Identifier: MIT */
/* Starting vCPUs. */
#include <pv/hypercall.h>
#include <pv/string.h>
#include <pv/vcpu.h>

int pv_vcpu_set_current(struct pv_vcpu *vcpu)
{
	vcpu->self = vcpu;
	return (int)hypercall_set_segment_base(SEGBASE_GS_KERNEL, (unsigned long)vcpu);
}

/* The first code of a vCPU. */
static void __attribute__((noreturn)) vcpu_run(void (*main)(void *), void *argument)
{
	main(argument);
	for (;;)
		hypercall_vcpu_op(VCPUOP_down, pv_vcpu_current()->id, NULL);
}

/* CR3 as the ABI shows it: the frame of the running vCPU's root. */
static unsigned long root_read(void)
{
	unsigned long cr3;

	__asm__ volatile("movq %%cr3, %0" : "=r"(cr3));
	return cr3;
}

int pv_vcpu_start(struct pv_vcpu *vcpu, void *stack_top, void (*main)(void *), void *argument)
{
	static struct vcpu_guest_context context;
	long rc;

	memset(&context, 0, sizeof(context));
	context.flags = VGCF_in_kernel;
	context.user_regs.rip = (unsigned long)vcpu_run;
	context.user_regs.rdi = (unsigned long)main;
	context.user_regs.rsi = (unsigned long)argument;
	/* As after a call, which is how C expects a stack to be aligned. */
	context.user_regs.rsp = (unsigned long)stack_top - sizeof(long);
	context.user_regs.cs = PV_CS64;
	context.user_regs.ss = PV_SS;
	context.user_regs.rflags = 2;
	context.ctrlreg[3] = root_read();
	context.gs_base_kernel = (unsigned long)vcpu;
	rc = hypercall_vcpu_op(VCPUOP_initialise, vcpu->id, &context);
	if (rc)
		return (int)rc;
	vcpu->info->evtchn_upcall_mask = 1;
	return (int)hypercall_vcpu_op(VCPUOP_up, vcpu->id, NULL);
}
