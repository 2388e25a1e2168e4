/* SPDX-License-Identifier: MIT */
/*
 * gzip and zstd by the distribution's own static libraries, which exist in the image during boot
 * only: Makefile.inc links them into one object whose sections go to .boot.*. (xz.c has xz.)
 *
 * They are compiled with SSE and stack protection, so while they run the CPU may execute the one,
 * and behind FS stands a canary for the other. No guest exists yet, so nobody's registers are lost.
 * They call here for memory: small pieces come from chunks, large ones are frames of their own;
 * nothing is given back before the end. Their frames stay under 5 KiB in all, measured.
 */
#include <zlib.h>
#define ZSTD_DISABLE_DEPRECATE_WARNINGS
#include <zstd.h>

#include <x86/asm.h>
#include <dom0/build.h>
#include <core/frame.h>
#include <core/lib.h>
#include <core/printk.h>

#include "unpack.h"

#define BLOCKS_MAX    32
#define CHUNK_ORDER   7U
#define CHUNK_SIZE    (PAGE_SIZE << CHUNK_ORDER)
#define LARGE         (CHUNK_SIZE / 4)
#define MEMORY_ALIGN  16
#define GZIP_WINDOW   (16 + MAX_WBITS) /* with the header of a gzip file */

#define CR0_EM        (1UL << 2)
#define CANARY_OFFSET 0x28

/* What the libraries expect of a C library; memcpy and its like are in core/lib.c. */
void *malloc(size_t size);
void *calloc(size_t n, size_t size);
void free(void *p);
void __stack_chk_fail(void) NORETURN;
/* libzstd's hooks for tracing, weak there. */
unsigned long long ZSTD_trace_decompress_begin(const ZSTD_DCtx *d);
void ZSTD_trace_decompress_end(unsigned long long id, const void *trace);

static INIT_DATA ALIGNED(64) u64 canary_page[16];
static INIT_DATA struct {
	struct {
		mfn_t mem;
		unsigned int order;
	} block[BLOCKS_MAX];
	unsigned int blocks;
	char *chunk;
	size_t used;
} memory;

static INIT_TEXT void *new_block(unsigned int order)
{
	mfn_t m;

	if (memory.blocks == BLOCKS_MAX)
		return NULL;
	m = frame_alloc(order, FRAME_BELOW_ANY);
	if (mfn_eq(m, MFN_NONE))
		return NULL;
	memory.block[memory.blocks].mem = m;
	memory.block[memory.blocks++].order = order;
	return mfn_va(m);
}

static INIT_TEXT void *large_block(size_t size)
{
	unsigned int order = 0;

	while (order <= FRAME_MAX_ORDER && PAGE_SIZE << order < size)
		order++;
	return order <= FRAME_MAX_ORDER ? new_block(order) : NULL;
}

INIT_TEXT void *malloc(size_t size)
{
	char *p;

	if (size >= LARGE)
		return large_block(size);
	size = ROUND_UP(size, MEMORY_ALIGN);
	if (!memory.chunk || size > CHUNK_SIZE - memory.used) {
		memory.chunk = new_block(CHUNK_ORDER);
		memory.used = 0;
	}
	if (!memory.chunk)
		return NULL;
	p = memory.chunk + memory.used;
	memory.used += size;
	return p;
}

INIT_TEXT void *calloc(size_t n, size_t size)
{
	if (size && n > ~0UL / size)
		return NULL;
	return malloc(n * size); /* frames come zeroed, and nothing is handed out twice */
}

INIT_TEXT void free(void *p)
{
	(void)p;
}

INIT_TEXT void __stack_chk_fail(void)
{
	panic("dom0 kernel: a decoder overran its stack frame");
}

INIT_TEXT unsigned long long ZSTD_trace_decompress_begin(const ZSTD_DCtx *d)
{
	(void)d;
	return 0; /* not to be traced, so that the end is not called */
}

INIT_TEXT void ZSTD_trace_decompress_end(unsigned long long id, const void *trace)
{
	(void)id;
	(void)trace;
}

static INIT_TEXT void memory_free(void)
{
	while (memory.blocks) {
		memory.blocks--;
		frame_free(memory.block[memory.blocks].mem, memory.block[memory.blocks].order);
	}
	memory.chunk = NULL;
}

INIT_TEXT const char *unpack_run(const char *(*unpack)(const struct payload *p),
				 const struct payload *p)
{
	u64 cr0 = read_cr0(), cr4 = read_cr4(), fs = rdmsr(MSR_FS_BASE);
	const char *why;

	canary_page[CANARY_OFFSET / sizeof(u64)] = rdtsc() << 8; /* its first byte is a NUL */
	wrmsr(MSR_FS_BASE, (u64)canary_page);
	write_cr4(cr4 | CR4_OSFXSR | CR4_OSXMMEXCPT);
	write_cr0(cr0 & ~(CR0_TS | CR0_EM));
	why = unpack(p);
	write_cr0(cr0);
	write_cr4(cr4);
	wrmsr(MSR_FS_BASE, fs);
	memory_free();
	return why;
}

INIT_TEXT const char *unpack_gzip(const struct payload *p)
{
	z_stream z = {
		.next_in = (z_const Bytef *)p->data,
		.avail_in = (uInt)p->size,
		.next_out = p->out,
		.avail_out = (uInt)p->out_size,
	};
	int rc = inflateInit2(&z, GZIP_WINDOW);

	if (rc == Z_OK)
		rc = inflate(&z, Z_FINISH);
	if (rc == Z_MEM_ERROR)
		return "no memory";
	if (rc != Z_STREAM_END)
		return "the compressed data are damaged";
	return z.avail_out ? "the data are shorter than the bzImage says" : NULL;
}

INIT_TEXT const char *unpack_zstd(const struct payload *p)
{
	size_t n = ZSTD_decompress(p->out, p->out_size, p->data, p->size);

	if (ZSTD_isError(n))
		return "the compressed data are damaged, or there is no memory";
	return n != p->out_size ? "the data are shorter than the bzImage says" : NULL;
}
