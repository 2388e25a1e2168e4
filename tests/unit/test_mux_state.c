/* SPDX-License-Identifier: MIT */
/*
 * Proves that the table of a channel's states lets no client be forgotten by one side only: both
 * sides run by it, with frames under way between them, in every order of what a client, pvd, the
 * link and a fault can do; wherever nothing is left to happen, both know of the channel or neither
 * does, who has gone is known nowhere, and no side was told what its table has no row for.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "mux_state.h"

#define QUEUE 3 /* frames under way, each direction */

enum person { THERE, SHUT, LEFT };

struct queue {
	unsigned char length, frames[QUEUE];
};

/* One channel as a whole. */
struct world {
	enum mux_state clients, server; /* the server begins with WAITING: never heard of it */
	enum person client, pvd;
	bool up;
	struct queue to_server, to_clients;
};

enum {
	STATES = 5,
	PERSONS = 3,
	QUEUES = 1 + 6 + 36 + 216,
	WORLDS = STATES * STATES * PERSONS * PERSONS * 2 * QUEUES * QUEUES,
};

static unsigned char *seen;
static struct world *pending;
static size_t pending_count, pending_max, worlds;

static size_t queue_number(const struct queue *queue)
{
	size_t number = 0;

	for (int i = 0; i < queue->length; i++)
		number = number * 6 + queue->frames[i];
	return number + (queue->length > 0) + 6 * (queue->length > 1) + 36 * (queue->length > 2);
}

static size_t number_of(const struct world *world)
{
	size_t number = world->clients;

	number = number * STATES + world->server;
	number = number * PERSONS + world->client;
	number = number * PERSONS + world->pvd;
	number = number * 2 + world->up;
	number = number * QUEUES + queue_number(&world->to_server);
	return number * QUEUES + queue_number(&world->to_clients);
}

/* A world that can be reached. */
static void reach(const struct world *world)
{
	size_t number = number_of(world);

	ck_assert_uint_lt(number, WORLDS);
	if (seen[number])
		return;
	seen[number] = 1;
	worlds++;
	if (pending_count == pending_max) {
		pending_max = pending_max ? 2 * pending_max : 4096;
		pending = realloc(pending, pending_max * sizeof(*pending));
	}
	pending[pending_count++] = *world;
}

static bool put(struct queue *queue, enum frame_type frame)
{
	if (queue->length == QUEUE)
		return false;
	queue->frames[queue->length++] = (unsigned char)frame;
	return true;
}

static enum frame_type get(struct queue *queue)
{
	enum frame_type frame = queue->frames[0];

	queue->length--;
	memmove(queue->frames, queue->frames + 1, queue->length);
	return frame;
}

/* What the table says of `event` at one side. False: nothing, or no room for its frame now. */
static bool happen(struct world world, enum mux_side side, enum mux_event event)
{
	enum mux_state *state = side == MUX_CLIENTS ? &world.clients : &world.server;
	struct queue *out = side == MUX_CLIENTS ? &world.to_server : &world.to_clients;
	const struct mux_rule *rule = mux_rule(side, *state, event);

	if (!rule || (rule->tell && !put(out, rule->tell)))
		return false;
	*state = rule->next;
	reach(&world);
	return true;
}

static enum mux_event event_of(enum frame_type frame)
{
	switch (frame) {
	case FRAME_DATA: return MUX_GOT_DATA;
	case FRAME_CREDIT: return MUX_GOT_CREDIT;
	case FRAME_SHUT: return MUX_GOT_SHUT;
	case FRAME_END: return MUX_GOT_END;
	default: ck_abort_msg("frame %d was sent", frame);
	}
}

/* A frame arrives; one for a channel that is not known is nothing. */
static bool arrive(struct world world, enum mux_side side)
{
	struct queue *in = side == MUX_CLIENTS ? &world.to_clients : &world.to_server;
	enum mux_state state = side == MUX_CLIENTS ? world.clients : world.server;
	enum frame_type frame;

	if (!in->length)
		return false;
	frame = get(in);
	if (frame == FRAME_OPEN) {
		ck_assert_int_eq(side, MUX_SERVER);
		ck_assert_int_eq(state, MUX_WAITING);
		world.server = MUX_OPEN;
		reach(&world);
	} else if (state == MUX_GONE) {
		reach(&world);
	} else {
		ck_assert_msg(mux_rule(side, state, event_of(frame)) != NULL,
			      "side %d, state %d: no row for frame %d", side, state, frame);
		return happen(world, side, event_of(frame));
	}
	return true;
}

/* What goes on by itself. False: nothing. */
static bool go_on(const struct world *world)
{
	bool moved = arrive(*world, MUX_CLIENTS);

	moved |= arrive(*world, MUX_SERVER);
	if (world->up && world->clients == MUX_WAITING)
		moved |= happen(*world, MUX_CLIENTS, MUX_LINK_UP);
	if (world->client == SHUT && mux_reads(MUX_CLIENTS, world->clients))
		moved |= happen(*world, MUX_CLIENTS, MUX_LOCAL_SHUT);
	if (world->client == LEFT)
		moved |= happen(*world, MUX_CLIENTS, MUX_LOCAL_GONE);
	if (world->pvd == LEFT && mux_reads(MUX_SERVER, world->server))
		moved |= happen(*world, MUX_SERVER, MUX_LOCAL_GONE);
	if (!world->to_clients.length)
		moved |= happen(*world, MUX_CLIENTS, MUX_DELIVERED);
	return moved;
}

static void say(const struct world *from, enum mux_side side, enum frame_type frame)
{
	struct world world = *from;
	enum mux_state state = side == MUX_CLIENTS ? world.clients : world.server;

	if (mux_reads(side, state) &&
	    put(side == MUX_CLIENTS ? &world.to_server : &world.to_clients, frame))
		reach(&world);
}

static void people_act(const struct world *from)
{
	struct world world = *from;

	if (world.client == THERE) {
		world.client = SHUT;
		reach(&world);
	}
	world.client = LEFT;
	reach(&world);
	world = *from;
	world.pvd = LEFT;
	reach(&world);
	if (from->client == THERE)
		say(from, MUX_CLIENTS, FRAME_DATA);
	if (from->client != LEFT)
		say(from, MUX_CLIENTS, FRAME_CREDIT);
	if (from->pvd == THERE)
		say(from, MUX_SERVER, FRAME_DATA);
	say(from, MUX_SERVER, FRAME_CREDIT);
}

/* The link comes up; or pvd dies with all that is under way, and of its next life the channel is
 * no part. */
static void link_acts(const struct world *from)
{
	struct world world = *from;
	const struct mux_rule *rule;

	if (!world.up) {
		world.up = true;
		reach(&world);
		return;
	}
	world.up = false;
	world.to_server.length = world.to_clients.length = 0;
	if (world.clients != MUX_WAITING)
		world.server = MUX_GONE;
	rule = mux_rule(MUX_CLIENTS, world.clients, MUX_LINK_DOWN);
	world.clients = rule ? rule->next : world.clients;
	reach(&world);
}

static void check_rest(const struct world *world)
{
	enum mux_state clients = world->clients, server = world->server;

	ck_assert_uint_eq(world->to_server.length + world->to_clients.length, 0);
	if (world->client == LEFT)
		ck_assert_int_eq(clients, MUX_GONE);
	if (world->pvd == LEFT && clients != MUX_WAITING)
		ck_assert_int_eq(clients, MUX_GONE);
	if (clients == MUX_GONE)
		ck_assert(server == MUX_GONE || server == MUX_WAITING);
	else
		ck_assert_int_eq(clients, server);
}

START_TEST(every_order)
{
	struct world world = { .clients = MUX_WAITING, .server = MUX_WAITING };

	seen = calloc(WORLDS, 1);
	reach(&world);
	while (pending_count) {
		world = pending[--pending_count];
		if (!go_on(&world))
			check_rest(&world);
		people_act(&world);
		link_acts(&world);
		happen(world, MUX_CLIENTS, MUX_BROKEN);
		if (world.server != MUX_WAITING)
			happen(world, MUX_SERVER, MUX_BROKEN);
	}
	/* Fewer would mean that the walk no longer gets everywhere. */
	ck_assert_uint_gt(worlds, 4000);
	free(seen);
	free(pending);
}
END_TEST

/* Every state of every side can be left, and a channel that is gone stays so. */
START_TEST(no_trap)
{
	for (int side = 0; side < 2; side++)
		for (int event = 0; event <= MUX_GOT_END; event++)
			ck_assert_ptr_null(mux_rule(side, MUX_GONE, event));
	for (int state = MUX_WAITING; state < MUX_GONE; state++)
		ck_assert_int_eq(mux_rule(MUX_CLIENTS, state, MUX_LOCAL_GONE)->next, MUX_GONE);
	for (int state = MUX_OPEN; state <= MUX_SHUT; state++)
		ck_assert_int_eq(mux_rule(MUX_SERVER, state, MUX_GOT_END)->next, MUX_GONE);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mux_state");
	TCase *tests = tcase_create("table");
	SRunner *runner;
	int failed;

	tcase_add_test(tests, every_order);
	tcase_add_test(tests, no_trap);
	tcase_set_timeout(tests, 60);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
