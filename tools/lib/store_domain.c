/* SPDX-License-Identifier: MIT */
/*
 * store_domain.c - the nodes of a domain, as Xen's path contract has them, so that guests' drivers
 * and others' tools (xl list, xenstore-ls) find what they expect.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store.h"

#define PATH_MAX_BYTES 128

/*
 * Nodes that belong to the guest. Everything else below its folder is made by the tools and
 * inherits the folder's rights: the guest reads it.
 */
static const char *const guest_nodes[] = {
	"control/shutdown",       "control/feature-poweroff",
	"control/feature-reboot", "control/feature-suspend",
	"control/sysrq",          "data",
};

/* A batch of writes below one folder that stops at the first failure and remembers where. */
struct writer {
	struct store *store;
	char folder[64];
	char path[PATH_MAX_BYTES];
	int ret;
};

static void put(struct writer *w, const char *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void put(struct writer *w, const char *name, const char *format, ...)
{
	char value[512];
	va_list args;

	if (w->ret)
		return;
	snprintf(w->path, sizeof(w->path), "%s%s%s", w->folder, *name ? "/" : "", name);
	va_start(args, format);
	vsnprintf(value, sizeof(value), format, args);
	va_end(args);
	w->ret = store_write(w->store, w->path, value);
}

static void put_folder(struct writer *w, const char *name, uint32_t owner, int reader)
{
	put(w, name, "%s", "");
	if (!w->ret)
		w->ret = store_set_owner(w->store, w->path, owner, reader);
}

static void put_vm(struct writer *w, const struct store_domain *domain)
{
	snprintf(w->folder, sizeof(w->folder), "/vm/%s", domain->uuid);
	put_folder(w, "", 0, (int)domain->domid);
	put(w, "uuid", "%s", domain->uuid);
	put(w, "name", "%s", domain->name);
	put(w, "image/ostype", "linux");
}

static void put_folders(struct writer *w, const struct store_domain *domain)
{
	size_t i;

	put_folder(w, "", 0, (int)domain->domid);
	for (i = 0; i < sizeof(guest_nodes) / sizeof(guest_nodes[0]); i++)
		put_folder(w, guest_nodes[i], domain->domid, -1);
	put(w, "device", "%s", "");
}

static void put_vcpus(struct writer *w, const struct store_domain *domain)
{
	unsigned int i;
	char name[48];

	for (i = 0; i < domain->vcpus; i++) {
		snprintf(name, sizeof(name), "cpu/%u/availability", i);
		put(w, name, "%s", i < domain->online_vcpus ? "online" : "offline");
	}
}

static void put_nodes(struct writer *w, const struct store_domain *domain)
{
	snprintf(w->folder, sizeof(w->folder), "/local/domain/%u", domain->domid);
	put_folders(w, domain);
	put(w, "vm", "/vm/%s", domain->uuid);
	put(w, "name", "%s", domain->name);
	put(w, "domid", "%u", domain->domid);
	put(w, "memory/static-max", "%" PRIu64, domain->max_memory_kib);
	put(w, "memory/target", "%" PRIu64, domain->memory_kib);
	put(w, "store/ring-ref", "%" PRIu64, domain->store_frame);
	put(w, "store/port", "%u", domain->store_port);
	put(w, "console/ring-ref", "%" PRIu64, domain->console_frame);
	put(w, "console/port", "%u", domain->console_port);
	put(w, "console/type", "pvd");
	put_vcpus(w, domain);
}

static void put_all(struct writer *w, const struct store_domain *domain)
{
	put_vm(w, domain);
	put_nodes(w, domain);
	if (w->ret)
		return;
	snprintf(w->path, sizeof(w->path), "introduction of domain %u", domain->domid);
	w->ret = store_introduce(w->store, domain->domid, domain->store_frame, domain->store_port);
}

int store_add_domain(struct store *store, const struct store_domain *domain, struct error *err)
{
	struct writer w = { .store = store };

	store_batch_begin(store);
	put_all(&w, domain);
	w.ret = store_batch_end(store) ?: w.ret;
	if (!w.ret)
		return 0;
	/* Once more in single steps, to learn which one is refused. */
	w.ret = 0;
	put_all(&w, domain);
	if (!w.ret)
		return 0;
	error_set(err, ERROR_FAILED, "start", "xenstored: %s: %s", w.path, store_error_text(w.ret));
	if (w.ret == -ENOTCONN || w.ret == -EPIPE)
		error_hint(err, "restart pvd, which starts xenstored");
	return w.ret;
}

void store_drop_domain(struct store *store, uint32_t domid, const char *uuid)
{
	char path[PATH_MAX_BYTES];

	store_batch_begin(store);
	store_release(store, domid);
	snprintf(path, sizeof(path), "/local/domain/%u", domid);
	store_remove(store, path);
	snprintf(path, sizeof(path), "/vm/%s", uuid);
	store_remove(store, path);
	store_batch_end(store);
}

int store_rename_domain(struct store *store, uint32_t domid, const char *old_uuid, const char *uuid,
			const char *name)
{
	struct store_domain domain = { .domid = domid, .uuid = uuid, .name = name };
	struct writer w = { .store = store };
	char path[PATH_MAX_BYTES];

	put_vm(&w, &domain);
	snprintf(w.folder, sizeof(w.folder), "/local/domain/%u", domid);
	put(&w, "name", "%s", name);
	put(&w, "vm", "/vm/%s", uuid);
	if (w.ret || !strcmp(old_uuid, uuid))
		return w.ret;
	snprintf(path, sizeof(path), "/vm/%s", old_uuid);
	return store_remove(store, path);
}

int store_ask_shutdown(struct store *store, uint32_t domid, const char *what)
{
	char path[PATH_MAX_BYTES], *old;
	bool waits;

	snprintf(path, sizeof(path), "/local/domain/%u/control/shutdown", domid);
	old = store_read(store, path);
	waits = old && *old && strcmp(old, what);
	free(old);
	if (waits)
		return -EAGAIN;
	return store_write(store, path, what);
}
