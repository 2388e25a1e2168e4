/* SPDX-License-Identifier: MIT */
/* The options of a start. */
#include "options.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define STAGE "usage"

static const char *const accel_names[] = {
	[HOST_ACCEL_AUTO] = "auto",
	[HOST_ACCEL_KVM] = "kvm",
	[HOST_ACCEL_TCG] = "tcg",
};

void host_options_default(struct host_options *options)
{
	*options = (struct host_options){
		.memory = HOST_MEMORY_DEFAULT,
		.dom0_memory = HOST_DOM0_MEMORY_DEFAULT,
		.timeout = HOST_TIMEOUT_DEFAULT,
	};
}

int host_parse_memory(const char *text, const char *option, unsigned int *mib, struct error *err)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);
	unsigned long scale = *end == 'G' || *end == 'g' ? 1024 : 1;

	if (*end == 'G' || *end == 'g' || *end == 'M' || *end == 'm')
		end++;
	if (!isdigit((unsigned char)text[0]) || *end || value > 1048576 / scale)
		return error_set(err, ERROR_USAGE, STAGE,
				 "--%s: found '%s', expected MiB as in 1536 or 1536M, or 2G",
				 option, text);
	*mib = (unsigned int)(value * scale);
	return 0;
}

int host_parse_accel(const char *text, enum host_accel *accel, struct error *err)
{
	for (size_t i = 0; i < sizeof(accel_names) / sizeof(accel_names[0]); i++)
		if (!strcmp(text, accel_names[i])) {
			*accel = (enum host_accel)i;
			return 0;
		}
	return error_set(err, ERROR_USAGE, STAGE, "--accel: found '%s', expected auto, kvm or tcg",
			 text);
}

const char *host_accel_name(enum host_accel accel)
{
	return accel_names[accel];
}

static int check_memory(const struct host_options *options, struct error *err)
{
	if (options->memory < HOST_MEMORY_LEAST)
		return error_set(err, ERROR_USAGE, STAGE,
				 "--memory %u: dom0 and a guest need at least %d MiB",
				 options->memory, HOST_MEMORY_LEAST);
	if (options->dom0_memory < HOST_DOM0_MEMORY_LEAST)
		return error_set(err, ERROR_USAGE, STAGE,
				 "--dom0-memory %u: dom0 needs at least %d MiB",
				 options->dom0_memory, HOST_DOM0_MEMORY_LEAST);
	if (options->dom0_memory + 128 > options->memory)
		return error_set(err, ERROR_USAGE, STAGE,
				 "--dom0-memory %u leaves too little of --memory %u: the hypervisor"
				 " and guests need 128 MiB and more",
				 options->dom0_memory, options->memory);
	return 0;
}

int host_options_check(const struct host_options *options, struct error *err)
{
	if (options->root && options->root[0] != '/')
		return error_set(err, ERROR_USAGE, STAGE,
				 "--root: found '%s', expected an absolute path", options->root);
	if (!options->timeout)
		return error_set(err, ERROR_USAGE, STAGE, "--timeout: found 0, expected seconds");
	return check_memory(options, err);
}
