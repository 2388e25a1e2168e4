/* SPDX-License-Identifier: MIT */
/* method_host.c - methods about the daemon, the hypervisor and the machine; event.subscribe. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "config.h"
#include "describe.h"
#include "method.h"

static const char *hypervisor_name(const struct pvd *pvd)
{
	return pvd->version.is_paravane ? "Paravane" : "Xen";
}

/* "4.17.7", or "4.17-paravane" */
static void hypervisor_version(const struct pvd *pvd, char *text, size_t size)
{
	snprintf(text, size, "%u.%u%s", pvd->version.major, pvd->version.minor, pvd->version.extra);
}

static int handle_ping(struct call *call)
{
	struct pvd *pvd = call->pvd;
	char started[TIME_TEXT];

	time_format(pvd->started, started);
	call->result = json_pack("{s:s, s:s, s:i, s:s}", "version", PACKAGE_VERSION, "hypervisor",
				 hypervisor_name(pvd), "pid", (int)getpid(), "started", started);
	return 0;
}

static int handle_version(struct call *call)
{
	struct pvd *pvd = call->pvd;
	struct utsname kernel;
	char version[64];

	uname(&kernel);
	hypervisor_version(pvd, version, sizeof(version));
	call->result = json_pack("{s:s, s:s, s:s, s:s, s:s}", "pvd", PACKAGE_VERSION, "library",
				 PACKAGE_VERSION, "hypervisor", hypervisor_name(pvd),
				 "hypervisor_version", version, "kernel", kernel.release);
	return 0;
}

static int handle_info(struct call *call)
{
	call->result = describe_host(call->pvd, &call->err);
	return call->result ? 0 : -EIO;
}

static int handle_capabilities(struct call *call)
{
	char *xml = describe_capabilities(call->pvd, &call->err);

	if (!xml)
		return -EIO;
	call->result = json_pack("{s:s}", "xml", xml);
	free(xml);
	return 0;
}

/* The ring may begin inside a multi-byte character, and guests may print anything: JSON wants
 * UTF-8. */
static void make_ascii(char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text >= 0x80 ||
		    ((unsigned char)*text < 0x20 && *text != '\n' && *text != '\t'))
			*text = *text == '\r' ? ' ' : '?';
	}
}

static int handle_dmesg(struct call *call)
{
	char *text = xen_read_console(call->pvd->xen);

	if (!text)
		return error_set(&call->err, ERROR_FAILED, "run",
				 "the hypervisor does not give its messages: %s", strerror(errno));
	make_ascii(text);
	call->result = json_pack("{s:s}", "text", text);
	free(text);
	return 0;
}

static int handle_subscribe(struct call *call)
{
	client_subscribe(call->client);
	return 0;
}

const struct method host_methods[] = {
	{ "ping", handle_ping },
	{ "host.version", handle_version },
	{ "host.info", handle_info },
	{ "host.capabilities", handle_capabilities },
	{ "host.dmesg", handle_dmesg },
	{ "event.subscribe", handle_subscribe },
	{ NULL, NULL },
};
