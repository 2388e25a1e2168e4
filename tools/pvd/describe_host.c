/* SPDX-License-Identifier: MIT */
/* describe_host.c - the machine as JSON and as libvirt's capabilities (see describe.h). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "describe.h"

#define PAGE_BYTES 4096

/* The value of the first line "model name : ..." of /proc/cpuinfo. */
static void read_cpu_model(char *model, size_t size)
{
	FILE *file = fopen("/proc/cpuinfo", "re");
	char line[256], *value;

	snprintf(model, size, "x86_64");
	while (file && fgets(line, sizeof(line), file)) {
		value = strncmp(line, "model name", 10) ? NULL : strchr(line, ':');
		if (value) {
			value += 1 + strspn(value + 1, " \t");
			value[strcspn(value, "\n")] = '\0';
			snprintf(model, size, "%s", value);
			break;
		}
	}
	if (file)
		fclose(file);
}

static int ask(struct pvd *pvd, struct xen_sysctl_physinfo *info, struct error *err)
{
	int ret = xen_physinfo(pvd->xen, info);

	if (ret)
		return error_set(err, ERROR_FAILED, "run", "the hypervisor does not answer: %s",
				 strerror(-ret));
	return 0;
}

static unsigned int at_least_one(unsigned int value)
{
	return value ? value : 1;
}

/* Where the hypervisor tells. */
static json_t *add_defences(struct pvd *pvd, json_t *host)
{
	paravane_defences_t text;

	if (host && !xen_defences(pvd->xen, text))
		json_object_set_new(host, "defences", json_string(text));
	return host;
}

json_t *describe_host(struct pvd *pvd, struct error *err)
{
	struct xen_sysctl_physinfo info;
	json_t *host;
	unsigned int threads, cores, nodes;
	uint64_t free_bytes;
	char model[128];

	if (ask(pvd, &info, err))
		return NULL;
	read_cpu_model(model, sizeof(model));
	threads = at_least_one(info.threads_per_core);
	cores = at_least_one(info.cores_per_socket);
	nodes = at_least_one(info.nr_nodes);
	if (xen_free_memory(pvd->xen, &free_bytes))
		free_bytes = 0;
	host = json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "cpu_model",
			 "x86_64", "cpu_name", model, "cpus", (json_int_t)info.nr_cpus, "cpu_mhz",
			 (json_int_t)(info.cpu_khz / 1000), "sockets",
			 (json_int_t)at_least_one(info.nr_cpus / (threads * cores)),
			 "cores_per_socket", (json_int_t)cores, "threads_per_core",
			 (json_int_t)threads, "numa_nodes", (json_int_t)nodes, "memory",
			 (json_int_t)(info.total_pages * PAGE_BYTES), "free_memory",
			 (json_int_t)free_bytes);
	return add_defences(pvd, host);
}

char *describe_capabilities(struct pvd *pvd, struct error *err)
{
	struct xen_sysctl_physinfo info;
	char *text = NULL;

	if (ask(pvd, &info, err))
		return NULL;
	if (asprintf(&text,
		     "<capabilities>\n\n"
		     "  <host>\n"
		     "    <cpu>\n"
		     "      <arch>x86_64</arch>\n"
		     "    </cpu>\n"
		     "    <power_management/>\n"
		     "    <topology>\n"
		     "      <cells num='1'>\n"
		     "        <cell id='0'>\n"
		     "          <memory unit='KiB'>%llu</memory>\n"
		     "          <cpus num='%u'/>\n"
		     "        </cell>\n"
		     "      </cells>\n"
		     "    </topology>\n"
		     "  </host>\n\n"
		     "  <guest>\n"
		     "    <os_type>linux</os_type>\n"
		     "    <arch name='x86_64'>\n"
		     "      <wordsize>64</wordsize>\n"
		     "      <machine>xenpv</machine>\n"
		     "      <domain type='xen'/>\n"
		     "    </arch>\n"
		     "  </guest>\n\n"
		     "</capabilities>\n",
		     (unsigned long long)info.total_pages * (PAGE_BYTES / 1024),
		     info.nr_cpus) < 0) {
		error_set(err, ERROR_FAILED, "run", "out of memory");
		return NULL;
	}
	return text;
}
