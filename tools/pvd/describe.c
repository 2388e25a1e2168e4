/* SPDX-License-Identifier: MIT */
/* describe.c - domains as JSON objects (see describe.h). */
#include <string.h>

#include "describe.h"

#define PAGE_BYTES 4096

static uint64_t memory_now(const struct domain *domain)
{
	if (domain->id == DOMAIN_NO_ID || !domain->info.tot_pages)
		return domain->config.current_memory;
	return domain->info.tot_pages * PAGE_BYTES;
}

/* A domain of others may have no limit, which is said as what it has. */
static uint64_t memory_limit(const struct domain *domain)
{
	if (!domain->foreign)
		return domain->config.memory;
	if (domain->info.max_pages >= UINT32_MAX)
		return memory_now(domain);
	return domain->info.max_pages * PAGE_BYTES;
}

static unsigned int vcpus(const struct domain *domain)
{
	if (domain->foreign)
		return domain->info.max_vcpu_id + 1;
	return domain->config.vcpus;
}

json_t *describe_domain(const struct domain *domain)
{
	const char *title = domain->config.title;

	return json_pack("{s:o, s:s, s:s, s:o, s:s, s:s, s:I, s:I, s:I, s:I, s:b, s:b}", "id",
			 domain->id < 0 ? json_null() : json_integer(domain->id), "name",
			 domain->config.name, "uuid", domain->config.uuid, "title",
			 title ? json_string(title) : json_null(), "state",
			 domain_state_name(domain_state(domain)), "reason", domain->reason,
			 "memory", (json_int_t)memory_now(domain), "max_memory",
			 (json_int_t)memory_limit(domain), "vcpus", (json_int_t)vcpus(domain),
			 "cpu_time", (json_int_t)domain->info.cpu_time, "persistent", 0,
			 "autostart", 0);
}

json_t *describe_domain_fully(const struct domain *domain)
{
	json_t *object = describe_domain(domain);
	char since[TIME_TEXT];

	if (!object)
		return NULL;
	time_format(domain->since, since);
	json_object_set_new(object, "os_type", json_string("linux"));
	json_object_set_new(object, "since", json_string(since));
	json_object_set_new(object, "foreign", json_boolean(domain->foreign));
	if (domain->crashed)
		json_object_set_new(object, "crash",
				    json_pack("{s:s, s:s}", "reason", domain->reason, "detail",
					      domain->detail));
	else if (*domain->detail)
		json_object_set_new(object, "detail", json_string(domain->detail));
	return object;
}
