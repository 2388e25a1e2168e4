/* SPDX-License-Identifier: MIT */
/* control/shutdown. */
#include <pv/control.h>
#include <pv/string.h>

#define NODE "control/shutdown"

static const struct {
	char word[12];
	enum pv_control request;
} requests[] = {
	{ "poweroff", PV_CONTROL_POWEROFF },
	{ "halt", PV_CONTROL_POWEROFF },
	{ "reboot", PV_CONTROL_REBOOT },
	{ "suspend", PV_CONTROL_SUSPEND },
};

int pv_control_watch(struct pv_store *store)
{
	return pv_store_watch(store, NODE, "shutdown");
}

static enum pv_control request_named(const char *word)
{
	for (size_t i = 0; i < PV_ARRAY_SIZE(requests); i++) {
		if (!strcmp(word, requests[i].word))
			return requests[i].request;
	}
	return PV_CONTROL_UNKNOWN;
}

/* Reading and emptying in one transaction: a request made in between is not lost. */
static int request_take(struct pv_store *store, char *word, size_t size)
{
	uint32_t transaction;
	long length;
	int rc = pv_store_begin(store, &transaction);

	if (rc)
		return rc;
	length = pv_store_read(store, transaction, NODE, word, size);
	if (length <= 0) {
		rc = pv_store_end(store, transaction, false);
		return length ? (int)length : rc;
	}
	rc = pv_store_write(store, transaction, NODE, "");
	if (rc) {
		int end = pv_store_end(store, transaction, false);

		return end ? end : rc;
	}
	return pv_store_end(store, transaction, true);
}

int pv_control_read(struct pv_store *store)
{
	char word[32];
	int rc;

	do {
		word[0] = 0;
		rc = request_take(store, word, sizeof(word));
	} while (rc == -XEN_EAGAIN);
	if (rc == -XEN_ENOENT)
		return PV_CONTROL_NONE;
	if (rc)
		return rc;
	return word[0] ? (int)request_named(word) : PV_CONTROL_NONE;
}

unsigned int pv_control_reason(enum pv_control request)
{
	switch (request) {
	case PV_CONTROL_REBOOT: return SHUTDOWN_reboot;
	case PV_CONTROL_SUSPEND: return SHUTDOWN_suspend;
	default: return SHUTDOWN_poweroff;
	}
}
