/* SPDX-License-Identifier: MIT */
/* Names that are no commands here: what later versions will have, what users of xl type, slips. */
#include "pvctl.h"

#include <stdio.h>
#include <string.h>

#include "suggest.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* They are in neither help nor completion. */
static const char *const later_names[] = {
	"define",
	"start",
	"undefine",
	"edit",
	"autostart",
	"setmem",
	"setmaxmem",
	"setvcpus",
	"vcpucount",
	"vcpuinfo",
	"vcpupin",
	"schedinfo",
	"domblklist",
	"domiflist",
	"domstats",
	"top",
	"save",
	"restore",
	"managedsave",
	"managedsave-remove",
	"dump",
	"attach-device",
	"detach-device",
	"attach-disk",
	"detach-disk",
	"attach-interface",
	"detach-interface",
	"update-device",
	"domif-setlink",
	"domblkstat",
	"domifstat",
	"dommemstat",
	"domxml-from-native",
	"completion",
	"trace",
	"migrate",
	"domrename",
	"cpupool-list",
	"clone",
};

/* xl's commands whose names are not virsh's, and what they are called here. */
static const struct {
	const char *name, *here;
} xl_names[] = {
	{ "block-attach", "attach-disk" },
	{ "block-detach", "detach-disk" },
	{ "block-list", "domblklist" },
	{ "config-update", "define" },
	{ "cpupool-cpu-add", "cpupool-list" },
	{ "cpupool-cpu-remove", "cpupool-list" },
	{ "cpupool-create", "cpupool-list" },
	{ "cpupool-destroy", "cpupool-list" },
	{ "cpupool-migrate", "cpupool-list" },
	{ "cpupool-numa-split", "cpupool-list" },
	{ "cpupool-rename", "cpupool-list" },
	{ "debug-keys", NULL },
	{ "dump-core", "dump" },
	{ "info", "nodeinfo" },
	{ "mem-max", "setmaxmem" },
	{ "mem-set", "setmem" },
	{ "migrate-receive", "migrate" },
	{ "network-attach", "attach-interface" },
	{ "network-detach", "detach-interface" },
	{ "network-list", "domiflist" },
	{ "pause", "suspend" },
	{ "pci-attach", "attach-device" },
	{ "pci-detach", "detach-device" },
	{ "pci-list", NULL },
	{ "remus", "migrate" },
	{ "rename", "domrename" },
	{ "sched-credit", "schedinfo" },
	{ "sched-credit2", "schedinfo" },
	{ "sched-rtds", "schedinfo" },
	{ "unpause", "resume" },
	{ "vcpu-list", "vcpuinfo" },
	{ "vcpu-pin", "vcpupin" },
	{ "vcpu-set", "setvcpus" },
	{ "vm-list", "list" },
	{ "button-press", NULL },
	{ "cd-eject", NULL },
	{ "cd-insert", NULL },
	{ "channel-list", NULL },
	{ "claims", NULL },
	{ "devd", NULL },
	{ "getenforce", NULL },
	{ "loadpolicy", NULL },
	{ "pci-assignable-add", NULL },
	{ "pci-assignable-list", NULL },
	{ "pci-assignable-remove", NULL },
	{ "psr-cat-set", NULL },
	{ "psr-cat-show", NULL },
	{ "psr-cmt-attach", NULL },
	{ "psr-cmt-detach", NULL },
	{ "psr-cmt-show", NULL },
	{ "psr-hwinfo", NULL },
	{ "psr-mba-set", NULL },
	{ "psr-mba-show", NULL },
	{ "qemu-monitor-command", NULL },
	{ "set-parameters", NULL },
	{ "setenforce", NULL },
	{ "sharing", NULL },
	{ "soft-reset", NULL },
	{ "sysrq", NULL },
	{ "trigger", NULL },
	{ "uptime", NULL },
	{ "usb-list", NULL },
	{ "usbdev-attach", NULL },
	{ "usbdev-detach", NULL },
	{ "usbctrl-attach", NULL },
	{ "usbctrl-detach", NULL },
	{ "vdispl-attach", NULL },
	{ "vdispl-detach", NULL },
	{ "vdispl-list", NULL },
	{ "vkb-attach", NULL },
	{ "vkb-detach", NULL },
	{ "vkb-list", NULL },
	{ "vncviewer", NULL },
	{ "vsnd-attach", NULL },
	{ "vsnd-detach", NULL },
	{ "vsnd-list", NULL },
	{ "vtpm-attach", NULL },
	{ "vtpm-detach", NULL },
	{ "vtpm-list", NULL },
};

static bool comes_later(const char *name)
{
	size_t i;

	for (i = 0; i < COUNT(later_names); i++)
		if (!strcmp(later_names[i], name))
			return true;
	return false;
}

/* Returns COUNT(xl_names) for a name that is not xl's. */
static size_t find_xl(const char *name)
{
	size_t i;

	for (i = 0; i < COUNT(xl_names) && strcmp(xl_names[i].name, name); i++)
		;
	return i;
}

static int tell_xl(const char *name, const char *here)
{
	char hint[128];

	if (!here)
		return tell_unsupported("command '%s': xl's, it has no counterpart here", name);
	if (!command_find(here))
		return tell_unsupported(
			"command '%s': not in this version, which will call it '%s'", name, here);
	snprintf(hint, sizeof(hint), "xl's '%s' is here: pvctl %s", name, here);
	return tell_usage_hint(hint, "unknown command: '%s'", name);
}

static int tell_slip(const char *name)
{
	struct suggestion suggestion = { .word = name };
	const struct command *command;
	char hint[128];

	for (command = commands; command->name; command++)
		suggestion_try(&suggestion, command->name);
	if (suggestion.best)
		snprintf(hint, sizeof(hint), "Did you mean '%s'?", suggestion.best);
	return tell_usage_hint(suggestion.best ? hint : NULL, "unknown command: '%s'", name);
}

int command_unknown(const char *name)
{
	size_t xl = find_xl(name);

	if (comes_later(name))
		return tell_unsupported("command '%s': not in this version", name);
	if (xl < COUNT(xl_names))
		return tell_xl(name, xl_names[xl].here);
	return tell_slip(name);
}
