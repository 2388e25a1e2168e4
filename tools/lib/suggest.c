/* SPDX-License-Identifier: MIT */
/* Distances of words (see suggest.h). */
#include "suggest.h"

#include <string.h>

/* Longer words get no suggestion. */
#define WORD_MAX 32

static int least(int a, int b)
{
	return a < b ? a : b;
}

/* How many slips lead from `a` to `b`: a letter too many, too few, another one, or two swapped
 * (optimal string alignment distance). rows[0] is that of the letter before the last. */
static int distance(const char *a, const char *b)
{
	int rows[3][WORD_MAX + 1] = { 0 }, width = (int)strlen(b), i, j;

	for (j = 0; j <= width; j++)
		rows[2][j] = j;
	for (i = 1; a[i - 1]; i++) {
		memmove(rows[0], rows[1], 2 * sizeof(rows[0]));
		rows[2][0] = i;
		for (j = 1; j <= width; j++) {
			rows[2][j] = least(least(rows[1][j], rows[2][j - 1]) + 1,
					   rows[1][j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				rows[2][j] = least(rows[2][j], rows[0][j - 2] + 1);
		}
	}
	return rows[2][width];
}

/* One slip in three letters, two in six; more is another word. */
static int slips_allowed(size_t length)
{
	return length < 3 ? 0 : length < 6 ? 1 : 2;
}

void suggestion_try(struct suggestion *suggestion, const char *known)
{
	size_t ours = strlen(suggestion->word), theirs = strlen(known);
	int slips;

	if (ours > WORD_MAX || theirs > WORD_MAX)
		return;
	slips = distance(suggestion->word, known);
	if (slips > slips_allowed(ours > theirs ? ours : theirs))
		return;
	if (suggestion->best && slips >= suggestion->distance)
		return;
	suggestion->best = known;
	suggestion->distance = slips;
}
