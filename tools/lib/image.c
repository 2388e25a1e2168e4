/* SPDX-License-Identifier: MIT */
/* image.c - PV kernels as the builder reads them (see image.h). */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image.h"
#include "unpack.h"

static const char hint_formats[] = "kernels may be ELF or bzImage, packed with gzip, xz or zstd";

static int fail(struct error *err, const char *path, const char *what)
{
	return error_set(err, ERROR_FAILED, "check", "kernel '%.700s': %s", path, what);
}

static int fail_hint(struct error *err, const char *path, const char *what)
{
	fail(err, path, what);
	return error_hint(err, "%s", hint_formats);
}

static int fail_stream(struct error *err, const char *path, const char *format, const char *what)
{
	/* What is not packed is at its end where the file is. */
	if (!strcmp(format, unpack_stored.name))
		return error_set(err, ERROR_FAILED, "check", "kernel '%.700s': it %s", path, what);
	return error_set(err, ERROR_FAILED, "check", "kernel '%.700s': its %s stream %s", path,
			 format, what);
}

static int fail_format(struct error *err, const char *path, const char *format)
{
	error_set(err, ERROR_NOT_SUPPORTED, "check", "kernel '%.700s': packed with %s", path,
		  format);
	return error_hint(err, "%s", hint_formats);
}

/* Bytes as MiB, rounded up: what is asked for is to be enough. */
static uint64_t mib(uint64_t bytes)
{
	return (bytes >> 20) + ((bytes & 0xfffff) != 0);
}

static int fail_domain(struct error *err, const char *path, uint64_t bytes, uint64_t memory)
{
	error_set(err, ERROR_FAILED, "check",
		  "kernel '%.700s': unpacked it takes %" PRIu64
		  " MiB or more, and the domain has %" PRIu64 " MiB",
		  path, mib(bytes), memory >> 20);
	return error_hint(err, "raise <memory>, or use a stripped kernel");
}

static int fail_memory(struct error *err, const char *path, uint64_t bytes)
{
	error_set(err, ERROR_FAILED, "check",
		  "kernel '%.700s': unpacked it takes %" PRIu64
		  " MiB or more, which dom0 has no memory for",
		  path, mib(bytes));
	return error_hint(err, "give dom0 more memory, or use a stripped kernel");
}

static int fail_report(struct error *err, const char *path, const struct extract_report *report,
		       uint64_t memory)
{
	switch (report->verdict) {
	case EXTRACT_OK: break;
	case EXTRACT_NOT_REGULAR: return fail(err, path, "not a regular file");
	case EXTRACT_EMPTY: return fail(err, path, "the file is empty");
	case EXTRACT_FILE_TOO_LARGE: return fail(err, path, "larger than 256 MiB");
	case EXTRACT_READ: return fail(err, path, strerror(report->errnum));
	case EXTRACT_UNKNOWN:
		return fail_hint(err, path, "neither ELF nor bzImage nor a known packed form");
	case EXTRACT_BAD_BZIMAGE: return fail(err, path, bzimage_status_text(report->bzimage));
	case EXTRACT_UNKNOWN_PAYLOAD:
		return fail_hint(err, path, "a bzImage packed in an unknown way");
	case EXTRACT_NOT_UNPACKED: return fail_format(err, path, report->format);
	case EXTRACT_DAMAGED: return fail_stream(err, path, report->format, "is damaged");
	case EXTRACT_TRUNCATED: return fail_stream(err, path, report->format, "is truncated");
	case EXTRACT_TOO_LARGE:
		return fail_stream(err, path, report->format, "unpacks to more than 512 MiB");
	case EXTRACT_OVER_STATED:
		return fail_stream(err, path, report->format,
				   "is damaged: it unpacks to more than the bzImage says");
	case EXTRACT_OVER_DOMAIN: return fail_domain(err, path, report->bytes, memory);
	case EXTRACT_OVER_MEMORY: return fail_memory(err, path, report->bytes);
	case EXTRACT_NO_MEMORY:
		return fail_stream(err, path, report->format, "cannot be unpacked: out of memory");
	case EXTRACT_VERDICTS: break;
	}
	return fail(err, path, "cannot be unpacked");
}

/* How the process that unpacked it was ended. */
static int fail_signal(struct error *err, const char *path, int number)
{
	switch (number) {
	case SIGXCPU:
	case SIGALRM: return fail(err, path, "unpacking it takes too long, and was given up");
	case SIGKILL:
	case SIGBUS:
		return fail(err, path,
			    "unpacking it was ended: dom0 is short of memory, or the file changed "
			    "meanwhile");
	default:
		error_set(err, ERROR_FAILED, "check",
			  "kernel '%.700s': unpacking it crashed with signal %d (%s)", path, number,
			  strsignal(number));
		return error_hint(err, "the file is damaged, or made to attack; nothing else was "
				       "harmed");
	}
}

static int fail_server(struct error *err, const char *path)
{
	fail(err, path, "the process that unpacks kernels has ended");
	return error_hint(err, "restart pvd; guests go on meanwhile");
}

static int open_elf(struct image *image, const char *path, struct error *err)
{
	enum elf_status status = elf_open(&image->elf, image->data, image->size);

	if (!status)
		status = elf_read_pv(&image->elf, &image->pv);
	return status ? fail(err, path, elf_status_text(status)) : 0;
}

int image_map(struct image *image, int fd, const char *path, struct error *err)
{
	struct stat st;
	void *data;
	int ret;

	*image = (struct image){ .format = unpack_stored.name };
	if (fstat(fd, &st) || !st.st_size)
		return fail(err, path, "the file is empty");
	data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED)
		return fail(err, path, "out of memory");
	image->data = data;
	image->size = (size_t)st.st_size;
	ret = open_elf(image, path, err);
	if (ret)
		image_close(image);
	return ret;
}

int image_open(struct image *image, struct unpacker *unpacker, int fd, const char *path,
	       uint64_t memory, const atomic_bool *cancelled, struct error *err)
{
	struct unpacker_end end;
	int unpacked = unpacker_run(unpacker, fd, memory, cancelled, &end), ret;

	*image = (struct image){ 0 };
	if (unpacked == -ECANCELED) {
		error_set(err, ERROR_FAILED, "check", "cancelled");
		return -ECANCELED;
	}
	if (unpacked == -EPIPE)
		return fail_server(err, path);
	if (unpacked < 0)
		return end.signal ? fail_signal(err, path, end.signal)
				  : fail_report(err, path, &end.report, memory);
	ret = image_map(image, unpacked, path, err);
	close(unpacked);
	if (!ret)
		image->format = unpack_find(end.report.format)->name;
	return ret;
}

void image_close(struct image *image)
{
	if (image->data)
		munmap(image->data, image->size);
	*image = (struct image){ 0 };
}
