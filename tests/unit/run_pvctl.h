/* SPDX-License-Identifier: MIT */
/*
 * Runs pvctl, and what it is compared with, in tests: output and errors are caught in files of a
 * folder of the test's own, the made-up daemon's socket lies there too. Failures of the test's own
 * machinery abort.
 */
#ifndef TESTS_UNIT_RUN_PVCTL_H
#define TESTS_UNIT_RUN_PVCTL_H

#include <check.h>
#include <stdbool.h>
#include <sys/types.h>

#include "fake_pvd.h"

#define OUTPUT_MAX   65536
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct outcome {
	int status; /* as waitpid has it */
	char out[OUTPUT_MAX];
	char err[OUTPUT_MAX];
};

/* The socket, its URI, a good domain's XML file, and pvctl itself: PV_BUILD/tools/pvctl/pvctl. */
extern char socket_path[64], uri[128], xml_path[64], program[4096];

/* A daemon that does nothing special. */
extern const struct fake_pvd plain;

/* Makes the folder, runs the tests, removes the folder. Returns main's value. */
int run_suite(const char *name, TCase *tests);

void write_file(const char *path, const char *text);
void read_file(const char *path, char text[OUTPUT_MAX]);

/* A path in the test's folder; valid until the next call. */
char *in_folder(const char *name);

/* Writes the good XML file, whatever a test made of it. */
void write_good_xml(void);

/* Starts `argv`, input from the file `input` or, if that is NULL, empty; then waits for its end. */
pid_t start(char *const argv[], const char *input);
void finish(pid_t pid, struct outcome *outcome);

/* Runs pvctl or virsh (on its test driver) with arguments separated by blanks; "%x" is the XML
 * file. */
void pvctl(const char *arguments, const char *input, struct outcome *outcome);
void virsh(const char *arguments, struct outcome *outcome);
bool has_virsh(void);

#endif
