/* SPDX-License-Identifier: MIT */
/* What the supervisor decided for this start: lines of KEY=VALUE. */
#include "dom0.h"

#include <stdio.h>
#include <string.h>

static void copy(char *to, size_t size, const char *key, const char *value)
{
	if (strlen(value) >= size)
		fail("the value of %s in /start.conf is too long", key);
	strcpy(to, value);
}

static void take(struct config *config, const char *key, const char *value)
{
	if (!strcmp(key, "pvd"))
		copy(config->pvd, sizeof(config->pvd), key, value);
	else if (!strcmp(key, "kernel"))
		copy(config->kernel, sizeof(config->kernel), key, value);
	else if (!strcmp(key, "files"))
		copy(config->files, sizeof(config->files), key, value);
	else if (!strcmp(key, "hostname"))
		copy(config->hostname, sizeof(config->hostname), key, value);
	else if (!strcmp(key, "modules"))
		copy(config->modules, sizeof(config->modules), key, value);
	else
		fail("/start.conf has an unknown key %s", key);
}

void config_read(struct config *config)
{
	char line[PATH_MAX + 64], *equals;
	FILE *file = fopen("/start.conf", "re");

	if (!file)
		fail("/start.conf: %m");
	memset(config, 0, sizeof(*config));
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		equals = strchr(line, '=');
		if (!equals)
			fail("/start.conf: no '=' in '%s'", line);
		*equals = '\0';
		take(config, line, equals + 1);
	}
	fclose(file);
	if (!config->pvd[0] || !config->kernel[0] || !config->files[0])
		fail("/start.conf lacks pvd, kernel or files");
}
