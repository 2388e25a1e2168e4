/* SPDX-License-Identifier: MIT */
/* describe.h - domains and the host as JSON objects (docs/json.md). New references; NULL: no
 * memory. */
#ifndef TOOLS_PVD_DESCRIBE_H
#define TOOLS_PVD_DESCRIBE_H

#include <jansson.h>

#include "domain.h"

/* The object of domain.list. The table should be fresh (sweep). */
json_t *describe_domain(const struct domain *domain);

/* The same and what domain.info adds. */
json_t *describe_domain_fully(const struct domain *domain);

/* The object of host.info; NULL with err filled. */
json_t *describe_host(struct pvd *pvd, struct error *err);

/* The XML of host.capabilities, to be freed. */
char *describe_capabilities(struct pvd *pvd, struct error *err);

#endif
