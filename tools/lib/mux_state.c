/* SPDX-License-Identifier: MIT */
/* The table of a channel's states; mux_state.h says what they mean. */
#include "mux_state.h"

/* clang-format off */
static const struct mux_rule rules[] = {
	/* side, state, event: next state, frame to tell the other side */
	{ MUX_CLIENTS, MUX_WAITING, MUX_LINK_UP,    MUX_OPEN,   FRAME_OPEN },
	{ MUX_CLIENTS, MUX_WAITING, MUX_LOCAL_GONE, MUX_GONE,   FRAME_NONE },
	{ MUX_CLIENTS, MUX_WAITING, MUX_BROKEN,     MUX_GONE,   FRAME_NONE },

	{ MUX_CLIENTS, MUX_OPEN,    MUX_LINK_DOWN,  MUX_ENDING, FRAME_NONE },
	{ MUX_CLIENTS, MUX_OPEN,    MUX_LOCAL_SHUT, MUX_SHUT,   FRAME_SHUT },
	{ MUX_CLIENTS, MUX_OPEN,    MUX_LOCAL_GONE, MUX_GONE,   FRAME_END },
	{ MUX_CLIENTS, MUX_OPEN,    MUX_BROKEN,     MUX_GONE,   FRAME_END },
	{ MUX_CLIENTS, MUX_OPEN,    MUX_GOT_DATA,   MUX_OPEN,   FRAME_NONE },
	{ MUX_CLIENTS, MUX_OPEN,    MUX_GOT_CREDIT, MUX_OPEN,   FRAME_NONE },
	{ MUX_CLIENTS, MUX_OPEN,    MUX_GOT_END,    MUX_ENDING, FRAME_NONE },

	{ MUX_CLIENTS, MUX_SHUT,    MUX_LINK_DOWN,  MUX_ENDING, FRAME_NONE },
	{ MUX_CLIENTS, MUX_SHUT,    MUX_LOCAL_GONE, MUX_GONE,   FRAME_END },
	{ MUX_CLIENTS, MUX_SHUT,    MUX_BROKEN,     MUX_GONE,   FRAME_END },
	{ MUX_CLIENTS, MUX_SHUT,    MUX_GOT_DATA,   MUX_SHUT,   FRAME_NONE },
	{ MUX_CLIENTS, MUX_SHUT,    MUX_GOT_CREDIT, MUX_SHUT,   FRAME_NONE },
	{ MUX_CLIENTS, MUX_SHUT,    MUX_GOT_END,    MUX_ENDING, FRAME_NONE },

	{ MUX_CLIENTS, MUX_ENDING,  MUX_LOCAL_GONE, MUX_GONE,   FRAME_NONE },
	{ MUX_CLIENTS, MUX_ENDING,  MUX_BROKEN,     MUX_GONE,   FRAME_NONE },
	{ MUX_CLIENTS, MUX_ENDING,  MUX_DELIVERED,  MUX_GONE,   FRAME_NONE },

	{ MUX_SERVER,  MUX_OPEN,    MUX_LINK_DOWN,  MUX_GONE,   FRAME_NONE },
	{ MUX_SERVER,  MUX_OPEN,    MUX_LOCAL_GONE, MUX_GONE,   FRAME_END },
	{ MUX_SERVER,  MUX_OPEN,    MUX_BROKEN,     MUX_GONE,   FRAME_END },
	{ MUX_SERVER,  MUX_OPEN,    MUX_GOT_DATA,   MUX_OPEN,   FRAME_NONE },
	{ MUX_SERVER,  MUX_OPEN,    MUX_GOT_CREDIT, MUX_OPEN,   FRAME_NONE },
	{ MUX_SERVER,  MUX_OPEN,    MUX_GOT_SHUT,   MUX_SHUT,   FRAME_NONE },
	{ MUX_SERVER,  MUX_OPEN,    MUX_GOT_END,    MUX_GONE,   FRAME_NONE },

	{ MUX_SERVER,  MUX_SHUT,    MUX_LINK_DOWN,  MUX_GONE,   FRAME_NONE },
	{ MUX_SERVER,  MUX_SHUT,    MUX_LOCAL_GONE, MUX_GONE,   FRAME_END },
	{ MUX_SERVER,  MUX_SHUT,    MUX_BROKEN,     MUX_GONE,   FRAME_END },
	{ MUX_SERVER,  MUX_SHUT,    MUX_GOT_CREDIT, MUX_SHUT,   FRAME_NONE },
	{ MUX_SERVER,  MUX_SHUT,    MUX_GOT_END,    MUX_GONE,   FRAME_NONE },
};
/* clang-format on */

const struct mux_rule *mux_rule(enum mux_side side, enum mux_state state, enum mux_event event)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (rules[i].side == side && rules[i].state == state && rules[i].event == event)
			return &rules[i];
	return NULL;
}

bool mux_reads(enum mux_side side, enum mux_state state)
{
	return state == MUX_OPEN || (side == MUX_SERVER && state == MUX_SHUT);
}
