/* SPDX-License-Identifier: MIT */
/*
 * elf.c - reads 64-bit PV kernels in ELF form (see pv/elf.h).
 *
 * Every access to the file goes through bytes_at(), which alone decides whether a range lies within
 * it, and through the little-endian loads below it, so alignment and byte order do not matter.
 * The structures of the format are read by the offsets of the System V ABI.
 */
#include <image/elf.h>

enum {
	EHDR_SIZE = 64,
	PHDR_SIZE = 56,
	SHDR_SIZE = 64,
	NOTE_HEADER = 12,
	CLASS_32 = 1,
	CLASS_64 = 2,
	DATA_LITTLE = 1,
	TYPE_EXEC = 2,
	TYPE_DYN = 3,
	MACHINE_X86_64 = 62,
	PT_LOAD = 1,
	PT_NOTE = 4,
	SHT_NOTE = 7,
	PAGE_BYTES = 4096,
	LAST_NOTE = ELF_NOTE_PHYS32_ENTRY,
};

struct program_header {
	uint32_t type, flags;
	uint64_t offset, paddr, file_size, mem_size;
};

static const char *const status_texts[] = {
	[ELF_OK] = "ok",
	[ELF_NOT_ELF] = "not an ELF file",
	[ELF_TRUNCATED] = "truncated: a part that its headers name lies beyond the end of the file",
	[ELF_32BIT] = "a 32-bit kernel; only 64-bit PV kernels can run",
	[ELF_WRONG_MACHINE] = "not built for x86-64",
	[ELF_WRONG_TYPE] = "not an executable (ELF type is neither EXEC nor DYN)",
	[ELF_BAD_HEADER] = "damaged: program headers of unknown size",
	[ELF_BAD_SEGMENT] = "damaged: a segment's sizes or addresses are impossible",
	[ELF_NO_SEGMENT] = "nothing to load (no PT_LOAD segment)",
	[ELF_TOO_LARGE] = "its segments lie too far apart",
	[ELF_BAD_NOTE] = "damaged: a Xen note of impossible size",
	[ELF_NO_NOTES] = "not a PV kernel: no Xen notes (XEN_VERSION, ENTRY, ...) in it",
	[ELF_NO_VERSION] = "not a PV kernel: note XEN_VERSION is missing",
	[ELF_WRONG_VERSION] = "note XEN_VERSION is not \"xen-3.0\"",
	[ELF_WRONG_LOADER] = "note LOADER is not \"generic\"",
	[ELF_PVH_ONLY] = "a PVH kernel, not a PV one: PHYS32_ENTRY is there, note ENTRY missing",
	[ELF_BAD_ENTRY] = "its entry point lies outside the image",
	[ELF_BAD_HYPERCALL_PAGE] = "note HYPERCALL_PAGE does not name a page inside the image",
	[ELF_BAD_P2M] = "note INIT_P2M is not a page address",
};

const char *elf_status_text(enum elf_status status)
{
	if ((unsigned int)status >= sizeof(status_texts) / sizeof(status_texts[0]))
		return "unknown error";
	return status_texts[status];
}

/* The only door to the file: NULL unless [offset, offset + length) lies within it. */
static const uint8_t *bytes_at(const struct elf_image *image, uint64_t offset, uint64_t length)
{
	if (offset > image->size || length > image->size - offset)
		return NULL;
	return image->file + offset;
}

static uint64_t load(const uint8_t *bytes, unsigned int count)
{
	uint64_t value = 0;

	while (count--)
		value = value << 8 | bytes[count];
	return value;
}

static bool text_equal(const uint8_t *bytes, uint64_t size, const char *text)
{
	uint64_t i;

	for (i = 0; i < size; i++) {
		if (bytes[i] != (uint8_t)text[i])
			return false;
		if (!text[i])
			return true;
	}
	return false;
}

bool elf_probe(const void *file, size_t size)
{
	const uint8_t *bytes = file;

	return size >= 4 && bytes[0] == 0x7f && bytes[1] == 'E' && bytes[2] == 'L' &&
	       bytes[3] == 'F';
}

/* index < phnum; elf_open() has checked that the table lies within the file. */
static struct program_header program_header(const struct elf_image *image, unsigned int index)
{
	const uint8_t *p = image->file + image->phoff + (uint64_t)index * PHDR_SIZE;

	return (struct program_header){
		.type = (uint32_t)load(p, 4),
		.flags = (uint32_t)load(p + 4, 4),
		.offset = load(p + 8, 8),
		.paddr = load(p + 24, 8),
		.file_size = load(p + 32, 8),
		.mem_size = load(p + 40, 8),
	};
}

static enum elf_status check_ident(const uint8_t *header)
{
	if (header[4] == CLASS_32)
		return ELF_32BIT;
	if (header[4] != CLASS_64 || header[5] != DATA_LITTLE)
		return ELF_WRONG_MACHINE;
	if (load(header + 18, 2) != MACHINE_X86_64)
		return ELF_WRONG_MACHINE;
	if (load(header + 16, 2) != TYPE_EXEC && load(header + 16, 2) != TYPE_DYN)
		return ELF_WRONG_TYPE;
	return ELF_OK;
}

static enum elf_status check_segments(const struct elf_image *image)
{
	bool found = false;
	unsigned int i;

	for (i = 0; i < image->phnum; i++) {
		struct program_header p = program_header(image, i);

		if (p.type != PT_LOAD && p.type != PT_NOTE)
			continue;
		if (!bytes_at(image, p.offset, p.file_size))
			return ELF_TRUNCATED;
		if (p.type == PT_NOTE)
			continue;
		if (p.file_size > p.mem_size || p.paddr + p.mem_size < p.paddr)
			return ELF_BAD_SEGMENT;
		found = found || p.mem_size;
	}
	return found ? ELF_OK : ELF_NO_SEGMENT;
}

enum elf_status elf_open(struct elf_image *image, const void *file, size_t size)
{
	enum elf_status status;
	const uint8_t *header = file;

	if (!elf_probe(file, size))
		return ELF_NOT_ELF;
	/* A 32-bit header is shorter, so its class is looked at before the length. */
	if (size > 4 && header[4] == CLASS_32)
		return ELF_32BIT;
	if (size < EHDR_SIZE)
		return ELF_TRUNCATED;
	status = check_ident(header);
	if (status)
		return status;

	*image = (struct elf_image){
		.file = file,
		.size = size,
		.entry = load(header + 24, 8),
		.phoff = load(header + 32, 8),
		.shoff = load(header + 40, 8),
		.phnum = (uint16_t)load(header + 56, 2),
		.shnum = (uint16_t)load(header + 60, 2),
	};
	if (!image->phnum)
		return ELF_NO_SEGMENT;
	if (load(header + 54, 2) != PHDR_SIZE)
		return ELF_BAD_HEADER;
	if (!bytes_at(image, image->phoff, (uint64_t)image->phnum * PHDR_SIZE))
		return ELF_TRUNCATED;
	/* Sections are a fallback for notes only: a damaged table counts as none. */
	if (load(header + 58, 2) != SHDR_SIZE ||
	    !bytes_at(image, image->shoff, (uint64_t)image->shnum * SHDR_SIZE))
		image->shnum = 0;
	return check_segments(image);
}

static uint64_t later(uint64_t end, uint64_t offset, uint64_t size)
{
	uint64_t sum = offset + size < offset ? UINT64_MAX : offset + size;

	return sum > end ? sum : end;
}

bool elf_measure(const void *head, size_t size, struct elf_extent *extent)
{
	struct elf_image image = { .file = head, .size = size };
	unsigned int i;

	if (size < EHDR_SIZE || !elf_probe(head, size))
		return false;
	image.phoff = load(image.file + 32, 8);
	image.phnum = (uint16_t)load(image.file + 56, 2);
	if (!bytes_at(&image, image.phoff, (uint64_t)image.phnum * PHDR_SIZE))
		return false;
	*extent = (struct elf_extent){ 0 };
	for (i = 0; i < image.phnum; i++) {
		struct program_header p = program_header(&image, i);

		if (p.type == PT_LOAD || p.type == PT_NOTE)
			extent->segments = later(extent->segments, p.offset, p.file_size);
		if (p.type == PT_LOAD)
			extent->memory = later(0, extent->memory, p.mem_size);
	}
	extent->file = later(extent->segments, load(image.file + 40, 8),
			     load(image.file + 60, 2) * SHDR_SIZE);
	return true;
}

bool elf_next_segment(const struct elf_image *image, unsigned int *cursor,
		      struct elf_segment *segment)
{
	while (*cursor < image->phnum) {
		struct program_header p = program_header(image, (*cursor)++);

		if (p.type != PT_LOAD || !p.mem_size)
			continue;
		*segment = (struct elf_segment){
			.data = image->file + p.offset,
			.file_size = p.file_size,
			.mem_size = p.mem_size,
			.paddr = p.paddr,
			.flags = p.flags,
		};
		return true;
	}
	return false;
}

/* Takes the note at *offset of an area and steps over it. False at the end or at damage. */
static bool next_note(const uint8_t *area, uint64_t size, uint64_t *offset, struct elf_note *note,
		      bool *is_xen)
{
	uint64_t at = *offset, name_size, desc_size, desc_at;

	if (size < NOTE_HEADER || at > size - NOTE_HEADER)
		return false;
	name_size = load(area + at, 4);
	desc_size = load(area + at + 4, 4);
	/* Both sizes are below 2^32, so these sums cannot wrap. */
	desc_at = at + NOTE_HEADER + ((name_size + 3) & ~UINT64_C(3));
	if (desc_at > size || desc_size > size - desc_at)
		return false;
	*note = (struct elf_note){
		.type = (uint32_t)load(area + at + 8, 4),
		.size = (uint32_t)desc_size,
		.desc = area + desc_at,
	};
	*is_xen = name_size == 4 && text_equal(area + at + NOTE_HEADER, 4, "Xen");
	*offset = desc_at + ((desc_size + 3) & ~UINT64_C(3));
	return true;
}

/* Records an area's Xen notes, the last of each type; adds their types to *seen. */
static void scan_area(const uint8_t *area, uint64_t size, struct elf_note *notes, uint32_t *seen)
{
	struct elf_note note;
	uint64_t offset = 0;
	bool is_xen;

	while (next_note(area, size, &offset, &note, &is_xen)) {
		if (!is_xen || note.type > LAST_NOTE)
			continue;
		notes[note.type] = note;
		*seen |= 1u << note.type;
	}
}

static void scan_sections(const struct elf_image *image, struct elf_note *notes, uint32_t *seen)
{
	unsigned int i;

	for (i = 0; i < image->shnum; i++) {
		const uint8_t *header = image->file + image->shoff + (uint64_t)i * SHDR_SIZE;
		uint64_t size = load(header + 32, 8);
		const uint8_t *area = bytes_at(image, load(header + 24, 8), size);

		if (load(header + 4, 4) == SHT_NOTE && area)
			scan_area(area, size, notes, seen);
	}
}

/* notes has LAST_NOTE + 1 entries. Returns the set of types found. */
static uint32_t scan_notes(const struct elf_image *image, struct elf_note *notes)
{
	uint32_t seen = 0;
	unsigned int i;

	for (i = 0; i < image->phnum; i++) {
		struct program_header p = program_header(image, i);

		if (p.type == PT_NOTE)
			scan_area(image->file + p.offset, p.file_size, notes, &seen);
	}
	if (!seen)
		scan_sections(image, notes, &seen);
	return seen;
}

bool elf_find_note(const struct elf_image *image, enum elf_note_type type, struct elf_note *note)
{
	struct elf_note notes[LAST_NOTE + 1];

	if (!(scan_notes(image, notes) & (1u << type)))
		return false;
	*note = notes[type];
	return true;
}

/* Reads a number of 1, 2, 4 or 8 bytes; leaves *value alone if the note is not there. */
static bool note_number(const struct elf_note *notes, uint32_t seen, enum elf_note_type type,
			uint64_t *value)
{
	uint32_t size = notes[type].size;

	if (!(seen & (1u << type)))
		return true;
	if (size != 1 && size != 2 && size != 4 && size != 8)
		return false;
	*value = load(notes[type].desc, size);
	return true;
}

static bool note_is(const struct elf_note *notes, enum elf_note_type type, const char *text)
{
	return text_equal(notes[type].desc, notes[type].size, text);
}

/* A text note that is not NUL-terminated inside its size counts as empty. */
static const char *note_text(const struct elf_note *notes, uint32_t seen, enum elf_note_type type)
{
	const struct elf_note *note = &notes[type];

	if (!(seen & (1u << type)) || !note->size || note->desc[note->size - 1])
		return "";
	return (const char *)note->desc;
}

static enum elf_status check_identity(const struct elf_note *notes, uint32_t seen)
{
	if (!seen)
		return ELF_NO_NOTES;
	if (!(seen & (1u << ELF_NOTE_ENTRY)) && (seen & (1u << ELF_NOTE_PHYS32_ENTRY)))
		return ELF_PVH_ONLY;
	if (!(seen & (1u << ELF_NOTE_XEN_VERSION)))
		return ELF_NO_VERSION;
	if (!note_is(notes, ELF_NOTE_XEN_VERSION, "xen-3.0"))
		return ELF_WRONG_VERSION;
	if ((seen & (1u << ELF_NOTE_LOADER)) && !note_is(notes, ELF_NOTE_LOADER, "generic"))
		return ELF_WRONG_LOADER;
	return ELF_OK;
}

static bool read_numbers(const struct elf_note *notes, uint32_t seen, struct elf_pv *pv)
{
	uint64_t mod_start_pfn = 0, features = 0;

	if (!note_number(notes, seen, ELF_NOTE_ENTRY, &pv->entry) ||
	    !note_number(notes, seen, ELF_NOTE_VIRT_BASE, &pv->virt_base) ||
	    !note_number(notes, seen, ELF_NOTE_PADDR_OFFSET, &pv->paddr_offset) ||
	    !note_number(notes, seen, ELF_NOTE_HYPERCALL_PAGE, &pv->hypercall_page) ||
	    !note_number(notes, seen, ELF_NOTE_INIT_P2M, &pv->init_p2m) ||
	    !note_number(notes, seen, ELF_NOTE_HV_START_LOW, &pv->hv_start_low) ||
	    !note_number(notes, seen, ELF_NOTE_MOD_START_PFN, &mod_start_pfn) ||
	    !note_number(notes, seen, ELF_NOTE_SUPPORTED_FEATURES, &features))
		return false;
	pv->mod_start_pfn = mod_start_pfn != 0;
	pv->supported_features = (uint32_t)features;
	return true;
}

static enum elf_status measure_span(const struct elf_image *image, struct elf_pv *pv)
{
	struct elf_segment segment;
	unsigned int cursor = 0;

	pv->start = UINT64_MAX;
	while (elf_next_segment(image, &cursor, &segment)) {
		uint64_t start = segment.paddr - pv->paddr_offset;

		if (segment.paddr < pv->paddr_offset)
			return ELF_BAD_SEGMENT;
		if (start > ELF_MAX_SPAN || segment.mem_size > ELF_MAX_SPAN - start)
			return ELF_TOO_LARGE;
		if (start < pv->start)
			pv->start = start;
		if (start + segment.mem_size > pv->end)
			pv->end = start + segment.mem_size;
	}
	return ELF_OK;
}

/* The offset of va from virt_base, which must leave room for size bytes inside the image. */
static bool va_in_image(const struct elf_pv *pv, uint64_t va, uint64_t size)
{
	uint64_t at = va - pv->virt_base;

	return at >= pv->start && at <= pv->end && size <= pv->end - at;
}

enum elf_status elf_read_pv(const struct elf_image *image, struct elf_pv *pv)
{
	struct elf_note notes[LAST_NOTE + 1];
	enum elf_status status;
	uint32_t seen = scan_notes(image, notes);

	status = check_identity(notes, seen);
	if (status)
		return status;

	*pv = (struct elf_pv){
		.notes = seen,
		.entry = image->entry,
		.guest_os = note_text(notes, seen, ELF_NOTE_GUEST_OS),
	};
	if (!read_numbers(notes, seen, pv))
		return ELF_BAD_NOTE;
	status = measure_span(image, pv);
	if (status)
		return status;
	if (!va_in_image(pv, pv->entry, 1))
		return ELF_BAD_ENTRY;
	if (elf_has_note(pv, ELF_NOTE_HYPERCALL_PAGE) &&
	    ((pv->hypercall_page & (PAGE_BYTES - 1)) ||
	     !va_in_image(pv, pv->hypercall_page, PAGE_BYTES)))
		return ELF_BAD_HYPERCALL_PAGE;
	if (elf_has_note(pv, ELF_NOTE_INIT_P2M) && (pv->init_p2m & (PAGE_BYTES - 1)))
		return ELF_BAD_P2M;
	return ELF_OK;
}
