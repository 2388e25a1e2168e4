/* SPDX-License-Identifier: MIT */
/*
 * Two domains share: a port that dom0 opens for the child carries its event, a page that dom0
 * grants to it is mapped and copied by it, and by it alone; and when the child dies with all this
 * in use, port, page and grant are dom0's own again.
 */
#include "child.h"

#define MAP_AT     CHILD_VA(100)
#define STRUCTURES (CHILD_VA(CHILD_DATA) + 2048)

static struct pv_grants grants;
static uint16_t next[PV_GRANTS_PER_FRAME];

/* The child's list and structures, as they lie in its data page. */
static struct {
	struct child_call call[16];
	uint8_t rest[2048 - 16 * sizeof(struct child_call)];
	struct evtchn_bind_interdomain connect;
	struct evtchn_send send;
	struct gnttab_map_grant_ref map;
	struct gnttab_map_grant_ref wrong_map;
	struct gnttab_copy copy;
	struct sched_poll forever;
} data;

_Static_assert(offsetof(__typeof__(data), connect) == 2048, "STRUCTURES");

#define AT(member) (STRUCTURES + offsetof(__typeof__(data), member) - 2048)

/*
 * Connect, send (the port is the child's first one), map, a write through the map by a call that
 * puts out something there, copy, a wrong map, sleep.
 */
static void list_make(evtchn_port_t port, grant_ref_t ref, grant_ref_t other, xen_pfn_t own)
{
	unsigned int n = 0;

	memset(&data, 0, sizeof(data));
	data.connect = (struct evtchn_bind_interdomain){ .remote_dom = 0, .remote_port = port };
	data.send.port = 1;
	data.map = (struct gnttab_map_grant_ref){
		.host_addr = MAP_AT, .flags = GNTMAP_host_map, .ref = ref, .dom = 0
	};
	data.wrong_map = data.map;
	data.wrong_map.ref = other;
	data.wrong_map.host_addr = MAP_AT + PV_PAGE_SIZE;
	data.copy.source.u.ref = ref;
	data.copy.source.domid = 0;
	data.copy.source.offset = 64;
	data.copy.dest.u.gmfn = own;
	data.copy.dest.domid = DOMID_SELF;
	data.copy.dest.offset = 3072;
	data.copy.len = 64;
	data.copy.flags = GNTCOPY_source_gref;
#define DO(nr, a1, a2, a3) data.call[n++] = (struct child_call){ nr, { a1, a2, a3 }, 0x5555 }
	DO(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_interdomain, AT(connect), 0);
	DO(__HYPERVISOR_event_channel_op, EVTCHNOP_send, AT(send), 0);
	DO(__HYPERVISOR_grant_table_op, GNTTABOP_map_grant_ref, AT(map), 1);
	DO(__HYPERVISOR_xen_version, XENVER_extraversion, MAP_AT + 16, 0);
	DO(__HYPERVISOR_grant_table_op, GNTTABOP_copy, AT(copy), 1);
	DO(__HYPERVISOR_grant_table_op, GNTTABOP_map_grant_ref, AT(wrong_map), 1);
	DO(__HYPERVISOR_sched_op, SCHEDOP_poll, AT(forever), 0);
#undef DO
	data.call[n].number = CHILD_CALLS_END;
}

static uint32_t port_state(evtchn_port_t port)
{
	struct evtchn_status status = { .dom = DOMID_SELF, .port = port };

	must(!hypercall_event_channel_op(EVTCHNOP_status, &status));
	return status.status;
}

static void blocked_await(const struct child *child)
{
	uint64_t start = now();

	while (!(child_flags(child) & XEN_DOMINF_blocked) && now() - start < 3 * PV_SECOND)
		pv_poll(NULL, 0, now() + PV_MILLISECOND);
	expect(child_flags(child) & XEN_DOMINF_blocked, "the child has not come to its end");
}

static void results(const struct child *child, uint8_t *page)
{
	static uint8_t copy[PV_PAGE_SIZE];

	child_data(child, copy, sizeof(copy));
	memcpy(&data, copy, sizeof(data));
	for (unsigned int i = 0; i < 6; i++)
		expect_rc("a call of the child", (long)data.call[i].result, 0);
	expect(data.map.status == GNTST_okay, "map: status %d", data.map.status);
	expect(data.wrong_map.status < 0, "the child mapped what was granted to another");
	expect(data.copy.status == GNTST_okay, "copy: status %d", data.copy.status);
	expect(!memcmp(copy + 3072, page + 64, 64), "the copy differs");
	expect(page[16], "the child's write is not in the page");
}

void test_main(void)
{
	uint8_t *page = page_take(), *second = page_take();
	struct child child, probe;
	long port, ref, other;
	uint64_t before;

	if (!test_start.dom0)
		test_skip("needs the control domain");
	must(!pv_grants_init(&grants, window(8), 1, next));
	/* The number of the next domain and its frames are what a first one shows. */
	child_make(&probe, child_calls, child_calls_end, NULL, 0);
	before = free_pages();
	memset(page + 64, 0x5a, 64);
	child_make(&child, child_calls, child_calls_end, NULL, 0);
	port = pv_event_listen(child.id);
	ref = pv_grant_give(&grants, child.id, pv_va_to_mfn(page), false);
	other = pv_grant_give(&grants, probe.id, pv_va_to_mfn(second), false);
	must(port > 0 && ref > 0 && other > 0);
	pv_event_clear((evtchn_port_t)port);
	list_make((evtchn_port_t)port, (grant_ref_t)ref, (grant_ref_t)other, child.mfn[CHILD_DATA]);
	child_data_set(&child, &data, sizeof(data));
	child_start(&child);
	blocked_await(&child);
	results(&child, page);
	expect(pv_event_pending((evtchn_port_t)port), "the child's event has not come");
	expect_eq("our port", port_state((evtchn_port_t)port), EVTCHNSTAT_interdomain);
	expect_rc("end of a grant in use", pv_grant_end(&grants, (grant_ref_t)ref), -XEN_EBUSY);
	child_destroy(&child);
	expect_eq("our port afterwards", port_state((evtchn_port_t)port), EVTCHNSTAT_unbound);
	expect_rc("end of the grant afterwards", pv_grant_end(&grants, (grant_ref_t)ref), 0);
	memset(page, 0, PV_PAGE_SIZE);
	page_readonly(page);
	expect_rc("the page as a table, empty",
		  mmuext_one(MMUEXT_PIN_L1_TABLE, pv_va_to_mfn(page), 0), 0);
	child_destroy(&probe);
	uint64_t start = now();

	while (free_pages() < before && now() - start < 3 * PV_SECOND)
		pv_poll(NULL, 0, now() + 10 * PV_MILLISECOND);
	expect(free_pages() >= before, "%lu pages are lost", before - free_pages());
}
