/* SPDX-License-Identifier: MIT */
/*
 * dom0's kernel file: the ELF image inside it, unpacked.
 *
 * A bzImage (Linux: Documentation/arch/x86/boot.rst) has a real-mode part of setup_sects sectors, then
 * code that stands at a place which payload_offset counts from. The payload is compressed and ends with the
 * length of the result, which gzip writes itself and Linux's build appends for all others.
 * The decoders (unpack_decode.c) are compiled with SSE: while they run, the CPU may execute it. No guest
 * exists yet, so nobody's registers are lost.
 */
#include <pv/asm.h>
#include <pv/build.h>
#include <pv/frame.h>
#include <pv/lib.h>

#include "unpack.h"

#define BZ_SETUP_SECTS 0x1f1
#define BZ_MAGIC 0x202
#define BZ_VERSION 0x206
#define BZ_PAYLOAD_OFFSET 0x248
#define BZ_PAYLOAD_LENGTH 0x24c
#define BZ_HEADER_END 0x250
#define BZ_VERSION_MIN 0x208 /* the first with a payload */
#define SECTOR 512U
#define SETUP_SECTS_DEFAULT 4U
#define LENGTH_BYTES 4U
#define RESULT_MAX (1UL << 30)

#define CR0_EM (1UL << 2)
#define CANARY_OFFSET 0x28

struct format {
	const char *name;
	const char *magic;
	unsigned int magic_size, trailer; /* bytes behind the stream */
	const char *(*unpack)(const struct payload *p);
};

static const struct format formats[] = {
	{"gzip", "\x1f\x8b", 2, 0, unpack_gzip},
	{"xz", "\xfd" "7zXZ", 6, LENGTH_BYTES, unpack_xz},
	{"zstd", "\x28\xb5\x2f\xfd", 4, LENGTH_BYTES, unpack_zstd},
	{"bzip2", "BZh", 3, 0, NULL},
	{"LZMA (old form)", "\x5d\0\0", 3, 0, NULL},
	{"LZO", "\x89LZO", 4, 0, NULL},
	{"LZ4", "\x02\x21\x4c\x18", 4, 0, NULL},
};

/* Where compiled-in stack protection of the decoders looks for its canary. */
static INIT_DATA ALIGNED(64) u64 canary_page[16];
static INIT_DATA char complaint[96];

static INIT_TEXT u32 read_u32(const u8 *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (u32)p[3] << 24;
}

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
			 "the bzImage says that it unpacks to %lu bytes; at most %lu are accepted", size, RESULT_MAX);
		return complaint;
	}
	out->size = size;
	out->order = 0;
	while (PAGE_SIZE << out->order < size)
		out->order++;
	out->mem = frame_alloc((unsigned int)out->order, FRAME_BELOW_ANY);
	if (mfn_eq(out->mem, MFN_NONE)) {
		snprintf(complaint, sizeof(complaint), "no %lu MiB of contiguous memory to unpack it",
			 PAGE_SIZE << out->order >> 20);
		out->order = -1;
		return complaint;
	}
	out->elf = mfn_va(out->mem);
	return NULL;
}

/* Constructors of the libraries: liblzma chooses its CRC64 by one. */
static INIT_TEXT void construct(void)
{
	for (void (**fn)(void) = unpackers_init; fn < unpackers_init_end; fn++)
		(*fn)();
}

static INIT_TEXT const char *run(const struct format *f, const struct payload *p)
{
	u64 cr0 = read_cr0(), cr4 = read_cr4(), fs = rdmsr(MSR_FS_BASE);
	const char *why;

	canary_page[CANARY_OFFSET / sizeof(u64)] = rdtsc() << 8; /* its first byte is a NUL */
	wrmsr(MSR_FS_BASE, (u64)canary_page);
	write_cr4(cr4 | CR4_OSFXSR | CR4_OSXMMEXCPT);
	write_cr0(cr0 & ~(CR0_TS | CR0_EM));
	construct();
	why = f->unpack(p);
	write_cr0(cr0);
	write_cr4(cr4);
	wrmsr(MSR_FS_BASE, fs);
	unpack_memory_free();
	return why;
}

static INIT_TEXT const char *unpack_payload(struct payload *p, struct unpacked *out)
{
	const struct format *f = find_format(p);
	const char *why;

	if (!f)
		return "the bzImage is compressed in an unknown way (gzip, xz and zstd are known)";
	if (!f->unpack) {
		snprintf(complaint, sizeof(complaint),
			 "the bzImage is compressed with %s; only gzip, xz and zstd are known", f->name);
		return complaint;
	}
	why = allocate(read_u32(p->data + p->size - LENGTH_BYTES), out);
	if (why)
		return why;
	p->size -= f->trailer;
	p->out = mfn_va(out->mem);
	p->out_size = out->size;
	why = run(f, p);
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

	*out = (struct unpacked){.elf = image, .size = size, .mem = MFN_NONE, .order = -1};
	if (elf_probe(image, size))
		return NULL;
	why = find_payload(image, size, &p);
	return why ? why : unpack_payload(&p, out);
}
