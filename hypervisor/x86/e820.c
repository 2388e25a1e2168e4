/* SPDX-License-Identifier: MIT */
/*
 * The machine's memory map, and who has what of RAM before the frame allocator runs: a short list
 * of reserved ranges (image, modules, low memory, early tables), out of whose gaps memory is handed
 * out from the top down.
 */
#include <core/frame.h>
#include <core/lib.h>
#include <x86/machine.h>
#include <core/printk.h>
#include <x86/x86.h>

#define RESERVED_MAX 64

static struct range {
	paddr_t start, end;
} reserved[RESERVED_MAX];
static unsigned int reserved_count;

static void INIT_TEXT sort(struct e820_range *r, unsigned int n)
{
	for (unsigned int i = 1; i < n; i++)
		for (unsigned int j = i; j && r[j].start < r[j - 1].start; j--) {
			struct e820_range t = r[j];

			r[j] = r[j - 1];
			r[j - 1] = t;
		}
}

static void INIT_TEXT append(struct e820_range *out, unsigned int *n, paddr_t start, paddr_t end,
			     u32 type)
{
	struct e820_range *last = *n ? &out[*n - 1] : NULL;

	if (start >= end)
		return;
	if (last && last->type == type && last->start + last->size == start) {
		last->size += end - start;
		return;
	}
	if (*n < E820_MAX)
		out[(*n)++] = (struct e820_range){ start, end - start, type };
}

/* What a byte is: the highest type of all ranges that claim it; 0 for none. */
static u32 INIT_TEXT type_at(const struct e820_range *r, unsigned int n, paddr_t at)
{
	u32 type = 0;

	for (unsigned int i = 0; i < n; i++)
		if (at - r[i].start < r[i].size && r[i].type > type)
			type = r[i].type;
	return type;
}

static paddr_t INIT_TEXT next_edge(const struct e820_range *r, unsigned int n, paddr_t after)
{
	paddr_t edge = ~0UL;

	for (unsigned int i = 0; i < n; i++) {
		paddr_t end = r[i].start + r[i].size;

		if (r[i].start > after && r[i].start < edge)
			edge = r[i].start;
		if (end > after && end < edge)
			edge = end;
	}
	return edge;
}

void INIT_TEXT e820_finish(void)
{
	static struct e820_range out[E820_MAX] __attribute__((section(".init.data")));
	unsigned int n = 0, count = boot.e820_count;
	paddr_t at = 0;

	for (;;) {
		u32 type = type_at(boot.e820, count, at);
		paddr_t edge = next_edge(boot.e820, count, at);

		if (edge == ~0UL)
			break;
		if (type)
			append(out, &n, at, edge, type);
		at = edge;
	}
	sort(out, n);
	memcpy(boot.e820, out, sizeof(out));
	boot.e820_count = n;
}

static const char *type_name(u32 type)
{
	static const char *const names[] = { "?",           "RAM",      "reserved",
					     "ACPI tables", "ACPI NVS", "unusable" };

	return type < ARRAY_SIZE(names) ? names[type] : names[0];
}

void INIT_TEXT e820_print(void)
{
	for (unsigned int i = 0; i < boot.e820_count; i++) {
		const struct e820_range *r = &boot.e820[i];

		pr_info("  %016lx-%016lx %s\n", r->start, r->start + r->size - 1,
			type_name(r->type));
	}
}

bool e820_is_ram(paddr_t start, u64 size)
{
	for (unsigned int i = 0; i < boot.e820_count; i++) {
		const struct e820_range *r = &boot.e820[i];

		if (r->type == E820_RAM_HV && start >= r->start && start - r->start < r->size)
			return size <= r->size - (start - r->start);
	}
	return false;
}

paddr_t INIT_TEXT e820_ram_end(void)
{
	paddr_t end = 0;

	for (unsigned int i = 0; i < boot.e820_count; i++)
		if (boot.e820[i].type == E820_RAM_HV)
			end = MAX(end, boot.e820[i].start + boot.e820[i].size);
	return end;
}

/* Takes a neighbour out of the list and answers its far end, so that tables side by side are one
 * range. */
static paddr_t INIT_TEXT absorb(paddr_t edge, bool above)
{
	for (unsigned int i = 0; i < reserved_count; i++) {
		struct range r = reserved[i];

		if ((above ? r.start : r.end) != edge)
			continue;
		reserved[i] = reserved[--reserved_count];
		return above ? r.end : r.start;
	}
	return edge;
}

void INIT_TEXT early_reserve(paddr_t start, u64 size)
{
	paddr_t end = ROUND_UP(start + size, PAGE_SIZE);

	start = ROUND_DOWN(start, PAGE_SIZE);
	if (start == end)
		return;
	end = absorb(end, true);
	start = absorb(start, false);
	if (reserved_count == RESERVED_MAX)
		panic("more than %d pieces of reserved memory", RESERVED_MAX);
	reserved[reserved_count++] = (struct range){ start, end };
}

/* A reserved range that [start, end) touches. */
static const struct range *INIT_TEXT clash(paddr_t start, paddr_t end)
{
	for (unsigned int i = 0; i < reserved_count; i++)
		if (start < reserved[i].end && reserved[i].start < end)
			return &reserved[i];
	return NULL;
}

static paddr_t INIT_TEXT fit(paddr_t start, paddr_t end, u64 size, u64 align)
{
	while (end >= size && end - size >= start) {
		paddr_t at = ROUND_DOWN(end - size, align);
		const struct range *r = clash(at, at + size);

		if (at < start)
			return 0;
		if (!r)
			return at;
		end = r->start;
	}
	return 0;
}

paddr_t INIT_TEXT early_alloc(u64 size, u64 align, paddr_t below)
{
	for (unsigned int i = boot.e820_count; i--;) {
		const struct e820_range *r = &boot.e820[i];
		paddr_t at;

		if (r->type != E820_RAM_HV)
			continue;
		at = fit(MAX(ROUND_UP(r->start, PAGE_SIZE), LOW_MEMORY),
			 MIN(ROUND_DOWN(r->start + r->size, PAGE_SIZE), below), size, align);
		if (!at)
			continue;
		early_reserve(at, size);
		memset(paddr_va(at), 0, size);
		return at;
	}
	panic("no %lu KiB of RAM below %lx for the hypervisor's tables", size >> 10, below);
}

static void INIT_TEXT free_range(paddr_t start, paddr_t end, void (*free)(paddr_t, paddr_t))
{
	while (start < end) {
		const struct range *first = NULL;

		for (unsigned int i = 0; i < reserved_count; i++)
			if (reserved[i].end > start && reserved[i].start < end &&
			    (!first || reserved[i].start < first->start))
				first = &reserved[i];
		if (!first) {
			free(start, end);
			return;
		}
		if (first->start > start)
			free(start, first->start);
		start = first->end;
	}
}

void INIT_TEXT early_free_all(void (*free)(paddr_t start, paddr_t end))
{
	for (unsigned int i = 0; i < boot.e820_count; i++) {
		const struct e820_range *r = &boot.e820[i];
		paddr_t end = MIN(ROUND_DOWN(r->start + r->size, PAGE_SIZE), RAM_LIMIT);

		if (r->type == E820_RAM_HV)
			free_range(MAX(ROUND_UP(r->start, PAGE_SIZE), LOW_MEMORY), end, free);
	}
}

void INIT_TEXT early_for_each_reserved(void (*fn)(paddr_t start, paddr_t end))
{
	for (unsigned int i = 0; i < reserved_count; i++)
		fn(reserved[i].start, reserved[i].end);
}
