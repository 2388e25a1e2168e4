/* SPDX-License-Identifier: MIT */
/* bzimage.c - reads the header of a bzImage (see bzimage.h). */
#include <image/bzimage.h>

/* The header's fields, as the boot protocol numbers them. */
enum {
	SETUP_SECTS = 0x1f1,
	MAGIC = 0x202,
	PROTOCOL = 0x206,
	VERSION_TEXT = 0x20e, /* its offset, less VERSION_BASE */
	PAYLOAD_OFFSET = 0x248,
	PAYLOAD_LENGTH = 0x24c,
	VERSION_BASE = 0x200,
	PROTOCOL_WITH_PAYLOAD = 0x208,
	SETUP_SECTS_DEFAULT = 4,
	SECTOR = 512,
	LENGTH_BYTES = 4,
};

static uint32_t load(const uint8_t *bytes, unsigned int count)
{
	uint32_t value = 0;

	while (count--)
		value = value << 8 | bytes[count];
	return value;
}

bool bzimage_probe(const void *file, size_t size)
{
	return size >= BZIMAGE_HEADER_BYTES &&
	       load((const uint8_t *)file + MAGIC, 4) == 0x53726448; /* "HdrS" */
}

enum bzimage_status bzimage_payload(const void *file, size_t size, const uint8_t **payload,
				    size_t *length)
{
	const uint8_t *head = file;
	uint64_t start, count;

	if (!bzimage_probe(file, size))
		return BZIMAGE_OTHER;
	if (load(head + PROTOCOL, 2) < PROTOCOL_WITH_PAYLOAD)
		return BZIMAGE_OLD;
	start = head[SETUP_SECTS] ? head[SETUP_SECTS] : SETUP_SECTS_DEFAULT;
	start = (start + 1) * SECTOR + load(head + PAYLOAD_OFFSET, 4);
	count = load(head + PAYLOAD_LENGTH, 4);
	if (start > size || count > size - start)
		return BZIMAGE_TRUNCATED;
	if (count <= 2 * LENGTH_BYTES)
		return BZIMAGE_EMPTY;
	*payload = head + start;
	*length = count;
	return BZIMAGE_OK;
}

uint32_t bzimage_unpacked(const uint8_t *payload, size_t length)
{
	return load(payload + length - LENGTH_BYTES, LENGTH_BYTES);
}

size_t bzimage_version(const void *file, size_t size)
{
	const uint8_t *head = file;
	size_t at;

	if (!bzimage_probe(file, size) || !load(head + VERSION_TEXT, 2))
		return 0;
	at = VERSION_BASE + load(head + VERSION_TEXT, 2);
	return at < size ? at : 0;
}

const char *bzimage_status_text(enum bzimage_status status)
{
	switch (status) {
	case BZIMAGE_OK: return "a bzImage";
	case BZIMAGE_OTHER: return "neither an ELF file nor a bzImage";
	case BZIMAGE_OLD: return "a bzImage older than boot protocol 2.08";
	case BZIMAGE_TRUNCATED: return "truncated: the bzImage's payload lies beyond its end";
	case BZIMAGE_EMPTY: return "the bzImage has no payload";
	}
	return "unknown";
}
