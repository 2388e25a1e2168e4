/* SPDX-License-Identifier: MIT */
/*
 * Who may call what. Every hypercall and sub-operation that is for control domains or the hardware
 * domain, called by an ordinary domain with a structure that can be read and written: -EPERM. (On
 * Xen some have another error, and a few answer 0, tell nothing and do nothing.)
 *
 * The tables say which these are, and so say both the hypervisor and this test. What every domain
 * may call is therefore listed here once more, by hand: a row whose class changes has to change
 * here too.
 */
#include "sweep.h"

#define PER_CHILD 30
#define FRAME_AT \
	2048U /* offset of the structure in the child's data page: one for all calls of a list */

static const char *const for_everybody[] = {
	"XENVER_version",
	"XENVER_extraversion",
	"XENVER_compile_info",
	"XENVER_capabilities",
	"XENVER_changeset",
	"XENVER_platform_parameters",
	"XENVER_get_features",
	"XENVER_pagesize",
	"XENVER_guest_handle",
	"XENVER_build_id",
	"VMASST_CMD_enable",
	"VMASST_CMD_disable",
	"XENNMI_register_callback",
	"XENNMI_unregister_callback",
	"CALLBACKOP_register",
	"CALLBACKOP_unregister",
	"SCHEDOP_yield",
	"SCHEDOP_block",
	"SCHEDOP_shutdown",
	"SCHEDOP_poll",
	"SCHEDOP_shutdown_code",
	"SCHEDOP_watchdog",
	"VCPUOP_initialise",
	"VCPUOP_up",
	"VCPUOP_down",
	"VCPUOP_is_up",
	"VCPUOP_get_runstate_info",
	"VCPUOP_register_runstate_memory_area",
	"VCPUOP_set_periodic_timer",
	"VCPUOP_stop_periodic_timer",
	"VCPUOP_set_singleshot_timer",
	"VCPUOP_stop_singleshot_timer",
	"VCPUOP_register_vcpu_info",
	"VCPUOP_send_nmi",
	"VCPUOP_register_vcpu_time_memory_area",
	"EVTCHNOP_bind_interdomain",
	"EVTCHNOP_bind_virq",
	"EVTCHNOP_close",
	"EVTCHNOP_send",
	"EVTCHNOP_status",
	"EVTCHNOP_alloc_unbound",
	"EVTCHNOP_bind_ipi",
	"EVTCHNOP_bind_vcpu",
	"EVTCHNOP_unmask",
	"EVTCHNOP_reset",
	"EVTCHNOP_init_control",
	"EVTCHNOP_expand_array",
	"EVTCHNOP_set_priority",
	"GNTTABOP_map_grant_ref",
	"GNTTABOP_unmap_grant_ref",
	"GNTTABOP_setup_table",
	"GNTTABOP_dump_table",
	"GNTTABOP_transfer",
	"GNTTABOP_copy",
	"GNTTABOP_query_size",
	"GNTTABOP_unmap_and_replace",
	"GNTTABOP_set_version",
	"GNTTABOP_get_status_frames",
	"GNTTABOP_get_version",
	"GNTTABOP_swap_grant_ref",
	"GNTTABOP_cache_flush",
	"XENMEM_increase_reservation",
	"XENMEM_decrease_reservation",
	"XENMEM_populate_physmap",
	"XENMEM_maximum_ram_page",
	"XENMEM_current_reservation",
	"XENMEM_maximum_reservation",
	"XENMEM_maximum_gpfn",
	"XENMEM_machphys_mfn_list",
	"XENMEM_machphys_mapping",
	"XENMEM_exchange",
	"XENMEM_add_to_physmap",
	"XENMEM_remove_from_physmap",
	"XENMEM_memory_map",
	"PHYSDEVOP_set_iopl",
	"PHYSDEVOP_set_iobitmap",
	"XENPMU_init",
	"XENPMU_finish",
};

static uint8_t page[PV_PAGE_SIZE];
static const struct sweep_row *chosen[PER_CHILD];

static bool listed(const char *name)
{
	for (unsigned int i = 0; i < PV_ARRAY_SIZE(for_everybody); i++)
		if (!strcmp(for_everybody[i], name))
			return true;
	return false;
}

static void classes_check(void)
{
	unsigned int listed_nr = 0;

	for (unsigned int i = 0; i < sweep_nr; i++) {
		const struct sweep_row *row = &sweep_rows[i];
		bool open = row->class == SWEEP_ANY || row->class == SWEEP_TARGET;

		listed_nr += open;
		expect(open == listed(row->name), "%s is %sfor everybody", row->name,
		       open ? "" : "not ");
	}
	expect(listed_nr == PV_ARRAY_SIZE(for_everybody), "%u rows for everybody", listed_nr);
}

/* A privileged call's answer to an ordinary domain. */
static void refused(const char *name, long rc)
{
	expect(on_paravane() ? rc == -XEN_EPERM : rc <= 0, "%s: returned %ld", name, rc);
}

/*
 * The structure is the child's to share between calls only where the command is not in it: rows
 * with their command in a structure get one each.
 */
static unsigned int list_fill(unsigned int *from)
{
	struct child_call *list = (struct child_call *)page;
	unsigned int nr = 0, frames = 0;

	memset(page, 0, sizeof(page));
	while (*from < sweep_nr && nr < PER_CHILD && frames < 7) {
		const struct sweep_row *row = &sweep_rows[(*from)++];
		uint64_t at = CHILD_VA(CHILD_DATA) + FRAME_AT;

		if (row->class != SWEEP_CONTROL && row->class != SWEEP_HARDWARE)
			continue;
		if (row->form == FRAME) {
			frames++;
			sweep_frame(row, page + FRAME_AT + frames * 256);
			at += frames * 256;
		}
		chosen[nr] = row;
		list[nr++] = sweep_call(row, at);
	}
	list[nr].number = CHILD_CALLS_END;
	return nr;
}

/* Has a child make the calls of the list in `page`. */
static void child_run(void)
{
	static struct child child;

	child_make(&child, child_calls, child_calls_end, page, sizeof(page));
	child_start(&child);
	expect_rc("its end", child_wait(&child, 10 * PV_SECOND), SHUTDOWN_poweroff);
	child_data(&child, page, sizeof(page));
	child_destroy(&child);
}

static void list_run(unsigned int nr)
{
	const struct child_call *list = (const struct child_call *)page;

	child_run();
	for (unsigned int i = 0; i < nr; i++)
		refused(chosen[i]->name, (long)list[i].result);
}

/* The hypercalls whose class stands with the call itself. */
#define PRIVILEGED_ANY(nr, name)
#define PRIVILEGED_TARGET(nr, name)
#define PRIVILEGED_SUBOPS(nr, name)
#define PRIVILEGED_CONTROL(nr, name)             { nr, #name },
#define PRIVILEGED_HARDWARE(nr, name)            { nr, #name },
#define HYPERCALL(nr, name, class, nargs, types) PRIVILEGED_##class(nr, name)
static const struct {
	uint64_t number;
	const char *name;
} privileged[] = {
#include <hypercalls.def>
};

static void hypercalls_run(void)
{
	struct child_call *list = (struct child_call *)page;
	unsigned int i;

	memset(page, 0, sizeof(page));
	for (i = 0; i < PV_ARRAY_SIZE(privileged); i++)
		list[i] = (struct child_call){ .number = privileged[i].number, .result = 0x5555 };
	list[i].number = CHILD_CALLS_END;
	child_run();
	for (i = 0; i < PV_ARRAY_SIZE(privileged); i++)
		refused(privileged[i].name, (long)list[i].result);
}

void test_main(void)
{
	unsigned int next = 0, done = 0, nr;

	if (!test_start.dom0)
		test_skip("needs the control domain");
	classes_check();
	hypercalls_run();
	while ((nr = list_fill(&next)) > 0) {
		list_run(nr);
		done += nr;
	}
	expect(done > 80, "only %u rows", done);
}
