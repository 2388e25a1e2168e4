/* SPDX-License-Identifier: MIT */
/* One domain's answer to domain.info, which many commands begin with. */
#ifndef TOOLS_PVCTL_DOMAIN_INFO_H
#define TOOLS_PVCTL_DOMAIN_INFO_H

#include "pvctl.h"

/* {"domain": name} as parameters. */
json_t *domain_params(const char *domain);

/* Asks on `client`. NULL with the error printed, its status in `status`. Free with json_decref. */
json_t *domain_info_get(struct rpc_client *client, const char *domain, int *status);

/* The same on a connection of its own. */
json_t *domain_info_open(const char *domain, int *status);

/* What is known, in words, of why the domain crashed or failed; NULL: nothing. */
const char *domain_info_cause(const json_t *info);

/*
 * Prints why a request about `domain` failed: for a domain that does not exist virsh's one line,
 * else `what` (the line above the cause; may be NULL) and the cause. Returns the exit status.
 */
int domain_tell_error(const struct error *err, const char *domain, const char *what);

/*
 * After a console has ended: if the domain of `info` is still there, says that the console was cut
 * off (pvd ended, or found its reader too slow) and returns the exit status; else 0.
 */
int domain_tell_cut_off(const json_t *info);

#endif
