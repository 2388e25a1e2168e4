/* SPDX-License-Identifier: MIT */
/*
 * The XenStore client against a real xenstored, as an ordinary domain: nodes written, read, listed
 * and removed, errors by name, values up to the largest, transactions that commit, abort and
 * conflict, and watches that fire for what they watch. In dom0, which has no store page, there is
 * nothing to try: tests/e2e/guests runs it as a guest.
 */
#include "test.h"

static struct pv_store store;
static char big[4000], back[4096];

#define NONE PV_STORE_NO_TRANSACTION

static void nodes(void)
{
	char value[64];
	long n;

	expect_rc("write", pv_store_write(&store, NONE, "data/a", "first"), 0);
	expect_rc("read", pv_store_read(&store, NONE, "data/a", value, sizeof(value)), 5);
	expect(!strcmp(value, "first"), "it reads \"%s\"", value);
	expect_rc("write an empty value", pv_store_write(&store, NONE, "data/a", ""), 0);
	expect_rc("read it", pv_store_read(&store, NONE, "data/a", value, sizeof(value)), 0);
	expect_rc("read into too little", pv_store_write(&store, NONE, "data/b", "0123456789"), 0);
	expect_rc("read into too little", pv_store_read(&store, NONE, "data/b", value, 5),
		  -XEN_E2BIG);
	expect_rc("and the next is in step",
		  pv_store_read(&store, NONE, "data/b", value, sizeof(value)), 10);
	expect_rc("mkdir", pv_store_mkdir(&store, NONE, "data/c"), 0);
	n = pv_store_list(&store, NONE, "data", back, sizeof(back));
	expect(n >= 6, "a list of %ld bytes", n);
	for (const char *name = back; name < back + n; name += strlen(name) + 1)
		expect(strlen(name) == 1 && *name >= 'a' && *name <= 'z', "a child \"%s\"", name);
	expect_rc("remove", pv_store_remove(&store, NONE, "data/b"), 0);
	expect_rc("read what is gone", pv_store_read(&store, NONE, "data/b", value, sizeof(value)),
		  -XEN_ENOENT);
	expect_rc("another domain's node",
		  pv_store_write(&store, NONE, "/local/domain/0/name", "stolen"), -XEN_EACCES);
	expect(pv_store_read(&store, NONE, "domid", value, sizeof(value)) > 0, "no domid");
	expect_eq("domid", (uint64_t)(value[0] - '0'), (uint64_t)pv_domain_id() % 10);
}

/* More than a ring holds, so that both ends wait in the middle. */
static void large(void)
{
	for (unsigned int i = 0; i < sizeof(big) - 1; i++)
		big[i] = (char)('a' + i % 26);
	if (pv_store_write(&store, NONE, "data/big", big)) {
		/* xenstored's quota may be lower. */
		big[1900] = 0;
		expect_rc("write 1900 bytes", pv_store_write(&store, NONE, "data/big", big), 0);
	}
	expect_rc("read them", pv_store_read(&store, NONE, "data/big", back, sizeof(back)),
		  (long)strlen(big));
	expect(!strcmp(big, back), "they differ");
	expect_rc("remove", pv_store_remove(&store, NONE, "data/big"), 0);
}

static void transactions(void)
{
	char value[16];
	uint32_t t, u;

	must(!pv_store_write(&store, NONE, "data/t", "old"));
	must(!pv_store_begin(&store, &t));
	expect_rc("write inside", pv_store_write(&store, t, "data/t", "new"), 0);
	expect_rc("read outside", pv_store_read(&store, NONE, "data/t", value, sizeof(value)), 3);
	expect(!strcmp(value, "old"), "outside it reads \"%s\"", value);
	expect_rc("commit", pv_store_end(&store, t, true), 0);
	expect_rc("read", pv_store_read(&store, NONE, "data/t", value, sizeof(value)), 3);
	expect(!strcmp(value, "new"), "after the commit it reads \"%s\"", value);
	must(!pv_store_begin(&store, &t));
	must(!pv_store_write(&store, t, "data/t", "lost"));
	expect_rc("abort", pv_store_end(&store, t, false), 0);
	expect_rc("read", pv_store_read(&store, NONE, "data/t", value, sizeof(value)), 3);
	must(!pv_store_begin(&store, &u));
	expect_rc("read inside", pv_store_read(&store, u, "data/t", value, sizeof(value)), 3);
	must(!pv_store_write(&store, u, "data/t", "two"));
	must(!pv_store_write(&store, NONE, "data/t", "one"));
	expect_rc("a commit behind another's change", pv_store_end(&store, u, true), -XEN_EAGAIN);
	expect_rc("a transaction that is over", pv_store_end(&store, u, true), -XEN_ENOENT);
}

/* Waits for one event; false after two seconds. */
static bool event_await(char *path, size_t size)
{
	uint64_t start = now();
	char token[16] = "";
	int rc;

	while (!(rc = pv_store_event(&store, path, size, token, sizeof(token))) &&
	       now() - start < 2 * PV_SECOND)
		pv_poll(NULL, 0, now() + 10 * PV_MILLISECOND);
	expect(rc <= 0 || !strcmp(token, "mine"), "the token is \"%s\"", token);
	return rc > 0;
}

static void watches(void)
{
	char path[64] = "";

	expect_rc("watch", pv_store_watch(&store, "data/w", "mine"), 0);
	expect(event_await(path, sizeof(path)), "no first event");
	expect_rc("watch twice", pv_store_watch(&store, "data/w", "mine"), -XEN_EEXIST);
	expect_rc("write below", pv_store_write(&store, NONE, "data/w/x", "1"), 0);
	expect(event_await(path, sizeof(path)), "no event of a write");
	expect(!strcmp(path, "data/w/x"), "its path is \"%s\"", path);
	expect_rc("write elsewhere", pv_store_write(&store, NONE, "data/v", "1"), 0);
	expect_rc("unwatch", pv_store_unwatch(&store, "data/w", "mine"), 0);
	expect_rc("unwatch twice", pv_store_unwatch(&store, "data/w", "mine"), -XEN_ENOENT);
	expect_eq("events lost", store.lost, 0);
}

void test_main(void)
{
	if (pv_store_init(&store, &test_start))
		test_skip("dom0 has no store page: e2e/guests runs it as a guest");
	nodes();
	large();
	transactions();
	watches();
}
