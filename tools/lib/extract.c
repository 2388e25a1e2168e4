/* SPDX-License-Identifier: MIT */
/* extract.c - from a kernel file to its ELF form (see extract.h). */
#include <errno.h>
#include <image/bzimage.h>
#include <image/elf.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "extract.h"
#include "unpack.h"

/* What of a payload states its unpacked size. */
#define STATED_BYTES 4

/* One layer: a range of a file, and what bounds that which comes out of it. */
struct layer {
	struct unpack unpack; /* first: progress() finds the layer by it */
	const struct extract_limits *limits;
	struct extract_report *report;
	uint64_t start;
	uint64_t stated; /* by the bzImage, or UINT64_MAX */
	bool measured;   /* what the ELF header says is known */
};

static int give_up(struct extract_report *report, enum extract_verdict verdict)
{
	report->verdict = verdict;
	return -EINVAL;
}

static uint64_t room_in_domain(const struct extract_limits *limits)
{
	return limits->domain > EXTRACT_ROOM_MIN ? limits->domain : EXTRACT_ROOM_MIN;
}

/* Gives up if so many bytes are more than the domain or this machine could hold. */
static int check_room(const struct layer *layer, uint64_t bytes)
{
	layer->report->bytes = bytes;
	if (bytes > room_in_domain(layer->limits))
		return give_up(layer->report, EXTRACT_OVER_DOMAIN);
	if (bytes > layer->limits->memory)
		return give_up(layer->report, EXTRACT_OVER_MEMORY);
	return 0;
}

/* Once the ELF header is there it says how much is worth keeping, and what it will take: the
 * sections are kept as long as there is room, since few kernels need them. */
static int measure(struct layer *layer, const struct elf_extent *extent)
{
	struct unpack *unpack = &layer->unpack;
	uint64_t keep = extent->file <= unpack->room ? extent->file : extent->segments;
	int ret = check_room(layer, extent->memory);

	layer->measured = true;
	/* A file part that cannot be is for the ELF reader to name. */
	if (ret || keep > EXTRACT_KERNEL_MAX)
		return ret;
	if (keep > unpack->room)
		return check_room(layer, keep);
	unpack->room = keep > unpack->done ? keep : unpack->done;
	return 0;
}

static int watch(struct unpack *unpack)
{
	struct layer *layer = (struct layer *)unpack;
	struct elf_extent extent;

	if (layer->measured)
		return 0;
	if (unpack->done > unpack->room)
		return check_room(layer, unpack->done);
	return elf_measure(unpack->out, unpack->done, &extent) ? measure(layer, &extent) : 0;
}

static int verdict_of(const struct layer *layer, int ret)
{
	struct extract_report *report = layer->report;

	switch (ret) {
	case 0: return 0;
	case -EILSEQ: return give_up(report, EXTRACT_DAMAGED);
	case -ENODATA: return give_up(report, EXTRACT_TRUNCATED);
	case -EOPNOTSUPP: return give_up(report, EXTRACT_NOT_UNPACKED);
	case -ENOMEM: return give_up(report, EXTRACT_NO_MEMORY);
	case -EFBIG:
		report->bytes = layer->stated;
		return give_up(report, layer->unpack.max < EXTRACT_KERNEL_MAX ? EXTRACT_OVER_STATED
									      : EXTRACT_TOO_LARGE);
	default:
		if (report->verdict == EXTRACT_OK) {
			report->errnum = -ret;
			report->verdict = EXTRACT_READ;
		}
		return ret;
	}
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static int unpack_into(struct layer *layer, const struct unpack_format *format, int to)
{
	struct unpack *unpack = &layer->unpack;
	uint64_t room;
	int ret;

	snprintf(layer->report->format, sizeof(layer->report->format), "%s", format->name);
	unpack->max = least(EXTRACT_KERNEL_MAX, layer->stated);
	room = least(unpack->max, least(room_in_domain(layer->limits), layer->limits->memory));
	unpack->room = room;
	unpack->progress = watch;
	if (!room || ftruncate(to, (off_t)room))
		return give_up(layer->report, EXTRACT_NO_MEMORY);
	unpack->out = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_SHARED, to, 0);
	if (unpack->out == MAP_FAILED)
		return give_up(layer->report, EXTRACT_NO_MEMORY);
	ret = verdict_of(layer, unpack_run(unpack, format));
	munmap(unpack->out, room);
	if (!ret && ftruncate(to, (off_t)least(unpack->done, unpack->room)))
		ret = give_up(layer->report, EXTRACT_NO_MEMORY);
	return ret;
}

static bool read_at(const struct layer *layer, uint64_t at, void *bytes, size_t size)
{
	return at + size <= layer->unpack.end &&
	       pread(layer->unpack.fd, bytes, size, (off_t)at) == (ssize_t)size;
}

/* Narrows the layer to the packed kernel inside a bzImage. Its header is read where it stands: the
 * payload is an address that is only counted from. */
static int enter_bzimage(struct layer *layer, const uint8_t *header)
{
	struct unpack *unpack = &layer->unpack;
	uint8_t stated[STATED_BYTES];
	const uint8_t *payload;
	size_t length;

	layer->report->bzimage = bzimage_payload(header, unpack->end, &payload, &length);
	if (layer->report->bzimage)
		return give_up(layer->report, EXTRACT_BAD_BZIMAGE);
	unpack->at = layer->start = (uint64_t)(payload - header);
	unpack->end = unpack->at + length;
	if (!read_at(layer, unpack->end - sizeof(stated), stated, sizeof(stated)))
		return give_up(layer->report, EXTRACT_TRUNCATED);
	layer->stated = bzimage_unpacked(stated, sizeof(stated));
	return 0;
}

static const struct unpack_format *format_at(const struct layer *layer)
{
	uint8_t magic[UNPACK_MAGIC_MAX] = { 0 };

	if (!read_at(layer, layer->start, magic,
		     least(sizeof(magic), layer->unpack.end - layer->start)))
		return NULL;
	if (elf_probe(magic, sizeof(magic)))
		return &unpack_stored;
	return unpack_probe(magic, sizeof(magic));
}

/* Peels one layer of what `from` holds into `to`. */
static int peel(struct layer *layer, int to)
{
	uint8_t header[BZIMAGE_HEADER_BYTES];
	const struct unpack_format *format;
	bool bzimage = read_at(layer, 0, header, sizeof(header)) &&
		       bzimage_probe(header, sizeof(header));
	int ret = bzimage ? enter_bzimage(layer, header) : 0;

	if (ret)
		return ret;
	format = format_at(layer);
	if (!format)
		return give_up(layer->report, bzimage ? EXTRACT_UNKNOWN_PAYLOAD : EXTRACT_UNKNOWN);
	/* A kernel that is not packed has no size stated behind it. */
	if (format == &unpack_stored)
		layer->stated = UINT64_MAX;
	else if (bzimage && check_room(layer, layer->stated))
		return -EINVAL;
	return unpack_into(layer, format, to);
}

static int open_layer(struct layer *layer, int from)
{
	struct stat st;

	if (fstat(from, &st) || !S_ISREG(st.st_mode))
		return give_up(layer->report, EXTRACT_NOT_REGULAR);
	if (!st.st_size)
		return give_up(layer->report, EXTRACT_EMPTY);
	if ((uint64_t)st.st_size > EXTRACT_FILE_MAX)
		return give_up(layer->report, EXTRACT_FILE_TOO_LARGE);
	layer->unpack.fd = from;
	layer->unpack.end = (uint64_t)st.st_size;
	layer->stated = UINT64_MAX;
	return 0;
}

static bool is_elf(int fd)
{
	uint8_t magic[4];

	return pread(fd, magic, sizeof(magic), 0) == sizeof(magic) &&
	       elf_probe(magic, sizeof(magic));
}

void extract(int from, const int *to, const struct extract_limits *limits,
	     struct extract_report *report)
{
	unsigned int i;

	*report = (struct extract_report){ .verdict = EXTRACT_OK };
	for (i = 0; i < EXTRACT_LAYERS; i++) {
		struct layer layer = { .limits = limits, .report = report };

		if (open_layer(&layer, i ? to[i - 1] : from) || peel(&layer, to[i]))
			return;
		report->result = i;
		if (is_elf(to[i]))
			return;
	}
	give_up(report, EXTRACT_UNKNOWN);
}
