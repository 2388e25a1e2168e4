/* SPDX-License-Identifier: MIT */
/*
 * Proves that kernels are found inside gzip, xz and zstd streams and bzImages of them, that the
 * formats that are not unpacked are named, and that cut and damaged streams are said to be so. That
 * a few bytes that unpack to very many are refused by what the domain, the file's own figures and
 * this machine allow; that whatever becomes of the process that unpacks is an error of one kernel.
 *
 * @limit: 240
 */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <lzma.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "image.h"
#include "kernel_maker.h"

#define SPACE (MAKER_BYTES * 2)
#define MIB   ((uint64_t)1 << 20)

enum packing { PLAIN, GZIP, XZ, ZSTD, PACKINGS };

static const char *const names[] = { "ELF", "gzip", "xz", "zstd" };
static uint8_t kernel[MAKER_BYTES], packed[SPACE], whole[SPACE];
static struct unpacker *unpacker;

static size_t gzip_pack(size_t size)
{
	z_stream z = {
		.next_in = kernel, .avail_in = (uInt)size, .next_out = packed, .avail_out = SPACE
	};

	ck_assert_int_eq(deflateInit2(&z, 6, Z_DEFLATED, 16 + 15, 8, Z_DEFAULT_STRATEGY), Z_OK);
	ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return SPACE - z.avail_out;
}

static size_t xz_pack(size_t size)
{
	size_t at = 0;

	ck_assert_int_eq(lzma_easy_buffer_encode(1, LZMA_CHECK_CRC32, NULL, kernel, size, packed,
						 &at, SPACE),
			 LZMA_OK);
	return at;
}

/* Puts the Linux-like kernel into packed in one of the ways; returns the size. */
static size_t pack(enum packing how)
{
	size_t size = maker_write(&maker_linux, kernel);

	switch (how) {
	case GZIP: return gzip_pack(size);
	case XZ: return xz_pack(size);
	case ZSTD: return ZSTD_compress(packed, SPACE, kernel, size, 3);
	default: memcpy(packed, kernel, size); return size;
	}
}

/* Wraps what is in packed into a bzImage, with the unpacked size behind the stream as Linux has it.
 */
static size_t wrap(size_t size)
{
	size_t start = 3 * 512 + 0x100;

	memset(whole, 0, start);
	whole[0x1f1] = 2;
	maker_put(whole, 0x1fe, 0xaa55, 2);
	memcpy(whole + 0x202, "HdrS", 4);
	maker_put(whole, 0x206, 0x20f, 2);
	maker_put(whole, 0x248, 0x100, 4);
	maker_put(whole, 0x24c, size + 4, 4);
	memcpy(whole + start, packed, size);
	maker_put(whole, start + size, MAKER_BYTES, 4);
	return start + size + 4;
}

static int read_for(uint64_t memory, const void *data, size_t size, struct image *image,
		    struct error *err)
{
	int fd = memfd_create("kernel", MFD_CLOEXEC), ret;

	ck_assert_int_eq(write(fd, data, size), (ssize_t)size);
	*err = (struct error)ERROR_INIT;
	ret = image_open(image, unpacker, fd, "/k", memory, NULL, err);
	close(fd);
	return ret;
}

static int read_copy(const void *data, size_t size, struct image *image, struct error *err)
{
	return read_for(64 * MIB, data, size, image, err);
}

START_TEST(every_packing)
{
	size_t size = pack((enum packing)_i);
	struct image image;
	struct error err;

	ck_assert_msg(!read_copy(packed, size, &image, &err), "%s", err.detail);
	ck_assert_str_eq(image.format, names[_i]);
	ck_assert_uint_eq(image.pv.init_p2m, 0x8000000000);
	ck_assert_mem_eq(image.data, kernel, image.size);
	image_close(&image);
}
END_TEST

START_TEST(every_bzimage)
{
	size_t size = wrap(pack((enum packing)_i));
	struct image image;
	struct error err;

	ck_assert_msg(!read_copy(whole, size, &image, &err), "%s", err.detail);
	ck_assert_uint_eq(image.pv.start, 0x1000000);
	image_close(&image);
}
END_TEST

/* Wherever it is cut: an error, and a word that says so. */
START_TEST(cut_stream)
{
	size_t size = pack((enum packing)_i), cut;
	struct image image;
	struct error err;

	for (cut = 8; cut < size; cut += size / 40 + 1) {
		ck_assert_int_ne(read_copy(packed, cut, &image, &err), 0);
		ck_assert_msg(strstr(err.detail, "truncated") || strstr(err.detail, "damaged"),
			      "cut at %zu: %s", cut, err.detail);
		ck_assert_ptr_null(image.data);
	}
}
END_TEST

START_TEST(damaged_stream)
{
	size_t size = pack((enum packing)_i), i;
	struct image image;
	struct error err;

	for (i = 0; i < 200; i++) {
		uint8_t *at = packed + 6 + (i * 7919) % (size - 6), old = *at;

		*at ^= (uint8_t)(1u << i % 8);
		if (!read_copy(packed, size, &image, &err))
			image_close(&image);
		*at = old;
	}
}
END_TEST

START_TEST(formats_named)
{
	static const struct {
		const char *magic, *name;
		size_t size;
	} cases[] = {
		{ "BZh91AY", "bzip2", 7 },
		{ "\x02\x21\x4c\x18", "lz4", 4 },
		{ "\x89LZO", "lzo", 4 },
		{ "\x5d\x00\x00\x00\x01", "lzma", 5 },
	};
	struct image image;
	struct error err;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memset(packed, 0x55, 256);
		memcpy(packed, cases[i].magic, cases[i].size);
		ck_assert_int_ne(read_copy(whole, wrap(256), &image, &err), 0);
		ck_assert_int_eq(err.code, ERROR_NOT_SUPPORTED);
		ck_assert_msg(strstr(err.detail, cases[i].name), "%s", err.detail);
		ck_assert_msg(strstr(err.hint, "zstd"), "%s", err.hint);
	}
}
END_TEST

START_TEST(what_is_wrong_is_said)
{
	struct image image;
	struct error err;
	size_t size;

	ck_assert_int_ne(read_copy("#!/bin/sh\n", 10, &image, &err), 0);
	ck_assert_msg(strstr(err.detail, "neither ELF nor bzImage"), "%s", err.detail);

	size = maker_write(&maker_linux, kernel);
	kernel[4] = 1;
	ck_assert_int_ne(read_copy(kernel, size, &image, &err), 0);
	ck_assert_msg(strstr(err.detail, "32-bit"), "%s", err.detail);
	ck_assert_msg(strstr(err.detail, "'/k'"), "%s", err.detail);

	size = wrap(pack(XZ));
	maker_put(whole, 0x24c, SPACE, 4);
	ck_assert_int_ne(read_copy(whole, size, &image, &err), 0);
	ck_assert_msg(strstr(err.detail, "truncated"), "%s", err.detail);

	size = wrap(pack(XZ));
	maker_put(whole, 0x206, 0x204, 2);
	ck_assert_int_ne(read_copy(whole, size, &image, &err), 0);
	ck_assert_msg(strstr(err.detail, "2.08"), "%s", err.detail);
}
END_TEST

/* Two gzip layers are one too many for a kernel, three must not be peeled for ever. */
START_TEST(layers_are_bounded)
{
	struct image image;
	struct error err;
	size_t size = pack(GZIP);
	int layer;

	for (layer = 0; layer < 3; layer++) {
		memcpy(kernel, packed, size);
		size = gzip_pack(size);
	}
	ck_assert_int_ne(read_copy(packed, size, &image, &err), 0);
}
END_TEST

static void open_fails(const char *path, const char *word)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK);
	struct error err = ERROR_INIT;
	struct image image;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_ne(image_open(&image, unpacker, fd, path, 64 * MIB, NULL, &err), 0);
	ck_assert_msg(strstr(err.detail, word), "%s", err.detail);
	close(fd);
}

START_TEST(odd_files)
{
	char path[] = "/tmp/test_image.XXXXXX";
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	open_fails("/dev/zero", "regular");
	open_fails("/", "regular");
	open_fails(path, "empty");
	ck_assert_int_eq(ftruncate(fd, (off_t)EXTRACT_FILE_MAX + 1), 0);
	open_fails(path, "256 MiB");
	close(fd);
	unlink(path);
}
END_TEST

/* A zstd stream of the first size bytes of kernel and then zeroes up to total. */
static size_t bomb(size_t size, uint64_t total)
{
	static const uint8_t zeroes[1u << 20];
	ZSTD_outBuffer out = { .dst = packed, .size = SPACE };
	ZSTD_CStream *z = ZSTD_createCStream();
	uint64_t done = size;

	ZSTD_initCStream(z, 1);
	ZSTD_compressStream2(z, &out, &(ZSTD_inBuffer){ .src = kernel, .size = size },
			     ZSTD_e_continue);
	for (; done < total; done += sizeof(zeroes)) {
		ZSTD_inBuffer in = { .src = zeroes, .size = sizeof(zeroes) };

		while (in.pos < in.size)
			ZSTD_compressStream2(z, &out, &in, ZSTD_e_continue);
	}
	ck_assert_uint_eq(ZSTD_compressStream2(z, &out, &(ZSTD_inBuffer){ 0 }, ZSTD_e_end), 0);
	ZSTD_freeCStream(z);
	return out.pos;
}

static void refuse(uint64_t memory, const void *data, size_t size, const char *words)
{
	struct image image;
	struct error err;

	ck_assert_int_ne(read_for(memory, data, size, &image, &err), 0);
	ck_assert_msg(strstr(err.detail, words), "%s", err.detail);
	ck_assert_ptr_null(image.data);
}

/* 530 MiB of nothing in some 50 KiB. */
START_TEST(bombs)
{
	size_t size = bomb(0, 530 * MIB);
	struct image image;
	struct error err;

	ck_assert_uint_lt(size, 100000);
	refuse(64 * MIB, packed, size, "or more, and the domain has 64 MiB");
	ck_assert_int_ne(read_for(2048 * MIB, packed, size, &image, &err), 0);
	ck_assert_msg(strstr(err.detail, "dom0 has no memory") ||
			      strstr(err.detail, "more than 512 MiB"),
		      "%s", err.detail);
	/* Packed twice it is one kernel inside another, and as large. */
	memcpy(kernel, packed, size);
	refuse(64 * MIB, packed, gzip_pack(size), "the domain has 64 MiB");
}
END_TEST

/* Behind what the ELF header tells of, nothing is kept. */
START_TEST(elf_says_its_size)
{
	size_t size = maker_write(&maker_linux, kernel), length = bomb(size, 300 * MIB);
	struct image image;
	struct error err;

	ck_assert_msg(!read_copy(packed, length, &image, &err), "%s", err.detail);
	ck_assert_uint_lt(image.size, 2 * MIB);
	ck_assert_mem_eq(image.data, kernel, size);
	image_close(&image);

	/* Segments larger than the domain are refused as soon as the header says so. */
	maker_put(kernel, maker_phdr(0) + 40, 100 * MIB, 8);
	refuse(64 * MIB, packed, bomb(size, 300 * MIB), "and the domain has 64 MiB");
}
END_TEST

START_TEST(bzimage_says_its_size)
{
	size_t size = maker_write(&maker_linux, kernel), length = wrap(bomb(size, 20 * MIB));

	maker_put(whole, length - 4, 10 * MIB, 4);
	refuse(64 * MIB, whole, length, "unpacks to more than the bzImage says");
	maker_put(whole, length - 4, 100 * MIB, 4);
	refuse(64 * MIB, whole, length, "unpacked it takes 100 MiB or more, and the domain has 64");
}
END_TEST

static bool is_unpacker(const char *process, pid_t parent)
{
	char path[300], state;
	pid_t pid, its = 0;
	FILE *file;
	bool good;

	snprintf(path, sizeof(path), "/proc/%s/stat", process);
	file = fopen(path, "re");
	good = file && fscanf(file, "%d (pvd-unpacker) %c %d", &pid, &state, &its) == 3;
	if (file)
		fclose(file);
	return good && its == parent;
}

/* 0: there is none. */
static pid_t find_unpacker(pid_t parent)
{
	struct dirent *entry;
	DIR *proc = opendir("/proc");
	pid_t pid = 0;

	while (!pid && (entry = readdir(proc)))
		if (atoi(entry->d_name) && is_unpacker(entry->d_name, parent))
			pid = atoi(entry->d_name);
	closedir(proc);
	return pid;
}

/* The child that unpacks for us: its parent is the server, whose parent is that of this test. */
static pid_t find_child(void)
{
	pid_t server = find_unpacker(getppid());

	return server ? find_unpacker(server) : 0;
}

static void *kill_child(void *arg)
{
	int *number = arg;
	pid_t child;

	do
		child = find_child();
	while (!child);
	ck_assert_int_eq(kill(child, *number), 0);
	return NULL;
}

/* However the child ends, it is said, and the next kernel is unpacked. There is so much to unpack
 * that a busy machine finds the child at work. */
START_TEST(child_dies)
{
	static const struct {
		int number;
		const char *words;
	} cases[] = {
		{ SIGKILL, "dom0 is short of memory" },
		{ SIGXCPU, "takes too long" },
		{ SIGALRM, "takes too long" },
		{ SIGSYS, "crashed with signal 31" },
	};
	size_t size = maker_write(&maker_linux, kernel), length = bomb(size, 3000 * MIB), i;
	struct image image;
	struct error err;
	pthread_t thread;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		pthread_create(&thread, NULL, kill_child, (void *)&cases[i].number);
		refuse(64 * MIB, packed, length, cases[i].words);
		pthread_join(thread, NULL);
	}
	ck_assert_msg(!read_copy(kernel, size, &image, &err), "%s", err.detail);
	image_close(&image);
}
END_TEST

START_TEST(cancelling)
{
	atomic_bool cancelled = true;
	int fd = memfd_create("kernel", MFD_CLOEXEC);
	size_t size = maker_write(&maker_linux, kernel), length = bomb(size, 500 * MIB);
	struct error err = ERROR_INIT;
	struct image image;

	ck_assert_int_eq(write(fd, packed, length), (ssize_t)length);
	ck_assert_int_eq(image_open(&image, unpacker, fd, "/k", 64 * MIB, &cancelled, &err),
			 -ECANCELED);
	ck_assert_str_eq(err.detail, "cancelled");
	close(fd);
	ck_assert_msg(!read_copy(kernel, size, &image, &err), "%s", err.detail);
	image_close(&image);
}
END_TEST

START_TEST(server_gone)
{
	struct unpacker *own = unpacker_start();
	struct error err = ERROR_INIT;
	struct image image;
	pid_t server;

	ck_assert_ptr_nonnull(own);
	do
		server = find_unpacker(getpid());
	while (!server);
	ck_assert_int_eq(kill(server, SIGKILL), 0);
	ck_assert_int_eq(waitpid(server, NULL, 0), server);
	ck_assert_int_eq(image_open(&image, own, 0, "/k", 64 * MIB, NULL, &err), -EIO);
	ck_assert_msg(strstr(err.detail, "process that unpacks kernels has ended"), "%s",
		      err.detail);
	unpacker_stop(own);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("image");
	TCase *cases = tcase_create("image");
	SRunner *runner;
	int failed;

	tcase_set_timeout(cases, 60);
	tcase_add_loop_test(cases, every_packing, PLAIN, PACKINGS);
	tcase_add_loop_test(cases, every_bzimage, GZIP, PACKINGS);
	tcase_add_loop_test(cases, cut_stream, GZIP, PACKINGS);
	tcase_add_loop_test(cases, damaged_stream, GZIP, PACKINGS);
	tcase_add_test(cases, formats_named);
	tcase_add_test(cases, what_is_wrong_is_said);
	tcase_add_test(cases, layers_are_bounded);
	tcase_add_test(cases, odd_files);
	tcase_add_test(cases, bombs);
	tcase_add_test(cases, elf_says_its_size);
	tcase_add_test(cases, bzimage_says_its_size);
	tcase_add_test(cases, child_dies);
	tcase_add_test(cases, cancelling);
	tcase_add_test(cases, server_gone);
	suite_add_tcase(suite, cases);
	unpacker = unpacker_start();
	if (!unpacker)
		return EXIT_FAILURE;
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	unpacker_stop(unpacker);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
