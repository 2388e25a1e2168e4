/* SPDX-License-Identifier: MIT */
/* newc archives: an ASCII header of thirteen hexadecimal numbers, the name, the data, each padded
 * to four bytes. */
#include "cpio.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define HEADER_SIZE 110
#define BLOCK       512

struct entry {
	const char *name;
	unsigned int mode, links, major, minor;
	const void *data;
	size_t size;
};

static int grow(struct cpio *cpio, size_t more)
{
	size_t capacity = cpio->capacity ? cpio->capacity : 65536;
	uint8_t *data;

	while (capacity < cpio->size + more)
		capacity *= 2;
	if (capacity == cpio->capacity)
		return 0;
	data = realloc(cpio->data, capacity);
	if (!data)
		return -ENOMEM;
	cpio->data = data;
	cpio->capacity = capacity;
	return 0;
}

/* There is room: grow() came before. */
static void append(struct cpio *cpio, const void *data, size_t size)
{
	if (size)
		memcpy(cpio->data + cpio->size, data, size);
	cpio->size += size;
}

static void pad(struct cpio *cpio, size_t to)
{
	while (cpio->size % to)
		cpio->data[cpio->size++] = 0;
}

static int check(const struct cpio *cpio, const struct entry *entry)
{
	if (cpio->error)
		return cpio->error;
	if (strlen(entry->name) > 4095)
		return -ENAMETOOLONG;
	return entry->size > UINT32_MAX ? -EFBIG : 0;
}

static int add(struct cpio *cpio, const struct entry *entry)
{
	size_t name_size = strlen(entry->name) + 1;
	char header[HEADER_SIZE + 1];

	cpio->error = check(cpio, entry);
	if (!cpio->error)
		cpio->error = grow(cpio, HEADER_SIZE + name_size + entry->size + 8);
	if (cpio->error)
		return cpio->error;
	/* Magic; inode, mode, uid, gid, links, time, size, the file system's device, the node's,
	 * name's size, no checksum. */
	snprintf(header, sizeof(header),
		 "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X", cpio->inodes++,
		 entry->mode, 0, 0, entry->links, 0, (uint32_t)entry->size, 0, 0, entry->major,
		 entry->minor, (uint32_t)name_size, 0);
	append(cpio, header, HEADER_SIZE);
	append(cpio, entry->name, name_size);
	pad(cpio, 4);
	append(cpio, entry->data, entry->size);
	pad(cpio, 4);
	return 0;
}

int cpio_folder(struct cpio *cpio, const char *name, unsigned int mode)
{
	return add(cpio, &(struct entry){ .name = name, .mode = S_IFDIR | mode, .links = 2 });
}

int cpio_file(struct cpio *cpio, const char *name, unsigned int mode, const void *data, size_t size)
{
	return add(cpio, &(struct entry){ .name = name,
					  .mode = S_IFREG | mode,
					  .links = 1,
					  .data = data,
					  .size = size });
}

int cpio_char_device(struct cpio *cpio, const char *name, unsigned int mode, unsigned int major,
		     unsigned int minor)
{
	return add(cpio, &(struct entry){ .name = name,
					  .mode = S_IFCHR | mode,
					  .links = 1,
					  .major = major,
					  .minor = minor });
}

int cpio_finish(struct cpio *cpio)
{
	if (add(cpio, &(struct entry){ .name = "TRAILER!!!", .links = 1 }))
		return cpio->error;
	cpio->error = grow(cpio, BLOCK);
	if (!cpio->error)
		pad(cpio, BLOCK);
	return cpio->error;
}
