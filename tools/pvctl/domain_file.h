/* SPDX-License-Identifier: MIT */
/* An XML file named on the command line, read and checked before anybody is asked. */
#ifndef TOOLS_PVCTL_DOMAIN_FILE_H
#define TOOLS_PVCTL_DOMAIN_FILE_H

#include "pvctl.h"
#include "xml.h"

struct domain_file {
	struct xml_source source;
	char *text;
	char *base_dir;   /* absolute: where relative paths in the XML start */
	json_t *mistakes; /* for tell_mistakes: all that the reader has found */
};

/*
 * Reads and checks the file; warnings go to standard error. On failure `err` is filled. `config`
 * may be NULL. Free in both cases with domain_file_free, the configuration with domain_config_free.
 */
int domain_file_read(struct domain_file *file, const char *path, struct domain_config *config,
		     struct error *err);

void domain_file_free(struct domain_file *file);

#endif
