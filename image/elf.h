/* SPDX-License-Identifier: MIT */
/*
 * elf.h - 64-bit PV kernels in ELF form: program headers, segments, notes.
 *
 * The hypervisor reads dom0's kernel with this, the tools read every other domain's. Plain C over
 * (const void *, size_t): no allocation, no library call, no state. The file is hostile: every
 * offset and length is checked here against the file before it is used, arithmetic cannot wrap, and
 * what a function returned with ELF_OK stays within the file and within the image's span.
 *
 * Errors: ELF_OK or the first thing found wrong; elf_status_text() says it in words. After an error
 * the out parameter holds nothing that may be used. The file must stay unchanged and mapped for as
 * long as the struct elf_image is in use.
 */
#ifndef PV_ELF_H
#define PV_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum elf_status {
	ELF_OK,
	ELF_NOT_ELF,            /* no ELF magic */
	ELF_TRUNCATED,          /* a header, segment or note lies beyond the end of the file */
	ELF_32BIT,              /* ELFCLASS32 */
	ELF_WRONG_MACHINE,      /* not little-endian x86-64 */
	ELF_WRONG_TYPE,         /* neither ET_EXEC nor ET_DYN */
	ELF_BAD_HEADER,         /* program headers of an unknown size */
	ELF_BAD_SEGMENT,        /* file part larger than memory part, or an address that wraps */
	ELF_NO_SEGMENT,         /* nothing to load */
	ELF_TOO_LARGE,          /* the loaded image would span more than ELF_MAX_SPAN */
	ELF_BAD_NOTE,           /* a Xen note of a size that its type cannot have */
	ELF_NO_NOTES,           /* not one Xen note: no PV kernel */
	ELF_NO_VERSION,         /* note XEN_VERSION missing */
	ELF_WRONG_VERSION,      /* note XEN_VERSION is not "xen-3.0" */
	ELF_WRONG_LOADER,       /* note LOADER is not "generic" */
	ELF_PVH_ONLY,           /* note ENTRY missing, PHYS32_ENTRY present */
	ELF_BAD_ENTRY,          /* entry point outside the image */
	ELF_BAD_HYPERCALL_PAGE, /* note HYPERCALL_PAGE not a page inside the image */
	ELF_BAD_P2M,            /* note INIT_P2M not page-aligned */
};

/* Note types of owner "Xen" that mean something to a builder (values of xen/elfnote.h). */
enum elf_note_type {
	ELF_NOTE_ENTRY = 1,
	ELF_NOTE_HYPERCALL_PAGE = 2,
	ELF_NOTE_VIRT_BASE = 3,
	ELF_NOTE_PADDR_OFFSET = 4,
	ELF_NOTE_XEN_VERSION = 5,
	ELF_NOTE_GUEST_OS = 6,
	ELF_NOTE_GUEST_VERSION = 7,
	ELF_NOTE_LOADER = 8,
	ELF_NOTE_PAE_MODE = 9,
	ELF_NOTE_FEATURES = 10,
	ELF_NOTE_HV_START_LOW = 12,
	ELF_NOTE_L1_MFN_VALID = 13,
	ELF_NOTE_INIT_P2M = 15,
	ELF_NOTE_MOD_START_PFN = 16,
	ELF_NOTE_SUPPORTED_FEATURES = 17,
	ELF_NOTE_PHYS32_ENTRY = 18,
};

/* Largest span of a loaded kernel, in bytes: keeps every later sum far from 2^64. */
#define ELF_MAX_SPAN (UINT64_C(1) << 40)

struct elf_image {
	const uint8_t *file;
	size_t size;
	uint64_t entry; /* e_entry */
	uint64_t phoff, shoff;
	uint16_t phnum, shnum;
};

/* One PT_LOAD: file_size bytes at data, then zeroes up to mem_size, at paddr. */
struct elf_segment {
	const uint8_t *data;
	uint64_t file_size, mem_size;
	uint64_t paddr; /* as in the file; pseudo-physical is paddr - paddr_offset */
	uint32_t flags; /* PF_X 1, PF_W 2, PF_R 4 */
};

/* One note of owner "Xen". */
struct elf_note {
	uint32_t type;
	uint32_t size;
	const uint8_t *desc;
};

/*
 * What a builder has to know, defaults for missing notes filled in. Pseudo-physical address 0 is
 * mapped at virt_base; the kernel covers pseudo-physical [start, end).
 */
struct elf_pv {
	uint32_t notes;          /* bit n: note type n was there */
	uint64_t entry;          /* virtual; e_entry without a note */
	uint64_t virt_base;      /* 0 without a note */
	uint64_t paddr_offset;   /* 0 without a note */
	uint64_t hypercall_page; /* virtual; valid if elf_has_note(HYPERCALL_PAGE) */
	uint64_t init_p2m;       /* virtual; valid if elf_has_note(INIT_P2M) */
	uint64_t hv_start_low;
	bool mod_start_pfn; /* start_info.mod_start is a frame number, the module is not mapped */
	uint32_t supported_features;
	const char *guest_os; /* NUL-terminated inside the file, or "" */
	uint64_t start, end;
};

/* Says in words what is wrong. Never NULL. */
const char *elf_status_text(enum elf_status status);

/* True if the first bytes are ELF's magic. Reads at most four bytes. */
bool elf_probe(const void *file, size_t size);

/*
 * Checks the file header, all program headers and that every PT_LOAD and PT_NOTE lies within the
 * file. file need not be aligned.
 */
enum elf_status elf_open(struct elf_image *image, const void *file, size_t size);

/* What a file's headers claim, before the rest of it is there to be checked against them. */
struct elf_extent {
	uint64_t segments; /* where its segments end in the file */
	uint64_t file;     /* where these and the table of sections end */
	uint64_t memory;   /* what its PT_LOADs take when loaded */
};

/* Reads the claims from the first bytes of a file. False if these do not hold all the program
 * headers. Sums that do not fit are UINT64_MAX. */
bool elf_measure(const void *head, size_t size, struct elf_extent *extent);

/*
 * Steps through the PT_LOADs: *cursor starts at 0 and belongs to this function. False at the end.
 * image must come from a successful elf_open().
 */
bool elf_next_segment(const struct elf_image *image, unsigned int *cursor,
		      struct elf_segment *segment);

/*
 * Finds the last Xen note of a type, in PT_NOTE segments or, if those hold no Xen note, in SHT_NOTE
 * sections. False if there is none.
 */
bool elf_find_note(const struct elf_image *image, enum elf_note_type type, struct elf_note *note);

/* Collects and checks the notes and the span of the image. */
enum elf_status elf_read_pv(const struct elf_image *image, struct elf_pv *pv);

static inline bool elf_has_note(const struct elf_pv *pv, enum elf_note_type type)
{
	return pv->notes & (1u << type);
}

#endif
