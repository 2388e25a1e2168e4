/* SPDX-License-Identifier: MIT */
/*
 * "Did you mean ...?": the known word nearest to one that was typed wrongly, if any is near enough
 * to be a slip of the fingers.
 *
 *     struct suggestion suggestion = { .word = typed };
 *     suggestion_try(&suggestion, "create"); ...
 *     if (suggestion.best) ...
 *
 * Contract: nothing allocates or fails; `best` is one of the words tried, the first of the nearest.
 */
#ifndef TOOLS_LIB_SUGGEST_H
#define TOOLS_LIB_SUGGEST_H

struct suggestion {
	const char *word; /* what was typed */
	const char *best; /* NULL while nothing near was tried */
	int distance;     /* of `best` */
};

void suggestion_try(struct suggestion *suggestion, const char *known);

#endif
