/* SPDX-License-Identifier: MIT */
/* Kernel modules for dom0's initial file system. */
#include "modules.h"

#include <errno.h>
#include <libkmod.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"

#define STAGE "host"

/* In the order in which they are wanted: the root file system, the wire, the hypervisor's devices.
 */
static const char *const wanted[] = {
	"virtio_pci",  "9pnet_virtio", "9p",         "overlay",    "virtio_console",
	"xen-privcmd", "xenfs",        "xen-evtchn", "xen-gntdev", "xen-gntalloc",
};

#define ORDER_MAX 8192

struct order {
	char text[ORDER_MAX]; /* one name a line */
	size_t length;
};

static bool is_ordered(const struct order *order, const char *name)
{
	char line[256];

	snprintf(line, sizeof(line), "\n%s\n", name);
	return strstr(order->text, line);
}

/* Text begins with an empty line, so that every name stands between two newlines. */
static int append_order(struct order *order, const char *name)
{
	size_t room = ORDER_MAX - order->length;
	int length = snprintf(order->text + order->length, room, order->length ? "%s\n" : "\n%s\n",
			      name);

	if ((size_t)length >= room)
		return -E2BIG;
	order->length += (size_t)length;
	return 0;
}

static int add_file(struct cpio *cpio, const char *name, const char *path, struct error *err)
{
	char entry[256];
	uint8_t *data;
	size_t size;
	int rc = file_read(path, &data, &size, err);

	if (rc)
		return rc;
	rc = file_unpack(path, &data, &size, err);
	snprintf(entry, sizeof(entry), "modules/%s.ko", name);
	if (!rc && cpio_file(cpio, entry, 0400, data, size))
		rc = error_set(err, ERROR_FAILED, STAGE, "no memory for %s", path);
	free(data);
	return rc;
}

static int add_module(struct cpio *cpio, struct order *order, struct kmod_module *module,
		      struct error *err)
{
	const char *name = kmod_module_get_name(module), *path = kmod_module_get_path(module);
	int rc;

	if (is_ordered(order, name) || kmod_module_get_initstate(module) == KMOD_MODULE_BUILTIN)
		return 0;
	if (!path)
		return error_set(err, ERROR_FAILED, STAGE, "the kernel lacks the module %s", name);
	rc = add_file(cpio, name, path, err);
	if (!rc && append_order(order, name))
		rc = error_set(err, ERROR_FAILED, STAGE, "too many modules");
	return rc;
}

/* libkmod's list of what a module needs is in the order of loading. */
static int add_with_needs(struct cpio *cpio, struct order *order, struct kmod_module *module,
			  struct error *err)
{
	struct kmod_list *needs = kmod_module_get_dependencies(module), *item;
	int rc = 0;

	kmod_list_foreach(item, needs)
	{
		struct kmod_module *needed = kmod_module_get_module(item);

		if (!rc)
			rc = add_module(cpio, order, needed, err);
		kmod_module_unref(needed);
	}
	kmod_module_unref_list(needs);
	return rc ? rc : add_module(cpio, order, module, err);
}

static int add_named(struct kmod_ctx *kmod, struct cpio *cpio, struct order *order,
		     const char *name, const struct host_kernel *kernel, struct error *err)
{
	struct kmod_list *found = NULL, *item;
	int rc = kmod_module_new_from_lookup(kmod, name, &found);

	if (rc < 0 || !found)
		return error_set(err, ERROR_FAILED, STAGE, "kernel %s has no module %s in %s",
				 kernel->version, name, kernel->modules);
	rc = 0;
	kmod_list_foreach(item, found)
	{
		struct kmod_module *module = kmod_module_get_module(item);

		if (!rc)
			rc = add_with_needs(cpio, order, module, err);
		kmod_module_unref(module);
	}
	kmod_module_unref_list(found);
	return rc;
}

int modules_add(struct cpio *cpio, const struct host_kernel *kernel, struct error *err)
{
	const char *no_config = NULL; /* this machine's modprobe.d is not for dom0 */
	struct kmod_ctx *kmod = kmod_new(kernel->modules, &no_config);
	struct order order = { .length = 0 };
	int rc = 0;

	if (!kmod)
		return error_set(err, ERROR_FAILED, STAGE, "libkmod cannot use %s",
				 kernel->modules);
	cpio_folder(cpio, "modules", 0700);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]) && !rc; i++)
		rc = add_named(kmod, cpio, &order, wanted[i], kernel, err);
	kmod_unref(kmod);
	if (!rc && cpio_file(cpio, "modules/order", 0400, order.text, order.length))
		rc = error_set(err, ERROR_FAILED, STAGE, "no memory for the initial file system");
	return rc;
}
