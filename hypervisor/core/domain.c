/* SPDX-License-Identifier: MIT */
/*
 * Domains: making them, finding them, pausing and ending them by their own or the hypervisor's
 * will. (teardown.c takes them apart.)
 *
 * The table has one slot for every domid, all made with dom0: pages made when an id is first used
 * would have to stay, and a machine that saw ten thousand domains would have less memory than one
 * that saw none. A slot is filled and cleared under table_lock; a reference is taken under it too,
 * and only while some reference exists. When the last one goes, the domain waits on a list until
 * somebody passes a place where no lock is held.
 */
#include <core/arch.h>
#include <core/budget.h>
#include <core/errno.h>
#include <core/frame.h>
#include <core/hypercall.h>
#include <core/lib.h>
#include <core/printk.h>
#include <core/sched.h>

#define BUDGET_FREE             3000 /* a vCPU */
#define TABLE_ORDER             6    /* of pages: DOMID_FIRST_RESERVED pointers, 256 KiB */
#define TABLE_MASK              0x7fffU
#define GRANT_FRAMES_DEFAULT    64
#define MAPTRACK_FRAMES_DEFAULT 1024
#define MAPTRACK_FRAMES_MAX     4096
/* What a PV domain may ask for and what means nothing to it. */
#define CREATE_FLAGS \
	(XEN_DOMCTL_CDF_xs_domain | XEN_DOMCTL_CDF_oos_off | XEN_DOMCTL_CDF_s3_integrity)

struct domain *dom0;
char dead_page[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));

static struct spinlock table_lock = SPINLOCK(LOCK_DOMAIN_TABLE);
static struct domain **table;
static struct list_head all = { &all, &all }; /* those in the table, by id */
static domid_t next_id = 1;

_Static_assert(DOMID_FIRST_RESERVED <= TABLE_MASK &&
		       (TABLE_MASK + 1) * sizeof(*table) == PAGE_SIZE << TABLE_ORDER,
	       "domain table");

struct domain *domain_by_id(domid_t id)
{
	if (unlikely(id >= DOMID_FIRST_RESERVED))
		return NULL;
	return __atomic_load_n(&table[id & TABLE_MASK], __ATOMIC_ACQUIRE);
}

/* table_lock held. */
static int table_make(void)
{
	mfn_t mfn = frame_alloc(TABLE_ORDER, FRAME_BELOW_ANY);

	if (mfn_eq(mfn, MFN_NONE))
		return -ENOMEM;
	table = mfn_va(mfn);
	return 0;
}

/* An id is used again only after all others were: a stale one does not soon mean another domain. */
static int choose_id(domid_t *id)
{
	for (unsigned int i = 1; i < DOMID_FIRST_RESERVED; i++) {
		domid_t try = next_id;

		next_id = try + 1U < DOMID_FIRST_RESERVED ? try + 1 : 1;
		if (!table[try]) {
			*id = try;
			return 0;
		}
	}
	return -ENOMEM;
}

/* table_lock held. The newest mostly has the highest id. */
static void table_put(struct domain *d)
{
	struct list_head *at = all.prev;

	while (at != &all && list_entry(at, struct domain, link)->id > d->id)
		at = at->prev;
	list_add(at, &d->link);
	__atomic_store_n(&table[d->id], d, __ATOMIC_RELEASE);
}

static int enter_table(struct domain *d, domid_t id)
{
	int rc = 0;

	spin_lock(&table_lock);
	if (!table)
		rc = table_make();
	if (!rc && id == DOMID_INVALID)
		rc = choose_id(&id);
	else if (!rc && table[id])
		rc = -EEXIST;
	d->id = id;
	if (!rc)
		table_put(d);
	spin_unlock(&table_lock);
	return rc;
}

static void leave_table(struct domain *d)
{
	spin_lock(&table_lock);
	list_del(&d->link);
	__atomic_store_n(&table[d->id], NULL, __ATOMIC_RELEASE);
	spin_unlock(&table_lock);
}

static u32 limit(int32_t asked, u32 standard)
{
	return asked < 0 ? standard : (u32)asked;
}

static int check_config(domid_t id, const struct xen_domctl_createdomain *c)
{
	if (id != DOMID_INVALID && id >= DOMID_FIRST_RESERVED)
		return -EINVAL;
	if (c->flags & ~CREATE_FLAGS || c->vmtrace_size || c->cpupool_id)
		return -EINVAL;
	if (!c->max_vcpus || c->max_vcpus > MAX_VCPUS)
		return -EINVAL;
	if (XEN_DOMCTL_GRANT_version(c->grant_opts) > 2)
		return -EINVAL;
	if (limit(c->max_grant_frames, 0) > PV_MAX_GRANT_FRAMES ||
	    limit(c->max_maptrack_frames, 0) > MAPTRACK_FRAMES_MAX)
		return -EINVAL;
	return 0;
}

static void init_fields(struct domain *d, const struct xen_domctl_createdomain *c)
{
	static u64 last_serial;

	d->serial = __atomic_add_fetch(&last_serial, 1, __ATOMIC_RELAXED);
	d->refs = 1;
	d->pause_count = 1;
	d->page_list = FRAME_END;
	d->weight = SCHED_WEIGHT_DEFAULT;
	d->max_vcpus = c->max_vcpus;
	d->create_flags = c->flags;
	d->ssidref = c->ssidref;
	d->max_evtchn_port = c->max_evtchn_port;
	d->max_grant_frames = limit(c->max_grant_frames, GRANT_FRAMES_DEFAULT);
	d->max_maptrack_frames = limit(c->max_maptrack_frames, MAPTRACK_FRAMES_DEFAULT);
	memcpy(d->handle, c->handle, sizeof(d->handle));
	spin_init(&d->lock, LOCK_DOMAIN);
	spin_init(&d->mm_lock, LOCK_MM);
	spin_init(&d->page_lock, LOCK_PAGES);
}

static int init_parts(struct domain *d)
{
	int rc;

	d->vcpus = kalloc(d->max_vcpus * sizeof(*d->vcpus));
	if (d->vcpus)
		d->shared_info = page_alloc();
	if (!d->shared_info)
		return -ENOMEM;
	frame_share(d, d->shared_info);
	rc = evtchn_init(d);
	if (!rc)
		rc = grant_init(d, d->max_grant_frames, d->max_maptrack_frames);
	if (!rc)
		rc = arch_domain_init(d);
	return rc;
}

int domain_create(domid_t id, const struct xen_domctl_createdomain *config, struct domain **out)
{
	struct domain *d;
	int rc = check_config(id, config);

	if (rc)
		return rc;
	d = kalloc(sizeof(*d));
	if (!d)
		return -ENOMEM;
	init_fields(d, config);
	rc = enter_table(d, id);
	if (rc) {
		kfree(d);
		return rc;
	}
	rc = init_parts(d);
	if (rc) {
		domain_abandon(d);
		return rc;
	}
	time_write_wallclock(d);
	__atomic_store_n(&d->state, DOMAIN_ALIVE, __ATOMIC_RELEASE);
	*out = d;
	return 0;
}

/* The last of a domain: nobody can find it any more. */
static void domain_free(struct domain *d)
{
	leave_table(d);
	for (unsigned int i = 0; d->vcpus && i < d->max_vcpus; i++)
		if (d->vcpus[i]) {
			vcpu_free(d->vcpus[i]);
			budget_use(BUDGET_FREE);
			budget_breathe();
		}
	kfree(d->vcpus);
	grant_free(d);
	evtchn_free(d);
	arch_domain_free(d);
	kfree(d);
}

static struct domain *reap_list;

void domain_reap(void)
{
	struct domain *d, *next;

	if (likely(!__atomic_load_n(&reap_list, __ATOMIC_RELAXED)))
		return;
	d = __atomic_exchange_n(&reap_list, NULL, __ATOMIC_ACQUIRE);
	for (; d; d = next) {
		next = d->reap_next;
		domain_free(d);
	}
}

void domain_hold(struct domain *d)
{
	__atomic_fetch_add(&d->refs, 1, __ATOMIC_RELAXED);
}

/* The caller may hold locks, so freeing waits for schedule() or the idle loop; current is sent
 * there. */
void domain_put(struct domain *d)
{
	if (likely(__atomic_sub_fetch(&d->refs, 1, __ATOMIC_ACQ_REL)))
		return;
	d->reap_next = __atomic_load_n(&reap_list, __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(&reap_list, &d->reap_next, d, true, __ATOMIC_RELEASE,
					    __ATOMIC_RELAXED))
		;
	vcpu_work_set(current, WORK_RESCHED);
}

/* One that is being made is in the table for its id's and its frames' sake alone. */
static bool hold_if_found(struct domain *d)
{
	u32 refs = __atomic_load_n(&d->refs, __ATOMIC_RELAXED);

	if (__atomic_load_n(&d->state, __ATOMIC_ACQUIRE) == DOMAIN_MAKING)
		return false;
	while (refs)
		if (__atomic_compare_exchange_n(&d->refs, &refs, refs + 1, true, __ATOMIC_ACQUIRE,
						__ATOMIC_RELAXED))
			return true;
	return false;
}

struct domain *domain_get(domid_t id)
{
	struct domain *d = current->domain;

	if (id == DOMID_SELF || id == d->id) {
		domain_hold(d);
		return d;
	}
	spin_lock(&table_lock);
	d = domain_by_id(id);
	if (d && !hold_if_found(d))
		d = NULL;
	spin_unlock(&table_lock);
	return d;
}

struct domain *domain_get_next(domid_t id)
{
	struct domain *d, *found = NULL;

	spin_lock(&table_lock);
	list_for_each(d, &all, link) {
		if (d->id >= id && hold_if_found(d)) {
			found = d;
			break;
		}
	}
	spin_unlock(&table_lock);
	return found;
}

int domain_set_max_vcpus(struct domain *d, unsigned int n)
{
	if (n != d->max_vcpus || d->state != DOMAIN_ALIVE)
		return -EINVAL;
	for (unsigned int i = 0; i < n; i++) {
		int rc;

		if (d->vcpus[i])
			continue;
		rc = vcpu_create(d, i, &d->vcpus[i]);
		if (rc)
			return rc;
		if (preempt_point())
			return -ERESTART;
	}
	return 0;
}

static void stop_all(struct domain *d)
{
	for (unsigned int i = 0; i < d->max_vcpus; i++)
		if (d->vcpus[i])
			sched_stop(d->vcpus[i]);
}

static void wake_all(struct domain *d)
{
	for (unsigned int i = 0; i < d->max_vcpus; i++)
		if (d->vcpus[i])
			sched_wake(d->vcpus[i]);
}

void domain_pause(struct domain *d)
{
	__atomic_fetch_add(&d->pause_count, 1, __ATOMIC_SEQ_CST);
	stop_all(d);
}

void domain_unpause(struct domain *d)
{
	u32 count = __atomic_load_n(&d->pause_count, __ATOMIC_RELAXED);

	do {
		if (!count)
			return;
	} while (!__atomic_compare_exchange_n(&d->pause_count, &count, count - 1, true,
					      __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
	if (count == 1)
		wake_all(d);
}

bool domain_at_rest(const struct domain *d)
{
	for (unsigned int i = 0; i < d->max_vcpus; i++)
		if (d->vcpus[i] && !vcpu_at_rest(d->vcpus[i]))
			return false;
	return true;
}

/* Takes no lock of low rank: a domain may be crashed from within page-table code. */
static void shutdown_once(struct domain *d, u32 code, const char *why)
{
	if (__atomic_exchange_n(&d->shutdown_claimed, 1, __ATOMIC_SEQ_CST))
		return;
	if (why)
		strlcpy(d->crash_reason, why, sizeof(d->crash_reason));
	if (!d->shutdown_code_set || code == SHUTDOWN_crash)
		d->shutdown_code = code;
	d->shutdown_code_set = true;
	__atomic_store_n(&d->shut_down, true, __ATOMIC_SEQ_CST);
	if (d->hardware)
		hardware_domain_shutdown(d->shutdown_code);
	stop_all(d);
	virq_send_global(VIRQ_DOM_EXC);
}

void domain_shutdown(struct domain *d, u32 code)
{
	shutdown_once(d, code, NULL);
}

void domain_crash(struct domain *d, const char *fmt, ...)
{
	char why[sizeof(d->crash_reason)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	guest_printk(d, LOG_ERR, "crashed by the hypervisor: %s\n", why);
	shutdown_once(d, SHUTDOWN_crash, why);
}

int domain_resume(struct domain *d)
{
	if (d->state != DOMAIN_ALIVE || !d->shut_down)
		return -EINVAL;
	d->crash_reason[0] = 0;
	d->shutdown_code_set = false;
	__atomic_store_n(&d->shut_down, false, __ATOMIC_SEQ_CST);
	__atomic_store_n(&d->shutdown_claimed, 0, __ATOMIC_SEQ_CST);
	wake_all(d);
	return 0;
}

u64 domain_cpu_time(const struct domain *d)
{
	struct vcpu_runstate_info r;
	u64 sum = d->vcpu_time_ended;

	for (unsigned int i = 0; i < d->max_vcpus; i++) {
		if (!d->vcpus[i])
			continue;
		vcpu_runstate_read(d->vcpus[i], &r);
		sum += r.time[RUNSTATE_running];
	}
	return sum;
}

/* Blocked: no vCPU that is up could go on by itself. */
static u32 info_vcpus(const struct domain *d, struct xen_domctl_getdomaininfo *info)
{
	u32 flags = XEN_DOMINF_blocked;

	info->max_vcpu_id = XEN_INVALID_MAX_VCPU_ID;
	for (unsigned int i = 0; i < d->max_vcpus; i++) {
		const struct vcpu *v = d->vcpus[i];

		if (!v)
			continue;
		info->max_vcpu_id = i;
		if (!v->up)
			continue;
		info->nr_online_vcpus++;
		if (v->block == VCPU_RUNS)
			flags &= ~XEN_DOMINF_blocked;
		if (v->running)
			flags |= XEN_DOMINF_running;
	}
	return flags;
}

void domain_info(const struct domain *d, struct xen_domctl_getdomaininfo *info)
{
	u32 flags;

	memset(info, 0, sizeof(*info));
	flags = info_vcpus(d, info);
	if (d->state == DOMAIN_DEAD)
		flags |= XEN_DOMINF_dying;
	if (d->shut_down)
		flags |= XEN_DOMINF_shutdown | (d->shutdown_code & XEN_DOMINF_shutdownmask)
						       << XEN_DOMINF_shutdownshift;
	if (d->pause_count)
		flags |= XEN_DOMINF_paused;
	if (d->debugging)
		flags |= XEN_DOMINF_debugged;
	if (d->create_flags & XEN_DOMCTL_CDF_xs_domain)
		flags |= XEN_DOMINF_xs_domain;
	info->domain = d->id;
	info->flags = flags;
	info->tot_pages = d->pages;
	info->max_pages = d->max_pages;
	info->outstanding_pages = d->claimed;
	info->shared_info_frame = d->state == DOMAIN_ALIVE ? va_mfn(d->shared_info).v : ~0UL;
	info->cpu_time = domain_cpu_time(d);
	info->ssidref = d->ssidref;
	memcpy(info->handle, d->handle, sizeof(info->handle));
}
