/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer target: any bytes as a domain's XML. What the reader takes must be written so that it
 * is read as the same; what it refuses must have a code and a reason. Seeds: tests/unit/xml/good
 * and bad.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The writer's text of `source`, NULL when the reader refuses it. */
static char *rewrite(const struct xml_source *source, struct error *err)
{
	struct domain_config config;
	char *text;

	if (domain_config_read(&config, source, NULL, err)) {
		if (!error_is_set(err) || !err->detail[0])
			abort();
		return NULL;
	}
	text = domain_config_write(&config, NULL);
	domain_config_free(&config);
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct xml_source source = {
		.text = (const char *)data, .length = size, .file = "f", .base_dir = "/"
	};
	struct error err = ERROR_INIT;
	char *once = rewrite(&source, &err), *twice;

	if (!once)
		return 0;
	source.text = once;
	source.length = strlen(once);
	twice = rewrite(&source, &err);
	if (!twice || strcmp(once, twice))
		abort();
	free(once);
	free(twice);
	return 0;
}
