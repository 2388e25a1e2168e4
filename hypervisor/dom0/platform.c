/* SPDX-License-Identifier: MIT */
/*
 * platform_op: what the hardware domain may ask of the machine: its clock, firmware data, CPUs,
 * sleep; and the end of the machine with the hardware domain.
 */
#include <core/arch.h>
#include <x86/asm.h>
#include <core/cpu.h>
#include <core/errno.h>
#include <core/hypercall.h>
#include <core/lib.h>
#include <x86/machine.h>
#include <core/printk.h>
#include <x86/time.h>

#define SLEEP_S5         5U
#define PM1_SLEEP_ENABLE 0x2000U
#define SLEEP_WAIT       1000000U

/* Clock --------------------------------------------------------------------------------------- */

static long set_time(u64 seconds, u32 ns, u64 system_time)
{
	struct domain *d;
	u32 next = 0;
	u64 epoch;

	if (ns >= NS_PER_S || seconds > ~0UL / NS_PER_S - 1)
		return -EINVAL;
	epoch = seconds * NS_PER_S + ns;
	if (epoch < system_time)
		return -EINVAL;
	time_set_wallclock(epoch - system_time);
	while ((d = domain_get_next((domid_t)next))) {
		next = d->id + 1U;
		time_write_wallclock(d);
		domain_put(d);
	}
	return 0;
}

long hc_platform_op_settime32(struct xen_platform_op *op)
{
	return set_time(op->u.settime32.secs, op->u.settime32.nsecs, op->u.settime32.system_time);
}

long hc_platform_op_settime64(struct xen_platform_op *op)
{
	if (op->u.settime64.mbz)
		return -EINVAL;
	return set_time(op->u.settime64.secs, op->u.settime64.nsecs, op->u.settime64.system_time);
}

/* Firmware ------------------------------------------------------------------------------------ */

/* What a BIOS would have told before the CPU left real mode was not asked for: there are no disks
 * to name, and no shift key is held. */
long hc_platform_op_firmware_info(struct xen_platform_op *op)
{
	switch (op->u.firmware_info.type) {
	case XEN_FW_DISK_INFO:
	case XEN_FW_DISK_MBR_SIGNATURE:
	case XEN_FW_VBEDDC_INFO: return -ESRCH;
	case XEN_FW_EFI_INFO: return -ENOSYS;
	case XEN_FW_KBD_SHIFT_FLAGS: op->u.firmware_info.u.kbd_shift_flags = 0; return 0;
	default: return -EINVAL;
	}
}

/* Sleep types first, then the bit that acts on them (ACPI specification 6.4, 16.1.3). */
static void write_pm1(u16 a, u16 b)
{
	outw((u16)acpi.pm1a_cnt, a & (u16)~PM1_SLEEP_ENABLE);
	if (acpi.pm1b_cnt)
		outw((u16)acpi.pm1b_cnt, b & (u16)~PM1_SLEEP_ENABLE);
	outw((u16)acpi.pm1a_cnt, a | PM1_SLEEP_ENABLE);
	if (acpi.pm1b_cnt)
		outw((u16)acpi.pm1b_cnt, b | PM1_SLEEP_ENABLE);
}

/* If it returns, kernels go on to SCHEDOP_shutdown. */
long hc_platform_op_enter_acpi_sleep(struct xen_platform_op *op)
{
	const struct xenpf_enter_acpi_sleep *s = &op->u.enter_acpi_sleep;

	if (s->flags || s->sleep_state != SLEEP_S5)
		return -EOPNOTSUPP;
	if (!acpi.pm1a_cnt)
		return -ENODEV;
	pr_info("dom0 switches the machine off\n");
	uart_write_sync("", 0);
	write_pm1(s->val_a, s->val_b);
	for (unsigned int i = 0; i < SLEEP_WAIT; i++)
		cpu_relax();
	return -EIO;
}

/* CPUs ---------------------------------------------------------------------------------------- */

/* The n-th CPU of the machine that the hypervisor does not run on, by its place in the MADT; -1:
 * none. */
static int parked(unsigned int n)
{
	for (unsigned int i = 0; i < acpi.cpu_count; i++) {
		bool runs = false;

		for (unsigned int c = 0; c < nr_cpus; c++)
			runs |= cpus[c].apic_id == acpi.cpu_apic_id[i];
		if (!runs && !n--)
			return (int)i;
	}
	return -1;
}

long hc_platform_op_get_cpuinfo(struct xen_platform_op *op)
{
	struct xenpf_pcpuinfo *p = &op->u.pcpu_info;
	int i;

	p->max_present = MAX(acpi.cpu_count, nr_cpus) - 1;
	p->flags = XEN_PCPU_FLAGS_INVALID;
	p->apic_id = p->acpi_id = 0;
	if (p->xen_cpuid < nr_cpus) {
		p->flags = XEN_PCPU_FLAGS_ONLINE;
		p->apic_id = cpus[p->xen_cpuid].apic_id;
		p->acpi_id = cpus[p->xen_cpuid].acpi_id;
		return 0;
	}
	i = parked(p->xen_cpuid - nr_cpus);
	if (i >= 0) {
		p->flags = 0;
		p->apic_id = acpi.cpu_apic_id[i];
		p->acpi_id = acpi.cpu_acpi_id[i];
	}
	return 0;
}

long hc_platform_op_get_cpu_version(struct xen_platform_op *op)
{
	struct xenpf_pcpu_version *p = &op->u.pcpu_version;
	u32 r[4], family, model;

	if (p->xen_cpuid >= MAX(acpi.cpu_count, nr_cpus))
		return -ENOENT;
	p->max_present = MAX(acpi.cpu_count, nr_cpus) - 1;
	cpuid(0, 0, r);
	memcpy(p->vendor_id, &r[1], 4);
	memcpy(p->vendor_id + 4, &r[3], 4);
	memcpy(p->vendor_id + 8, &r[2], 4);
	cpuid(1, 0, r);
	family = r[0] >> 8 & 15;
	model = r[0] >> 4 & 15;
	if (family == 6 || family == 15)
		model |= r[0] >> 12 & 0xf0;
	p->family = family == 15 ? family + (r[0] >> 20 & 0xff) : family;
	p->model = model;
	p->stepping = r[0] & 15;
	return 0;
}

/* The map says which CPUs are asked about and, afterwards, which of those there are. */
long hc_platform_op_getidletime(struct xen_platform_op *op)
{
	struct xenpf_getidletime *g = &op->u.getidletime;
	gaddr_t map = handle_gaddr(g->cpumap_bitmap), times = handle_gaddr(g->idletime);
	u32 bytes = (MIN(g->cpumap_nr_cpus, NR_CPUS) + 7) / 8;
	u64 asked[NR_CPUS / 64] = { 0 };

	if (guest_read(asked, map, bytes))
		return -EFAULT;
	for (unsigned int c = 0; c < bytes * 8; c++) {
		if (!bit_test(c, asked))
			continue;
		if (c >= nr_cpus)
			bit_clear(c, asked);
		else if (guest_write_elem(times, c, &cpus[c].idle_time))
			return -EFAULT;
	}
	g->now = time_now();
	return guest_write(map, asked, bytes) ? -EFAULT : 0;
}

/* The end of the machine ---------------------------------------------------------------------- */

void hardware_domain_shutdown(u32 code)
{
	switch (code) {
	case SHUTDOWN_poweroff: pr_info("dom0 has shut down\n"); machine_poweroff();
	case SHUTDOWN_reboot: pr_info("dom0 has shut down and asks for a reboot\n"); break;
	case SHUTDOWN_crash:
		pr_err("dom0 has crashed%s%s\n", *dom0->crash_reason ? ": " : "",
		       dom0->crash_reason);
		break;
	case SHUTDOWN_watchdog: pr_err("dom0's watchdog was not served\n"); break;
	default:
		pr_err("dom0 has shut down for reason %u, which a hardware domain cannot\n", code);
		break;
	}
	machine_panic_end();
}
