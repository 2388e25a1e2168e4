/* SPDX-License-Identifier: MIT */
/*
 * System time: the TSC, scaled. Zero is boot.
 *
 * One multiplier and one origin serve for good, for the hypervisor and in what guests are told
 * (pvclock), so both compute the same number and it never steps. The TSC's rate is measured at boot
 * against HPET, else the ACPI PM timer, else the PIT.
 */
#include <pv_abi.h>

#include <core/arch.h>
#include <x86/asm.h>
#include <x86/machine.h>
#include <core/printk.h>
#include <x86/time.h>
#include <x86/tsc_scale.h>
#include <x86/x86.h>

#define CALIBRATION_US        20000U
#define PM_TIMER_HZ           3579545UL
#define PIT_HZ                1193182UL
#define HPET_CAP              0x0
#define HPET_CONFIG           0x10
#define HPET_COUNTER          0xf0
#define HPET_FEMTOSECONDS_MAX 100000000UL
#define PVCLOCK_TSC_STABLE    1U

u64 tsc_khz;
static u64 tsc_origin;
static struct tsc_scale scale;
static u64 wallclock; /* at system time 0 */

/* A counter that runs at hz and wraps at mask + 1. */
static INIT_DATA struct reference {
	const char *name;
	u64 hz, mask;
	u64 (*read)(void);
} ref;
static volatile u64 *hpet;
static INIT_DATA u64 hpet_config; /* as the firmware left it */

static u64 INIT_TEXT hpet_read(void)
{
	return hpet[HPET_COUNTER / 8];
}

static u64 INIT_TEXT pm_timer_read(void)
{
	return inl((u16)acpi.pm_timer_port);
}

/* Channel 2 counts down from 65535; latched, low byte first. */
static u64 INIT_TEXT pit_read(void)
{
	u8 lo;

	outb(0x43, 0x80);
	lo = inb(0x42);
	return 65535U - (lo | (u32)inb(0x42) << 8);
}

static bool INIT_TEXT find_hpet(void)
{
	u64 period;

	if (!acpi.hpet)
		return false;
	hpet = hv_map_device(acpi.hpet, PAGE_SIZE);
	if (!hpet)
		return false;
	period = hpet[HPET_CAP / 8] >> 32;
	if (!period || period > HPET_FEMTOSECONDS_MAX)
		return false;
	hpet_config = hpet[HPET_CONFIG / 8];
	hpet[HPET_CONFIG / 8] = hpet_config | 1;
	ref = (struct reference){
		.name = "HPET",
		.hz = 1000000000000000UL / period,
		.mask = hpet[HPET_CAP / 8] & (1UL << 13) ? ~0UL : 0xffffffffUL,
		.read = hpet_read,
	};
	return true;
}

/* It is dom0's from here on. */
static void INIT_TEXT leave_reference(void)
{
	if (ref.read == hpet_read)
		hpet[HPET_CONFIG / 8] = hpet_config;
	if (hpet)
		hv_unmap((void *)hpet, PAGE_SIZE);
}

static bool INIT_TEXT find_pm_timer(void)
{
	if (!acpi.pm_timer_port)
		return false;
	ref = (struct reference){
		.name = "ACPI PM timer",
		.hz = PM_TIMER_HZ,
		.mask = acpi.pm_timer_32bit ? 0xffffffffUL : 0xffffffUL,
		.read = pm_timer_read,
	};
	return true;
}

static void INIT_TEXT use_pit(void)
{
	outb(0x61, (inb(0x61) & ~2U) | 1); /* gate on, speaker off */
	outb(0x43, 0xb0);                  /* channel 2, both bytes, one-shot */
	outb(0x42, 0xff);
	outb(0x42, 0xff);
	ref = (struct reference){ .name = "PIT", .hz = PIT_HZ, .mask = 0xffff, .read = pit_read };
}

/* One reading of the reference with the TSC at that moment: the closest of a few, since a read may
 * be interrupted by what no software sees. */
static u64 INIT_TEXT sample(u64 *counter)
{
	u64 best = ~0UL, at = 0;

	for (unsigned int i = 0; i < 5; i++) {
		u64 before = rdtsc(), c = ref.read(), after = rdtsc();

		if (after - before < best) {
			best = after - before;
			at = before + best / 2;
			*counter = c;
		}
	}
	return at;
}

/* Answers TSC ticks in exactly so many microseconds: the span waited for is a little longer, and
 * scaled. */
u64 INIT_TEXT time_reference_wait(u32 us, void (*start)(void), void (*stop)(void))
{
	u64 want = ref.hz * us / 1000000, c0, c1, t0, t1;

	start();
	t0 = sample(&c0);
	do
		c1 = ref.read();
	while (((c1 - c0) & ref.mask) < want);
	t1 = sample(&c1);
	stop();
	return (t1 - t0) * want / ((c1 - c0) & ref.mask);
}

u64 time_now(void)
{
	return tsc_scale_ns(scale, rdtsc() - tsc_origin);
}

/* CMOS clock ---------------------------------------------------------------------------------- */

static u8 INIT_TEXT cmos(u8 reg)
{
	outb(0x70, reg);
	return inb(0x71);
}

struct rtc {
	u8 second, minute, hour, day, month, year;
};

static void INIT_TEXT rtc_read(struct rtc *r)
{
	unsigned int tries = 1000000;

	while (cmos(0xa) & 0x80 && --tries)
		cpu_relax();
	*r = (struct rtc){ cmos(0), cmos(2), cmos(4), cmos(7), cmos(8), cmos(9) };
}

static u64 INIT_TEXT from_bcd(u8 v, bool binary)
{
	return binary ? v : (v >> 4) * 10U + (v & 15);
}

/* Days since 1970-01-01 of a date in the Gregorian calendar; years counted from March. */
static u64 INIT_TEXT days_of(u64 year, u64 month, u64 day)
{
	u64 y = month > 2 ? year : year - 1, m = month > 2 ? month - 3 : month + 9;

	return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

static u64 INIT_TEXT rtc_seconds(void)
{
	struct rtc a, b;
	u8 status = cmos(0xb);
	bool binary = status & 4, pm;
	u64 hour;

	do {
		rtc_read(&a);
		rtc_read(&b);
	} while (a.second != b.second || a.minute != b.minute || a.hour != b.hour);
	pm = !(status & 2) && a.hour & 0x80;
	hour = from_bcd(a.hour & (status & 2 ? 0xff : 0x7f), binary);
	if (!(status & 2))
		hour = hour % 12 + (pm ? 12 : 0);
	return days_of(2000 + from_bcd(a.year, binary), from_bcd(a.month, binary),
		       from_bcd(a.day, binary)) *
		       86400 +
	       hour * 3600 + from_bcd(a.minute, binary) * 60 + from_bcd(a.second, binary);
}

void time_set_wallclock(u64 epoch_ns_at_boot)
{
	wallclock = epoch_ns_at_boot;
}

void INIT_TEXT time_init(void)
{
	u64 ticks;

	if (!find_hpet() && !find_pm_timer())
		use_pit();
	lapic_calibrate(CALIBRATION_US, &ticks);
	leave_reference();
	tsc_khz = ticks * 1000 / CALIBRATION_US;
	scale = tsc_scale_of(ticks * (1000000 / CALIBRATION_US));
	tsc_origin = rdtsc();
	wallclock = rtc_seconds() * NS_PER_S - time_now();
	pr_info("TSC: %lu.%03lu MHz by the %s%s\n", tsc_khz / 1000, tsc_khz % 1000, ref.name,
		cpu_has_invariant_tsc ? ", invariant" : "");
}

/* Deadlines ----------------------------------------------------------------------------------- */

void time_program(u64 deadline)
{
	u64 now;

	if (deadline == ~0UL) {
		lapic_timer_set(0);
		return;
	}
	now = time_now();
	lapic_timer_set(deadline > now ? deadline - now : 1);
}

/* What guests read ---------------------------------------------------------------------------- */

void time_write_info(struct vcpu *v)
{
	struct vcpu_time_info *t = &v->info->time;
	u32 version = t->version & ~1U;

	__atomic_store_n(&t->version, version + 1, __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	t->tsc_timestamp = tsc_origin;
	t->system_time = 0;
	t->tsc_to_system_mul = scale.mul;
	t->tsc_shift = scale.shift;
	t->flags = cpu_has_invariant_tsc ? PVCLOCK_TSC_STABLE : 0;
	__atomic_store_n(&t->version, version + 2, __ATOMIC_RELEASE);
}

void time_write_wallclock(struct domain *d)
{
	struct shared_info *s = d->shared_info;
	u64 ns = wallclock + (u64)d->arch.time_offset_seconds * NS_PER_S;
	u32 version = s->wc_version & ~1U;

	__atomic_store_n(&s->wc_version, version + 1, __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	s->wc_sec = (u32)(ns / NS_PER_S);
	s->wc_sec_hi = (u32)(ns / NS_PER_S >> 32);
	s->wc_nsec = (u32)(ns % NS_PER_S);
	__atomic_store_n(&s->wc_version, version + 2, __ATOMIC_RELEASE);
}
