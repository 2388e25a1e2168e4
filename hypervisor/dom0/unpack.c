/* SPDX-License-Identifier: MIT */
/*
 * dom0's kernel file: the ELF image inside it, unpacked.
 *
 * A bzImage (Linux: Documentation/arch/x86/boot.rst) has a real-mode part of setup_sects sectors,
 * then code that stands at a place which payload_offset counts from. The payload is compressed and
 * ends with the length of the result, which gzip writes itself and Linux's build appends for all
 * others.
 */
#include <dom0/build.h>
#include <core/frame.h>
#include <core/lib.h>

#include "unpack.h"

#define BZ_SETUP_SECTS      0x1f1
#define BZ_MAGIC            0x202
#define BZ_VERSION          0x206
#define BZ_PAYLOAD_OFFSET   0x248
#define BZ_PAYLOAD_LENGTH   0x24c
#define BZ_HEADER_END       0x250
#define BZ_VERSION_MIN      0x208 /* the first with a payload */
#define SECTOR              512U
#define SETUP_SECTS_DEFAULT 4U
#define LENGTH_BYTES        4U
#define RESULT_MAX          (1UL << 30)

struct format {
	const char *name;
	const char *magic;
	unsigned int magic_size, trailer; /* bytes behind the stream */
	const char *(*unpack)(const struct payload *p);
};

static const struct format formats[] = {
	{ "gzip", "\x1f\x8b", 2, 0, unpack_gzip },
	{ "xz",
	  "\xfd"
	  "7zXZ",
	  6, LENGTH_BYTES, unpack_xz },
	{ "zstd", "\x28\xb5\x2f\xfd", 4, LENGTH_BYTES, unpack_zstd },
	{ "bzip2", "BZh", 3, 0, NULL },
	{ "LZMA (old form)", "\x5d\0\0", 3, 0, NULL },
	{ "LZO", "\x89LZO", 4, 0, NULL },
	{ "LZ4", "\x02\x21\x4c\x18", 4, 0, NULL },
};

static INIT_DATA char complaint[96];

static INIT_TEXT const char *find_payload(const u8 *image, size_t size, struct payload *p)
{
	size_t start, length;
	unsigned int sects;

	if (size < BZ_HEADER_END || memcmp(image + BZ_MAGIC, "HdrS", 4))
		return "neither an ELF file nor a bzImage";
	if ((image[BZ_VERSION] | image[BZ_VERSION + 1] << 8) < BZ_VERSION_MIN)
		return "a bzImage of a boot protocol before 2.08, which has no payload to unpack";
	sects = image[BZ_SETUP_SECTS] ? image[BZ_SETUP_SECTS] : SETUP_SECTS_DEFAULT;
	start = (sects + 1) * SECTOR + (size_t)read_u32(image + BZ_PAYLOAD_OFFSET);
	length = read_u32(image + BZ_PAYLOAD_LENGTH);
	if (start > size || length > size - start)
		return "the bzImage is truncated: its payload ends behind the end of the file";
	if (length <= 2 * LENGTH_BYTES)
		return "the bzImage has no payload";
	p->data = image + start;
	p->size = length;
	return NULL;
}

static INIT_TEXT const struct format *find_format(const struct payload *p)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(formats); i++)
		if (p->size > formats[i].magic_size &&
		    !memcmp(p->data, formats[i].magic, formats[i].magic_size))
			return &formats[i];
	return NULL;
}

static INIT_TEXT const char *allocate(size_t size, struct unpacked *out)
{
	if (!size || size > RESULT_MAX) {
		snprintf(complaint, sizeof(complaint),
			 "the bzImage says that it unpacks to %lu bytes; at most %lu are accepted",
			 size, RESULT_MAX);
		return complaint;
	}
	out->size = size;
	out->order = 0;
	while (PAGE_SIZE << out->order < size)
		out->order++;
	out->mem = frame_alloc((unsigned int)out->order, FRAME_BELOW_ANY);
	if (mfn_eq(out->mem, MFN_NONE)) {
		snprintf(complaint, sizeof(complaint),
			 "no %lu MiB of contiguous memory to unpack it",
			 PAGE_SIZE << out->order >> 20);
		out->order = -1;
		return complaint;
	}
	out->elf = mfn_va(out->mem);
	return NULL;
}

static INIT_TEXT const char *unpack_payload(struct payload *p, struct unpacked *out)
{
	const struct format *f = find_format(p);
	const char *why;

	if (!f)
		return "the bzImage is compressed in an unknown way (gzip, xz and zstd are known)";
	if (!f->unpack) {
		snprintf(complaint, sizeof(complaint),
			 "the bzImage is compressed with %s; only gzip, xz and zstd are known",
			 f->name);
		return complaint;
	}
	why = allocate(read_u32(p->data + p->size - LENGTH_BYTES), out);
	if (why)
		return why;
	p->size -= f->trailer;
	p->out = mfn_va(out->mem);
	p->out_size = out->size;
	why = unpack_run(f->unpack, p);
	if (why) {
		frame_free(out->mem, (unsigned int)out->order);
		out->order = -1;
		snprintf(complaint, sizeof(complaint), "%s: %s", f->name, why);
		return complaint;
	}
	return NULL;
}

INIT_TEXT const char *unpack_kernel(const void *image, size_t size, struct unpacked *out)
{
	struct payload p;
	const char *why;

	*out = (struct unpacked){ .elf = image, .size = size, .mem = MFN_NONE, .order = -1 };
	if (elf_probe(image, size))
		return NULL;
	why = find_payload(image, size, &p);
	return why ? why : unpack_payload(&p, out);
}
