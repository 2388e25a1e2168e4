/* SPDX-License-Identifier: MIT */
/* QEMU's command line. */
#include "qemu_args.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const port_names[QEMU_STREAMS] = {
	[QEMU_PVD] = "org.paravane.pvd",
	[QEMU_INIT] = "org.paravane.init",
	[QEMU_LOG] = "org.paravane.log",
};

__attribute__((format(printf, 2, 3))) static void add(struct qemu_args *args, const char *format,
						      ...)
{
	va_list list;

	if (args->failed || args->count == QEMU_ARGS_MAX) {
		args->failed = true;
		return;
	}
	va_start(list, format);
	if (vasprintf(&args->argv[args->count], format, list) < 0) {
		args->argv[args->count] = NULL;
		args->failed = true;
	} else {
		args->count++;
	}
	va_end(list);
}

/* Commas separate QEMU's sub-options; a doubled one stands for itself. To be freed; NULL: no
 * memory. */
static char *double_commas(const char *text)
{
	char *doubled = malloc(2 * strlen(text) + 1), *to = doubled;

	if (!doubled)
		return NULL;
	do {
		if (*text == ',')
			*to++ = ',';
		*to++ = *text;
	} while (*text++);
	return doubled;
}

static void add_machine(struct qemu_args *args, const struct qemu_setup *setup)
{
	add(args, "-nodefaults");
	add(args, "-no-user-config");
	add(args, "-accel");
	add(args, "%s", setup->accel);
	add(args, "-cpu");
	/* Linux cannot boot on Xen with SMAP on QEMU 7.2: its IRET in ring 3 faults wrongly, which
	 * Paravane works around. */
	add(args, "%s", setup->is_xen ? "max,-smap" : "max");
	add(args, "-smp");
	add(args, "1");
	add(args, "-m");
	add(args, "%u", setup->memory);
	add(args, "-display");
	add(args, "none");
	add(args, "-vga");
	add(args, "none");
	add(args, "-nic");
	add(args, "none");
	add(args, "-no-reboot");
	add(args, "-sandbox");
	add(args, "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny");
}

static void add_boot(struct qemu_args *args, const struct qemu_setup *setup)
{
	char *kernel_args = double_commas(setup->kernel_args);

	add(args, "-kernel");
	add(args, "hypervisor");
	add(args, "-append");
	add(args, "%s", setup->hypervisor_args);
	add(args, "-initrd");
	add(args, "kernel %s%s", kernel_args ? kernel_args : "", setup->probe ? "" : ",initramfs");
	args->failed |= !kernel_args;
	free(kernel_args);
}

static void add_share(struct qemu_args *args, const char *tag, const char *path, const char *rest)
{
	char *quoted = double_commas(path);

	add(args, "-virtfs");
	add(args, "local,mount_tag=%s,path=%s,security_model=none,%s", tag, quoted ? quoted : "",
	    rest);
	args->failed |= !quoted;
	free(quoted);
}

static void add_shares(struct qemu_args *args, const struct qemu_setup *setup)
{
	static const char read_only[] = "readonly=on,multidevs=remap";

	add_share(args, "host", setup->root, read_only);
	add_share(args, "files", setup->root, read_only);
	if (setup->modules)
		add_share(args, "modules", setup->modules, read_only);
	add_share(args, "state", setup->state, "multidevs=forbid");
}

static void add_stream(struct qemu_args *args, enum qemu_stream stream, int end)
{
	add(args, "-chardev");
	add(args, "socket,id=stream%d,fd=%d", (int)stream, end);
	if (stream == QEMU_CONSOLE) {
		add(args, "-serial");
		add(args, "chardev:stream%d", (int)stream);
		return;
	}
	add(args, "-device");
	add(args, "virtserialport,chardev=stream%d,name=%s", (int)stream, port_names[stream]);
}

int qemu_args_build(struct qemu_args *args, const struct qemu_setup *setup,
		    const int ends[QEMU_STREAMS])
{
	add(args, QEMU_PROGRAM);
	add_machine(args, setup);
	add_boot(args, setup);
	add_stream(args, QEMU_CONSOLE, ends[QEMU_CONSOLE]);
	if (!setup->probe) {
		add_shares(args, setup);
		add(args, "-device");
		add(args, "virtio-serial-pci");
		for (enum qemu_stream stream = QEMU_PVD; stream < QEMU_STREAMS; stream++)
			add_stream(args, stream, ends[stream]);
	}
	return args->failed ? -ENOMEM : 0;
}

void qemu_args_free(struct qemu_args *args)
{
	for (int i = 0; i < args->count; i++)
		free(args->argv[i]);
	args->count = 0;
}
