/* SPDX-License-Identifier: MIT */
/* dom0's kernel file: the ELF image inside it, unpacked. */
#include <core/frame.h>
#include <core/lib.h>
#include <dom0/build.h>
#include <image/bzimage.h>

#include "unpack.h"

#define LENGTH_BYTES 4U /* behind a stream of the packers that do not write it themselves */
#define RESULT_MAX   (1UL << 30)

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
	why = allocate(bzimage_unpacked(p->data, p->size), out);
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
	enum bzimage_status status;
	struct payload p;

	*out = (struct unpacked){ .elf = image, .size = size, .mem = MFN_NONE, .order = -1 };
	if (elf_probe(image, size))
		return NULL;
	status = bzimage_payload(image, size, &p.data, &p.size);
	return status ? bzimage_status_text(status) : unpack_payload(&p, out);
}
