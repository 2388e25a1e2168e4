/* SPDX-License-Identifier: MIT */
/* Start of day: from the loader's hand-over to the first guest, in the order in which things need
 * each other. */
#include <core/arch.h>
#include <x86/asm.h>
#include <x86/entry.h>
#include <core/frame.h>
#include <x86/ioapic.h>
#include <core/lib.h>
#include <x86/machine.h>
#include <core/printk.h>
#include <core/sched.h>
#include <x86/spec.h>
#include <x86/x86.h>
#include <x86/xpti.h>

static void INIT_TEXT say_who(void)
{
	pr_info("Paravane %s\n", PARAVANE_VERSION);
	pr_info("command line: %s\n", boot.cmdline);
	options_parse(boot.cmdline, true);
	pr_info("memory map:\n");
	e820_print();
}

static void INIT_TEXT say_cpu(void)
{
	pr_info("CPU: vendor %c, %u address bits%s%s%s%s%s%s%s\n", cpu_vendor, paddr_bits,
		cpu_cr4_features & CR4_SMEP ? ", SMEP" : "", cpu_has_smap ? ", SMAP" : "",
		cpu_has_umip ? ", UMIP" : "", cpu_has_fsgsbase ? ", FSGSBASE" : "",
		cpu_has_xsave ? ", XSAVE" : "", cpu_has_1g_pages ? ", 1 GiB pages" : "",
		cpu_has_l1tf ? ", open to L1TF" : "");
	pr_info("defences against speculation: %s\n", *spec_text() ? spec_text() : "none");
	if (cpu_has_meltdown && !xpti_on)
		pr_warn("this CPU is open to Meltdown: guests can read all memory (xpti=off)\n");
}

static void INIT_TEXT say_machine(void)
{
	pr_info("memory: %lu MiB, %lu MiB free\n", total_frames >> 8, frame_free_count() >> 8);
	nr_cpus_present = MAX(acpi.cpu_count, 1U);
	if (nr_cpus_present > 1)
		pr_info("%u CPUs, of which the boot CPU runs guests; the others are parked\n",
			nr_cpus_present);
	for (unsigned int i = 0; i < boot.module_count; i++)
		pr_info("module %u: %lu KiB at %lx: %s\n", i, boot.modules[i].size >> 10,
			boot.modules[i].start, boot.modules[i].cmdline);
}

static void INIT_TEXT find_acpi_id(struct cpu *c)
{
	for (unsigned int i = 0; i < acpi.cpu_count; i++)
		if (acpi.cpu_apic_id[i] == c->apic_id)
			c->acpi_id = acpi.cpu_acpi_id[i];
}

/* Not of the parts that are freed here, nor to be inlined into one. */
static void NORETURN __attribute__((noinline)) run(void)
{
	dom0_build();
	hostmap_free_init();
	pr_debug("memory: %lu MiB free\n", frame_free_count() >> 8);
	sched_idle();
}

void INIT_TEXT boot_main(u32 magic, paddr_t info)
{
	struct cpu *c = &cpus[0];
	int rc;

	sched_init_cpu(c);
	c->online = true;
	cpu_identify();
	desc_early();
	rc = multiboot_read(magic, info);
	options_parse(boot.cmdline, false);
	uart_init();
	if (rc)
		panic("not started by a multiboot loader, or without a memory map (magic %x)",
		      magic);
	e820_finish();
	say_who();
	spec_settle();
	xpti_decide();
	cpu_patch_text();
	say_cpu();
	hostmap_init();
	desc_init_cpu(c);
	cpu_setup();
	fpu_init();
	cpuid_init();
	acpi_init();
	lapic_init();
	find_acpi_id(c);
	time_init();
	ioapic_init();
	uart_start();
	say_machine();
	run();
}
