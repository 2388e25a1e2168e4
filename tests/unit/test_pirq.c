/* SPDX-License-Identifier: MIT */
/* PIRQs: lines and messages reach their event channels, level lines wait for the guest, storms are
 * held back, and everything is given back at the end. */
#include <check.h>
#include <stdlib.h>

#include <core/arch.h>
#include <core/errno.h>
#include <x86/msi.h>
#include <core/timer.h>

#include <dom0/device.h>
#include "fake_devices.h"
#include "fake_machine.h"

#define STORM 6000

void time_program(u64 deadline);
void cpu_kick(struct cpu *c);

static struct domain *d;
static u64 free_frames;

void time_program(u64 deadline)
{
	(void)deadline;
}

void cpu_kick(struct cpu *c)
{
	(void)c;
}

static void setup(void)
{
	machine_start(256);
	devices_start();
	spin_init(&cpus[0].timers.lock, LOCK_TIMER);
	cpus[0].timers.programmed = ~0UL;
	machine.now = 1000000000;
	dom0 = d = machine_domain(0, 100);
	d->hardware = true;
	machine_run(d->vcpus[0]);
	ck_assert_int_eq(msi_function_add(FAKE_SBDF(0)), 0);
	ck_assert_int_eq(msi_function_add(FAKE_SBDF(1)), 0);
	free_frames = frame_free_count();
}

static u32 gsi_bound(u32 gsi, u32 port)
{
	int pirq = -1;

	ck_assert_int_eq(pirq_map_gsi(gsi, &pirq), 0);
	ck_assert_int_eq(pirq_bind_port((u32)pirq, port), 0);
	return (u32)pirq;
}

START_TEST(an_edge_is_acknowledged_and_goes_on)
{
	u32 pirq = gsi_bound(3, 17);

	ck_assert_uint_eq(pirq, 3);
	ck_assert(!devices.masked[3]);
	for (unsigned int i = 1; i <= 5; i++) {
		devices_interrupt(devices.gsi_vector[3]);
		ck_assert_uint_eq(devices.eois, i);
		ck_assert_uint_eq(devices.events, i);
		ck_assert(!devices.masked[3]);
	}
	ck_assert_uint_eq(devices.last_event, 17);
	pirq_unbind_port(pirq);
	ck_assert(devices.masked[3]);
	devices_interrupt(devices.gsi_vector[3]); /* was on its way */
	ck_assert_uint_eq(devices.eois, 6);
	ck_assert_uint_eq(devices.events, 5);
	ck_assert(devices.masked[3]);
}
END_TEST

START_TEST(a_level_line_waits_for_its_eoi)
{
	u32 pirq;

	ck_assert_int_eq(pirq_setup_gsi(10, true, true), 0);
	pirq = gsi_bound(10, 5);
	devices_interrupt(devices.gsi_vector[10]);
	ck_assert(devices.masked[10]);
	ck_assert_uint_eq(devices.eois, 1);
	ck_assert_int_eq(pirq_eoi(pirq), 0);
	ck_assert(!devices.masked[10]);
	devices_interrupt(devices.gsi_vector[10]);
	pirq_unbind_port(pirq);
	ck_assert_int_eq(pirq_eoi(pirq), 0); /* late: it must not open a line that nobody has */
	ck_assert(devices.masked[10]);
	ck_assert_int_eq(pirq_eoi(999), -EINVAL);
	ck_assert_int_eq(pirq_eoi(~0U), -EINVAL);
}
END_TEST

START_TEST(refusals)
{
	struct pirq_query q;
	u32 pirq = gsi_bound(6, 3);
	int n = 7;

	ck_assert_int_eq(pirq_bind_port(pirq, 4), -EBUSY);
	ck_assert_int_eq(pirq_bind_port(7, 4), -EINVAL);
	ck_assert_int_eq(pirq_bind_port(~0U, 4), -EINVAL);
	ck_assert_int_eq(pirq_map_gsi(6, &n), -EEXIST); /* has another number */
	ck_assert_int_eq(pirq_map_gsi(FAKE_GSIS, &n), -EINVAL);
	ck_assert_int_eq(pirq_map_gsi(~0U, &n), -EINVAL);
	n = 1 << 20;
	ck_assert_int_eq(pirq_map_gsi(7, &n), -EINVAL);
	n = -1;
	ck_assert_int_eq(pirq_map_gsi(FAKE_UART_GSI, &n), 0);
	ck_assert_int_eq(pirq_bind_port(FAKE_UART_GSI, 4), -EBUSY);
	ck_assert_int_eq(pirq_setup_gsi(FAKE_UART_GSI, false, false), -EEXIST);
	ck_assert_int_eq(pirq_setup_gsi(~0U, false, false), -EINVAL);
	ck_assert_int_eq(pirq_status(8, &q), -EINVAL);
	ck_assert_int_eq(pirq_unmap(8), -EINVAL);
	ck_assert_int_eq(pirq_unmap(pirq), 0);
	ck_assert(devices.masked[6]);
	pirq_unbind_port(pirq); /* the event channel is closed after the PIRQ went */
}
END_TEST

START_TEST(the_page_says_who_wants_an_eoi)
{
	mfn_t page = domain_frame_alloc(d, 0, FRAME_BELOW_ANY);
	const u64 *bits = mfn_va(page);
	u32 pirq;

	ck_assert_int_eq(pirq_set_eoi_page(MFN(1 << 30)), -EINVAL);
	ck_assert_int_eq(pirq_setup_gsi(11, true, true), 0);
	pirq = gsi_bound(11, 5);
	gsi_bound(3, 6);
	ck_assert_int_eq(pirq_set_eoi_page(page), 0);
	ck_assert_uint_eq(bits[0], 1UL << 11);
	ck_assert_int_eq(pirq_set_eoi_page(page), -EBUSY);
	ck_assert_int_eq(pirq_setup_gsi(3, true, true), 0);
	ck_assert_uint_eq(bits[0], 1UL << 11 | 1UL << 3);
	pirq_unbind_port(pirq);
	ck_assert_uint_eq(bits[0], 1UL << 3);
	/* It stays: the reference is the table's. */
	ck_assert_int_eq(domain_frame_release(d, mfn_to_frame(page)), 0);
	ck_assert_uint_eq(d->pages, 1);
}
END_TEST

START_TEST(a_storm_is_held_back)
{
	gsi_bound(3, 6);
	for (unsigned int i = 0; i < STORM && !devices.masked[3]; i++)
		devices_interrupt(devices.gsi_vector[3]);
	ck_assert(devices.masked[3]);
	machine.now += 20000000;
	timer_interrupt();
	ck_assert(!devices.masked[3]);
	/* The same number, spread over time, is none. */
	for (unsigned int i = 0; i < STORM; i++) {
		machine.now += 10000;
		devices_interrupt(devices.gsi_vector[3]);
		ck_assert(!devices.masked[3]);
	}
}
END_TEST

START_TEST(a_storm_ends_with_its_binding)
{
	u32 pirq = gsi_bound(3, 6);

	for (unsigned int i = 0; i < STORM && !devices.masked[3]; i++)
		devices_interrupt(devices.gsi_vector[3]);
	ck_assert_int_eq(pirq_unmap(pirq), 0);
	machine.now += 20000000;
	timer_interrupt(); /* would touch freed memory */
	ck_assert(devices.masked[3]);
}
END_TEST

START_TEST(msi)
{
	int pirq = -1, other = -1;

	ck_assert_int_eq(pirq_map_msi(0x4242, 0, 0, &pirq), -ENODEV);
	ck_assert_int_eq(pirq_map_msi(FAKE_SBDF(0), 0, 0, &pirq), 0);
	ck_assert_int_ge(pirq, FAKE_GSIS);
	ck_assert_uint_eq(config_read(0, 0x54, 4), 0xfee00000);
	ck_assert_uint_eq(config_read(0, 0x52, 2) & 1,
			  0); /* cannot be masked, so is off until it is bound */
	ck_assert_int_eq(pirq_map_msi(FAKE_SBDF(0), 0, 0, &other), -EEXIST);
	ck_assert_int_eq(pirq_bind_port((u32)pirq, 9), 0);
	ck_assert_uint_eq(config_read(0, 0x52, 2) & 1, 1);
	devices_interrupt((u8)config_read(0, 0x58, 2));
	ck_assert_uint_eq(devices.last_event, 9);
	ck_assert_int_eq(pirq_unmap((u32)pirq), 0);
	ck_assert_uint_eq(config_read(0, 0x52, 2) & 1, 0);
	ck_assert_uint_eq(devices_vectors(), 0);
}
END_TEST

START_TEST(msi_with_mask)
{
	int pirq = -1;

	ck_assert_int_eq(pirq_map_msi(FAKE_SBDF(1), 0, 0, &pirq), 0);
	ck_assert_uint_eq(config_read(1, 0x90 + 16, 4), 1);
	ck_assert_int_eq(pirq_bind_port((u32)pirq, 9), 0);
	ck_assert_uint_eq(config_read(1, 0x90 + 16, 4), 0);
	ck_assert_uint_eq(config_read(1, 0x90 + 4, 4), 0xfee00000);
	devices_interrupt((u8)config_read(1, 0x90 + 12, 2));
	ck_assert_uint_eq(devices.events, 1);
}
END_TEST

static u32 entry_word(unsigned int entry, unsigned int word)
{
	u32 v;

	memcpy(&v, &devices.bar[0x2000 + 16 * entry + 4 * word], sizeof(v));
	return v;
}

START_TEST(msix)
{
	int pirq[4] = { -1, -1, -1, -1 }, other = -1;

	for (unsigned int i = 0; i < 4; i++) {
		ck_assert_int_eq(pirq_map_msi(FAKE_SBDF(1), (u16)i, FAKE_BAR, &pirq[i]), 0);
		ck_assert_uint_eq(entry_word(i, 0), 0xfee00000);
		ck_assert_uint_eq(entry_word(i, 3), 1);
	}
	ck_assert_uint_eq(devices.maps, 1);
	ck_assert_int_eq(pirq_map_msi(FAKE_SBDF(1), 4, FAKE_BAR, &other), -EINVAL);
	ck_assert_int_eq(pirq_map_msi(FAKE_SBDF(1), 2, FAKE_BAR, &other), -EEXIST);
	ck_assert_int_eq(pirq_map_msi(FAKE_SBDF(1), 0, 0, &other), -EBUSY); /* MSI beside MSI-X */
	ck_assert_int_eq(msi_function_remove(FAKE_SBDF(1)), -EBUSY);
	ck_assert_int_eq(pirq_bind_port((u32)pirq[2], 9), 0);
	ck_assert_uint_eq(entry_word(2, 3), 0);
	ck_assert_uint_eq(entry_word(1, 3), 1);
	devices_interrupt((u8)entry_word(2, 2));
	ck_assert_uint_eq(devices.last_event, 9);
	/* A reset of the function loses the table. */
	memset(&devices.bar[0x2000], 0, 64);
	ck_assert_int_eq(pirq_restore_msi(FAKE_SBDF(1)), 0);
	ck_assert_uint_eq(entry_word(2, 3), 0);
	ck_assert_uint_eq(entry_word(1, 3), 1);
	ck_assert_uint_eq(entry_word(1, 0), 0xfee00000);
	for (unsigned int i = 0; i < ARRAY_SIZE(pirq); i++)
		ck_assert_int_eq(pirq_unmap((u32)pirq[i]), 0);
	ck_assert_uint_eq(entry_word(2, 3), 1);
	ck_assert_uint_eq(devices.maps, 0);
	ck_assert_uint_eq(devices_vectors(), 0);
}
END_TEST

START_TEST(everything_is_given_back)
{
	int pirq = -1, message;
	u32 reserved;

	gsi_bound(3, 6);
	ck_assert_int_eq(pirq_reserve(&reserved), 0);
	ck_assert_int_eq(pirq_map_msi(FAKE_SBDF(0), 0, 0, &pirq), 0);
	ck_assert_int_ne(pirq, (int)reserved);
	message = pirq;
	pirq = (int)reserved; /* a reserved number may be asked for */
	ck_assert_int_eq(pirq_map_msi(FAKE_SBDF(1), 0, FAKE_BAR, &pirq), 0);
	ck_assert_int_eq(pirq_unmap(3), 0);
	ck_assert_int_eq(pirq_unmap((u32)message), 0);
	ck_assert_int_eq(pirq_unmap(reserved), 0);
	ck_assert(devices.masked[3]);
	ck_assert_uint_eq(devices_vectors(), 0);
	ck_assert_uint_eq(frame_free_count(), free_frames);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pirq");
	TCase *t = tcase_create("pirq");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_set_timeout(t, 30);
	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, an_edge_is_acknowledged_and_goes_on);
	tcase_add_test(t, a_level_line_waits_for_its_eoi);
	tcase_add_test(t, refusals);
	tcase_add_test(t, the_page_says_who_wants_an_eoi);
	tcase_add_test(t, a_storm_is_held_back);
	tcase_add_test(t, a_storm_ends_with_its_binding);
	tcase_add_test(t, msi);
	tcase_add_test(t, msi_with_mask);
	tcase_add_test(t, msix);
	tcase_add_test(t, everything_is_given_back);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
