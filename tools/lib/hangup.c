/* SPDX-License-Identifier: MIT */
/* Watches sockets for their hang-up; see hangup.h. */
#include "hangup.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

struct hangup_set {
	int fd;
	struct event *readable;
};

/* One at a time: what gone() does may end the watch of others. */
static void on_hangup(evutil_socket_t fd, short what, void *arg)
{
	struct epoll_event event;
	struct hangup *hangup;

	(void)what, (void)arg;
	if (epoll_wait(fd, &event, 1, 0) != 1)
		return;
	hangup = event.data.ptr;
	hangup_ignore(hangup);
	hangup->gone(hangup->arg);
}

struct hangup_set *hangup_set_new(struct event_base *base)
{
	struct hangup_set *set = calloc(1, sizeof(*set));

	if (!set)
		return NULL;
	set->fd = epoll_create1(EPOLL_CLOEXEC);
	if (set->fd >= 0)
		set->readable = event_new(base, set->fd, EV_READ | EV_PERSIST, on_hangup, NULL);
	if (set->readable && !event_add(set->readable, NULL))
		return set;
	hangup_set_free(set);
	errno = ENOMEM;
	return NULL;
}

void hangup_set_free(struct hangup_set *set)
{
	if (!set)
		return;
	if (set->readable)
		event_free(set->readable);
	if (set->fd >= 0)
		close(set->fd);
	free(set);
}

int hangup_watch(struct hangup_set *set, struct hangup *hangup, int fd, void (*gone)(void *arg),
		 void *arg)
{
	/* No event is asked for: hang-up and error are always told of. */
	struct epoll_event event = { .events = 0, .data.ptr = hangup };

	if (epoll_ctl(set->fd, EPOLL_CTL_ADD, fd, &event))
		return -errno;
	*hangup = (struct hangup){ .set = set, .fd = fd, .gone = gone, .arg = arg };
	return 0;
}

void hangup_ignore(struct hangup *hangup)
{
	if (hangup->set)
		epoll_ctl(hangup->set->fd, EPOLL_CTL_DEL, hangup->fd, NULL);
	hangup->set = NULL;
}

bool hangup_is(int fd)
{
	struct pollfd event = { .fd = fd };

	return poll(&event, 1, 0) > 0 && (event.revents & (POLLHUP | POLLERR));
}
