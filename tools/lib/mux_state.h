/* SPDX-License-Identifier: MIT */
/*
 * The states of one channel, on either side of the link, as a table (mux_state.c).
 *
 * The two sides are not alike, because what is behind them is not. The clients' side (the
 * supervisor) has sockets of processes that come, close one direction, vanish and are killed; the
 * server's side (pvd) has sockets whose other end either is open or has been closed as a whole.
 * Three rules hold:
 *
 *  - A client that is gone is given up by both sides at once, whatever was still to be sent to it,
 *    and whether or not anything moves: END.
 *  - All that the server said before it hung up reaches the client: its END comes after its data,
 *    and the clients' side delivers that first.
 *  - A side that has sent END, or got one, needs nothing further from the other to forget the
 *    channel. ENDs that cross are no error.
 *
 * Pure: no I/O, no memory.
 */
#ifndef TOOLS_LIB_MUX_STATE_H
#define TOOLS_LIB_MUX_STATE_H

#include <stdbool.h>

#include "frame_mux.h"

enum mux_side {
	MUX_CLIENTS,
	MUX_SERVER,
};

enum mux_state {
	MUX_WAITING, /* clients' side: the server does not know of it, the link is not up */
	MUX_OPEN,    /* bytes flow both ways */
	MUX_SHUT,    /* the client sends no more, and still gets what the server says */
	MUX_ENDING,  /* clients' side: the server has hung up; its last words are delivered */
	MUX_GONE,    /* not known here any more */
};

enum mux_event {
	MUX_LINK_UP,    /* the two sides know of each other */
	MUX_LINK_DOWN,  /* the other side has died, or begins a new life */
	MUX_LOCAL_SHUT, /* the client closed its own direction and is still there */
	MUX_LOCAL_GONE, /* nobody is behind the local socket any more */
	MUX_DELIVERED,  /* all that came was written to the local socket */
	MUX_BROKEN,     /* the other side broke the protocol, or memory is short */
	MUX_GOT_DATA,   /* frames of the other side */
	MUX_GOT_CREDIT,
	MUX_GOT_SHUT,
	MUX_GOT_END,
};

struct mux_rule {
	enum mux_side side;
	enum mux_state state;
	enum mux_event event;
	enum mux_state next;
	enum frame_type tell; /* the frame that is sent, FRAME_NONE: none */
};

/* What `event` does in `state`. NULL: nothing; if it is a frame, the other side broke the protocol.
 */
const struct mux_rule *mux_rule(enum mux_side side, enum mux_state state, enum mux_event event);

/* True if the local socket is read in this state. */
bool mux_reads(enum mux_side side, enum mux_state state);

#endif
