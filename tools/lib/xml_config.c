/* SPDX-License-Identifier: MIT */
/* The life of a domain_config, and its actions' names. */
#include "xml.h"

#include <stdlib.h>
#include <string.h>

void domain_config_free(struct domain_config *config)
{
	free(config->name);
	free(config->title);
	free(config->description);
	free(config->metadata);
	free(config->kernel);
	free(config->initrd);
	free(config->cmdline);
	memset(config, 0, sizeof(*config));
}

const char *domain_action_name(enum domain_action action)
{
	static const char *const names[] = {
		[ACTION_DESTROY] = "destroy",
		[ACTION_RESTART] = "restart",
		[ACTION_PRESERVE] = "preserve",
		[ACTION_RENAME_RESTART] = "rename-restart",
		[ACTION_COREDUMP_DESTROY] = "coredump-destroy",
		[ACTION_COREDUMP_RESTART] = "coredump-restart",
	};

	return names[action];
}
