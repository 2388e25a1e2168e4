/* SPDX-License-Identifier: MIT */
/*
 * XenStore: messages over a ring.
 *
 * A message is a header (type, id, transaction, length) and a body of strings. xenstored answers
 * each request with a message of the same id, or of type XS_ERROR with an error's name; watch
 * events come in between with a type of their own. Both directions are byte streams in 1 KiB rings,
 * whose indices count for ever and belong to one side each. Nothing that is read from the ring is
 * trusted twice.
 */
#include <pv/cpu.h>
#include <pv/event.h>
#include <pv/sched.h>
#include <pv/store.h>
#include <pv/string.h>

/* Part of a request's body. */
struct part {
	const char *data;
	size_t size;
};

/* How many bytes of `wanted` can move at once: no more than are available, nor past the ring's end.
 */
static size_t chunk_size(size_t wanted, size_t available, XENSTORE_RING_IDX index)
{
	size_t to_end = XENSTORE_RING_SIZE - MASK_XENSTORE_IDX(index);
	size_t n = wanted < available ? wanted : available;

	return n < to_end ? n : to_end;
}

static int bytes_send(struct pv_store *store, const void *data, size_t size)
{
	struct xenstore_domain_interface *ring = store->ring;
	const char *from = data;

	while (size) {
		XENSTORE_RING_IDX prod = ring->req_prod;
		size_t used = prod - PV_READ_ONCE(ring->req_cons), n;

		if (used > XENSTORE_RING_SIZE)
			return -XEN_EIO;
		if (used == XENSTORE_RING_SIZE) {
			/* Clear first, look again, then wait: an event in between is not lost. */
			pv_event_clear(store->port);
			if (prod - PV_READ_ONCE(ring->req_cons) == XENSTORE_RING_SIZE)
				pv_poll(&store->port, 1, 0);
			continue;
		}
		n = chunk_size(size, XENSTORE_RING_SIZE - used, prod);
		memcpy(&ring->req[MASK_XENSTORE_IDX(prod)], from, n);
		pv_wmb();
		PV_WRITE_ONCE(ring->req_prod, prod + (XENSTORE_RING_IDX)n);
		pv_event_send(store->port);
		from += n;
		size -= n;
	}
	return 0;
}

static void response_await(struct pv_store *store)
{
	struct xenstore_domain_interface *ring = store->ring;

	pv_event_clear(store->port);
	if (PV_READ_ONCE(ring->rsp_prod) == ring->rsp_cons)
		pv_poll(&store->port, 1, 0);
}

/* What an earlier call kept has no event of the port's any more. */
void pv_store_wait(struct pv_store *store)
{
	if (!store->used)
		response_await(store);
}

/* data NULL: the bytes are dropped. */
static int bytes_receive(struct pv_store *store, void *data, size_t size)
{
	struct xenstore_domain_interface *ring = store->ring;
	char *to = data;

	while (size) {
		XENSTORE_RING_IDX cons = ring->rsp_cons;
		size_t there = PV_READ_ONCE(ring->rsp_prod) - cons, n;

		if (there > XENSTORE_RING_SIZE)
			return -XEN_EIO;
		if (!there) {
			response_await(store);
			continue;
		}
		pv_rmb();
		n = chunk_size(size, there, cons);
		if (to) {
			memcpy(to, &ring->rsp[MASK_XENSTORE_IDX(cons)], n);
			to += n;
		}
		pv_mb();
		PV_WRITE_ONCE(ring->rsp_cons, cons + (XENSTORE_RING_IDX)n);
		pv_event_send(store->port);
		size -= n;
	}
	return 0;
}

static int request_send(struct pv_store *store, uint32_t type, uint32_t transaction,
			const struct part *parts, unsigned int nr)
{
	struct xsd_sockmsg header = { .type = type, .tx_id = transaction };
	size_t length = 0;
	int rc;

	for (unsigned int i = 0; i < nr; i++)
		length += parts[i].size;
	if (length > XENSTORE_PAYLOAD_MAX)
		return -XEN_E2BIG;
	header.len = (uint32_t)length;
	header.req_id = ++store->next_id;
	rc = bytes_send(store, &header, sizeof(header));
	for (unsigned int i = 0; i < nr && !rc; i++)
		rc = bytes_send(store, parts[i].data, parts[i].size);
	return rc;
}

/* Keeps a watch event for pv_store_event(), if there is room. */
static int event_keep(struct pv_store *store, size_t length)
{
	if (length > sizeof(store->events) - store->used) {
		store->lost++;
		return bytes_receive(store, NULL, length);
	}
	int rc = bytes_receive(store, store->events + store->used, length);

	if (rc)
		return rc;
	/* Two terminated strings, or it is not an event. */
	if (length < 2 || store->events[store->used + length - 1] ||
	    strlen(store->events + store->used) + 1 >= length)
		return -XEN_EIO;
	store->used += (unsigned int)length;
	return 0;
}

/* An error arrives as the error's name. */
static int error_receive(struct pv_store *store, size_t length)
{
	static const struct {
		char name[10];
		int value;
	} errors[] = {
		{ "EINVAL", XEN_EINVAL },       { "EACCES", XEN_EACCES },
		{ "EEXIST", XEN_EEXIST },       { "EISDIR", XEN_EISDIR },
		{ "ENOENT", XEN_ENOENT },       { "ENOMEM", XEN_ENOMEM },
		{ "ENOSPC", XEN_ENOSPC },       { "EIO", XEN_EIO },
		{ "ENOTEMPTY", XEN_ENOTEMPTY }, { "ENOSYS", XEN_ENOSYS },
		{ "EROFS", XEN_EROFS },         { "EBUSY", XEN_EBUSY },
		{ "EAGAIN", XEN_EAGAIN },       { "EISCONN", XEN_EISCONN },
		{ "E2BIG", XEN_E2BIG },         { "EPERM", XEN_EPERM },
	};
	char name[16] = "";
	size_t kept = length < sizeof(name) - 1 ? length : sizeof(name) - 1;

	if (bytes_receive(store, name, kept) || bytes_receive(store, NULL, length - kept))
		return -XEN_EIO;
	for (size_t i = 0; i < PV_ARRAY_SIZE(errors); i++) {
		if (!strcmp(name, errors[i].name))
			return -errors[i].value;
	}
	return -XEN_EIO;
}

static long body_receive(struct pv_store *store, size_t length, char *buf, size_t size)
{
	size_t kept = length < size ? length : size;
	int rc = bytes_receive(store, buf, kept);

	if (!rc)
		rc = bytes_receive(store, NULL, length - kept);
	if (rc)
		return rc;
	return length > size ? -XEN_E2BIG : (long)length;
}

/* Reads messages up to the answer of the last request. buf NULL: the body does not matter. */
static long answer_receive(struct pv_store *store, uint32_t type, char *buf, size_t size)
{
	struct xsd_sockmsg header;

	for (;;) {
		int rc = bytes_receive(store, &header, sizeof(header));

		if (rc)
			return rc;
		if (header.len > XENSTORE_PAYLOAD_MAX)
			return -XEN_EIO;
		if (header.type == XS_WATCH_EVENT) {
			rc = event_keep(store, header.len);
			if (rc)
				return rc;
			continue;
		}
		if (header.req_id != store->next_id)
			return -XEN_EIO;
		if (header.type == XS_ERROR)
			return error_receive(store, header.len);
		if (header.type != type)
			return -XEN_EIO;
		return buf ? body_receive(store, header.len, buf, size)
			   : bytes_receive(store, NULL, header.len);
	}
}

static long request(struct pv_store *store, uint32_t type, uint32_t transaction,
		    const struct part *parts, unsigned int nr, char *buf, size_t size)
{
	int rc = request_send(store, type, transaction, parts, nr);

	return rc ? rc : answer_receive(store, type, buf, size);
}

/* A terminated string, sent with its end. */
static struct part part_string(const char *s)
{
	return (struct part){ s, strlen(s) + 1 };
}

int pv_store_init(struct pv_store *store, const struct pv_start *start)
{
	if (!start->store_ring)
		return -XEN_ENODEV;
	memset(store, 0, sizeof(*store));
	store->ring = start->store_ring;
	store->port = start->store_port;
	return 0;
}

long pv_store_read(struct pv_store *store, uint32_t transaction, const char *path, char *buf,
		   size_t size)
{
	struct part part = part_string(path);
	long length = request(store, XS_READ, transaction, &part, 1, buf, size - 1);

	if (length >= 0)
		buf[length] = 0;
	return length;
}

long pv_store_list(struct pv_store *store, uint32_t transaction, const char *path, char *buf,
		   size_t size)
{
	struct part part = part_string(path);

	return request(store, XS_DIRECTORY, transaction, &part, 1, buf, size);
}

int pv_store_write(struct pv_store *store, uint32_t transaction, const char *path,
		   const char *value)
{
	struct part parts[] = { part_string(path), { value, strlen(value) } };

	return (int)request(store, XS_WRITE, transaction, parts, 2, NULL, 0);
}

int pv_store_mkdir(struct pv_store *store, uint32_t transaction, const char *path)
{
	struct part part = part_string(path);

	return (int)request(store, XS_MKDIR, transaction, &part, 1, NULL, 0);
}

int pv_store_remove(struct pv_store *store, uint32_t transaction, const char *path)
{
	struct part part = part_string(path);

	return (int)request(store, XS_RM, transaction, &part, 1, NULL, 0);
}

int pv_store_begin(struct pv_store *store, uint32_t *transaction)
{
	struct part part = part_string("");
	char number[16];
	uint64_t value;
	long length = request(store, XS_TRANSACTION_START, PV_STORE_NO_TRANSACTION, &part, 1,
			      number, sizeof(number) - 1);

	if (length < 0)
		return (int)length;
	number[length] = 0;
	if (pv_parse_u64(number, &value) || !value || value > UINT32_MAX)
		return -XEN_EIO;
	*transaction = (uint32_t)value;
	return 0;
}

int pv_store_end(struct pv_store *store, uint32_t transaction, bool commit)
{
	struct part part = part_string(commit ? "T" : "F");

	return (int)request(store, XS_TRANSACTION_END, transaction, &part, 1, NULL, 0);
}

int pv_store_watch(struct pv_store *store, const char *path, const char *token)
{
	struct part parts[] = { part_string(path), part_string(token) };

	return (int)request(store, XS_WATCH, PV_STORE_NO_TRANSACTION, parts, 2, NULL, 0);
}

int pv_store_unwatch(struct pv_store *store, const char *path, const char *token)
{
	struct part parts[] = { part_string(path), part_string(token) };

	return (int)request(store, XS_UNWATCH, PV_STORE_NO_TRANSACTION, parts, 2, NULL, 0);
}

/* Without a request open, the ring can only hold watch events. */
static int events_receive(struct pv_store *store)
{
	while (PV_READ_ONCE(store->ring->rsp_prod) != store->ring->rsp_cons) {
		struct xsd_sockmsg header;
		int rc = bytes_receive(store, &header, sizeof(header));

		if (!rc)
			rc = header.type == XS_WATCH_EVENT && header.len <= XENSTORE_PAYLOAD_MAX
				     ? event_keep(store, header.len)
				     : -XEN_EIO;
		if (rc)
			return rc;
	}
	return 0;
}

int pv_store_event(struct pv_store *store, char *path, size_t path_size, char *token,
		   size_t token_size)
{
	size_t path_length, length;
	int rc = events_receive(store);

	if (rc)
		return rc;
	if (!store->used)
		return 0;
	path_length = strlen(store->events) + 1;
	length = path_length + strlen(store->events + path_length) + 1;
	strlcpy(path, store->events, path_size);
	strlcpy(token, store->events + path_length, token_size);
	memmove(store->events, store->events + length, store->used - length);
	store->used -= (unsigned int)length;
	return 1;
}
