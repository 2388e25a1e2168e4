/* SPDX-License-Identifier: MIT */
/*
 * The local APIC: its registers in memory, or as MSRs where the firmware left it in x2APIC mode;
 * and its timer, one-shot, whose rate is measured beside the TSC's.
 */
#include <core/arch.h>
#include <x86/asm.h>
#include <x86/machine.h>
#include <core/printk.h>
#include <x86/vector.h>
#include <x86/x86.h>

#define APIC_BASE_X2     (1UL << 10)
#define APIC_BASE_ENABLE (1UL << 11)
#define MSR_X2APIC       0x800U

enum { /* register offsets; as MSRs shifted right by 4 */
       APIC_ID = 0x20,
       APIC_TPR = 0x80,
       APIC_EOI = 0xb0,
       APIC_SVR = 0xf0,
       APIC_ESR = 0x280,
       APIC_ICR = 0x300,
       APIC_ICR_HIGH = 0x310,
       APIC_LVT_TIMER = 0x320,
       APIC_LVT_THERMAL = 0x330,
       APIC_LVT_PERF = 0x340,
       APIC_LVT_LINT0 = 0x350,
       APIC_LVT_LINT1 = 0x360,
       APIC_LVT_ERROR = 0x370,
       APIC_TIMER_INITIAL = 0x380,
       APIC_TIMER_CURRENT = 0x390,
       APIC_TIMER_DIVIDE = 0x3e0,
};

#define SVR_ENABLE  0x100U
#define LVT_MASKED  0x10000U
#define LVT_NMI     0x400U
#define DIVIDE_BY_1 0xbU
#define ICR_PENDING (1U << 12)
#define TIMER_MAX   0xffffffffU

static volatile u32 *mmio;
static bool x2apic;
static u64 ticks_per_ns_32; /* timer ticks in a nanosecond, times 2^32 */

static u32 apic_read(unsigned int reg)
{
	return x2apic ? (u32)rdmsr(MSR_X2APIC + (reg >> 4)) : mmio[reg / 4];
}

static void apic_write(unsigned int reg, u32 v)
{
	if (x2apic)
		wrmsr(MSR_X2APIC + (reg >> 4), v);
	else
		mmio[reg / 4] = v;
}

void lapic_eoi(void)
{
	apic_write(APIC_EOI, 0);
}

u32 lapic_id(void)
{
	u32 id = apic_read(APIC_ID);

	return x2apic ? id : id >> 24;
}

void lapic_send_ipi(u32 apic_id, u8 vector)
{
	if (x2apic) {
		wrmsr(MSR_X2APIC + (APIC_ICR >> 4), (u64)apic_id << 32 | vector);
		return;
	}
	while (apic_read(APIC_ICR) & ICR_PENDING)
		cpu_relax();
	apic_write(APIC_ICR_HIGH, apic_id << 24);
	apic_write(APIC_ICR, vector);
}

static void spurious(u8 vector, void *arg)
{
	(void)vector;
	(void)arg;
}

static void on_timer(u8 vector, void *arg)
{
	(void)vector;
	(void)arg;
	lapic_eoi();
	timer_interrupt();
}

static void INIT_TEXT set_vectors(void)
{
	vector_set(VECTOR_SPURIOUS, spurious, NULL);
	vector_set(VECTOR_TIMER, on_timer, NULL);
	apic_write(APIC_TPR, 0);
	apic_write(APIC_LVT_LINT0, LVT_MASKED); /* the PICs are not used */
	apic_write(APIC_LVT_LINT1, LVT_NMI);
	apic_write(APIC_LVT_THERMAL, LVT_MASKED);
	apic_write(APIC_LVT_PERF, LVT_MASKED);
	apic_write(APIC_LVT_ERROR, LVT_MASKED);
	apic_write(APIC_LVT_TIMER, LVT_MASKED | VECTOR_TIMER);
	apic_write(APIC_TIMER_DIVIDE, DIVIDE_BY_1);
	apic_write(APIC_SVR, SVR_ENABLE | VECTOR_SPURIOUS);
}

/* The two PICs are told not to interrupt, whatever the firmware left; on vectors that do no harm.
 */
static void INIT_TEXT silence_pics(void)
{
	static const u8 init[][3] = { { 0x11, 0xf8, 0x04 }, { 0x11, 0xf8, 0x02 } };
	static const u16 port[] = { 0x20, 0xa0 };

	for (unsigned int i = 0; i < ARRAY_SIZE(port); i++) {
		outb(port[i], init[i][0]);
		outb(port[i] + 1, init[i][1]);
		outb(port[i] + 1, init[i][2]);
		outb(port[i] + 1, 1);
		outb(port[i] + 1, 0xff);
	}
}

void INIT_TEXT lapic_init(void)
{
	u64 base = rdmsr(MSR_APIC_BASE);

	silence_pics();
	if (!(base & APIC_BASE_ENABLE)) {
		base |= APIC_BASE_ENABLE;
		wrmsr(MSR_APIC_BASE, base);
	}
	x2apic = base & APIC_BASE_X2;
	if (!x2apic) {
		mmio = hv_map_device(acpi.lapic, PAGE_SIZE);
		if (!mmio)
			panic("no room to map the local APIC");
	}
	set_vectors();
	this_cpu()->apic_id = lapic_id();
}

static INIT_DATA u32 counted;
static INIT_DATA u64 counted_in; /* TSC ticks */

static void INIT_TEXT count_start(void)
{
	apic_write(APIC_TIMER_INITIAL, TIMER_MAX);
	counted_in = rdtsc();
}

static void INIT_TEXT count_stop(void)
{
	counted = TIMER_MAX - apic_read(APIC_TIMER_CURRENT);
	counted_in = rdtsc() - counted_in;
}

/* In the same span in which time.c measures the TSC. */
void INIT_TEXT lapic_calibrate(u32 microseconds, u64 *tsc_ticks)
{
	u64 khz;

	*tsc_ticks = time_reference_wait(microseconds, count_start, count_stop);
	apic_write(APIC_TIMER_INITIAL, 0);
	khz = counted * (*tsc_ticks * 1000 / microseconds) / counted_in;
	if (!khz)
		panic("the local APIC's timer does not run");
	ticks_per_ns_32 = (khz << 32) / 1000000;
	apic_write(APIC_LVT_TIMER, VECTOR_TIMER);
	pr_info("APIC timer: %lu.%03lu MHz\n", khz / 1000, khz % 1000);
}

/* Rounded up, so that the interrupt never comes before its time; what is too far fires early, and
 * whoever looks at the queue then sets it again. */
void lapic_timer_set(u64 ns)
{
	unsigned __int128 ticks = ((unsigned __int128)ns * ticks_per_ns_32 >> 32) + 1;

	apic_write(APIC_TIMER_INITIAL, !ns ? 0 : ticks > TIMER_MAX ? TIMER_MAX : (u32)ticks);
}
