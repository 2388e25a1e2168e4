/* SPDX-License-Identifier: MIT */
/*
 * image.c - from a kernel file to its ELF form (see image.h).
 *
 * A file is peeled: a bzImage gives its payload, a compressed stream what is in it, until an ELF
 * file lies open. Two layers are the most that real kernels have.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image.h"
#include "unpack.h"

/* The boot sector's fields, as the Linux boot protocol numbers them. */
enum {
	BZ_SETUP_SECTS = 0x1f1,
	BZ_BOOT_FLAG = 0x1fe,
	BZ_MAGIC = 0x202,
	BZ_VERSION = 0x206,
	BZ_PAYLOAD_OFFSET = 0x248,
	BZ_PAYLOAD_LENGTH = 0x24c,
	BZ_HEADER_END = 0x250,
	BZ_VERSION_WITH_PAYLOAD = 0x208,
	SECTOR = 512,
};

static const char hint_formats[] = "kernels may be ELF or bzImage, packed with gzip, xz or zstd";

static uint32_t load_le(const uint8_t *bytes, unsigned int count)
{
	uint32_t value = 0;

	while (count--)
		value = value << 8 | bytes[count];
	return value;
}

static int fail(struct error *err, const char *path, const char *what)
{
	return error_set(err, ERROR_FAILED, "check", "kernel '%s': %s", path, what);
}

/* Reads all of a regular file. */
static int read_file(int fd, const char *path, uint8_t **data, size_t *size, struct error *err)
{
	struct stat st;
	size_t done = 0;
	ssize_t n;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		return fail(err, path, "not a regular file");
	if (!st.st_size)
		return fail(err, path, "the file is empty");
	if ((uint64_t)st.st_size > IMAGE_FILE_MAX)
		return fail(err, path, "larger than 256 MiB");
	*size = (size_t)st.st_size;
	*data = malloc(*size);
	if (!*data)
		return fail(err, path, "out of memory");
	while (done < *size) {
		n = pread(fd, *data + done, *size - done, (off_t)done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			free(*data);
			return fail(err, path, n ? strerror(errno) : "it shrank while it was read");
		}
		done += (size_t)n;
	}
	return 0;
}

static bool is_bzimage(const uint8_t *file, size_t size)
{
	return size >= BZ_HEADER_END && load_le(file + BZ_BOOT_FLAG, 2) == 0xaa55 &&
	       !memcmp(file + BZ_MAGIC, "HdrS", 4);
}

/* Finds the packed kernel inside a bzImage. */
static int bzimage_payload(const uint8_t *file, size_t size, const char *path,
			   const uint8_t **payload, size_t *length, struct error *err)
{
	unsigned int sectors = file[BZ_SETUP_SECTS] ?: 4;
	uint64_t start = (uint64_t)(sectors + 1) * SECTOR + load_le(file + BZ_PAYLOAD_OFFSET, 4);
	uint64_t count = load_le(file + BZ_PAYLOAD_LENGTH, 4);

	if (load_le(file + BZ_VERSION, 2) < BZ_VERSION_WITH_PAYLOAD)
		return fail(err, path, "a bzImage older than boot protocol 2.08");
	if (start > size || count > size - start)
		return fail(err, path, "truncated: the bzImage's payload lies beyond its end");
	*payload = file + start;
	*length = count;
	return 0;
}

static const char *unpack_problem(int ret)
{
	switch (ret) {
	case -EILSEQ: return "is damaged";
	case -ENODATA: return "is truncated";
	case -EFBIG: return "unpacks to more than 512 MiB";
	default: return "cannot be unpacked: out of memory";
	}
}

static int unpack_stream(const struct unpack_format *format, const uint8_t *data, size_t size,
			 const char *path, uint8_t **out, size_t *out_size, struct error *err)
{
	int ret = unpack(format, data, size, out, out_size, IMAGE_KERNEL_MAX);

	if (!ret)
		return 0;
	if (ret == -EOPNOTSUPP) {
		error_set(err, ERROR_NOT_SUPPORTED, "check", "kernel '%s': packed with %s", path,
			  format->name);
		return error_hint(err, "%s", hint_formats);
	}
	return error_set(err, ERROR_FAILED, "check", "kernel '%s': its %s stream %s", path,
			 format->name, unpack_problem(ret));
}

/* Replaces a packed file by what is in it. bzImages say so in the format. */
static int peel(struct image *image, const char *path, struct error *err)
{
	const struct unpack_format *format;
	const uint8_t *payload = image->data;
	size_t length = image->size, out_size = 0;
	bool bzimage = is_bzimage(payload, length);
	uint8_t *out = NULL;
	int ret;

	if (bzimage) {
		ret = bzimage_payload(image->data, image->size, path, &payload, &length, err);
		if (ret)
			return ret;
	}
	format = unpack_probe(payload, length);
	if (!format && bzimage && elf_probe(payload, length)) {
		memmove(image->data, payload, length);
		image->size = length;
		return 0;
	}
	if (!format) {
		fail(err, path,
		     bzimage ? "a bzImage packed in an unknown way"
			     : "neither ELF nor bzImage nor a known packed form");
		return error_hint(err, "%s", hint_formats);
	}
	ret = unpack_stream(format, payload, length, path, &out, &out_size, err);
	if (ret)
		return ret;
	free(image->data);
	image->data = out;
	image->size = out_size;
	image->format = format->name;
	return 0;
}

static int open_elf(struct image *image, const char *path, struct error *err)
{
	enum elf_status status = elf_open(&image->elf, image->data, image->size);

	if (!status)
		status = elf_read_pv(&image->elf, &image->pv);
	if (status)
		return fail(err, path, elf_status_text(status));
	return 0;
}

int image_read(struct image *image, void *file, size_t size, const char *path, struct error *err)
{
	unsigned int layers;
	int ret = 0;

	*image = (struct image){ .data = file, .size = size, .format = "ELF" };
	for (layers = 0; layers < 2 && !ret && !elf_probe(image->data, image->size); layers++)
		ret = peel(image, path, err);
	if (!ret)
		ret = open_elf(image, path, err);
	if (ret)
		image_close(image);
	return ret;
}

int image_open(struct image *image, int fd, const char *path, struct error *err)
{
	uint8_t *data = NULL;
	size_t size = 0;
	int ret;

	*image = (struct image){ 0 };
	ret = read_file(fd, path, &data, &size, err);
	if (ret)
		return ret;
	return image_read(image, data, size, path, err);
}

void image_close(struct image *image)
{
	free(image->data);
	*image = (struct image){ 0 };
}
