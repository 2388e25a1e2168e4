/* SPDX-License-Identifier: MIT */
/* options.c - the command line of pvd (manual page: docs/pvd.8.scd). */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "config.h"
#include "options.h"

#define DEFAULT_SOCKET "/run/paravane/pvd.sock"
#define DEFAULT_RUN    "/run/paravane"
#define DEFAULT_STATE  "/var/lib/paravane"
#define DEFAULT_LOG    "/var/log/paravane-pvd.log"

static const struct option long_options[] = {
	{ "socket", required_argument, NULL, 's' }, /* PATH */
	{ "state", required_argument, NULL, 'd' },  /* DIR */
	{ "run", required_argument, NULL, 'u' },    /* DIR */
	{ "files", required_argument, NULL, 'r' },  /* DIR */
	{ "port", required_argument, NULL, 'p' },   /* NAME */
	{ "log", required_argument, NULL, 'l' },    /* FILE */
	{ "foreground", no_argument, NULL, 'f' },   { "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },      { NULL, 0, NULL, 0 },
};

static const char help[] =
	"Usage: pvd [OPTION...]\n"
	"Manages the domains of this Paravane (or Xen) host for pvctl.\n"
	"\n"
	"  --socket PATH   listen here (" DEFAULT_SOCKET ")\n"
	"  --state DIR     console logs and unpacked kernels (" DEFAULT_STATE ")\n"
	"  --run DIR       what a restarted pvd has to know (" DEFAULT_RUN ")\n"
	"  --files DIR     open the files that a domain's XML names below DIR (/)\n"
	"  --port NAME     also serve the virtio port NAME, as hosted mode does\n"
	"  --log FILE      log here (" DEFAULT_LOG "; with --foreground: standard error)\n"
	"  --foreground    stay in the foreground\n"
	"  --help, --version\n";

static bool take(struct options *options, int option)
{
	switch (option) {
	case 's': options->socket = optarg; return true;
	case 'd': options->state = optarg; return true;
	case 'u': options->run = optarg; return true;
	case 'r': options->files = optarg; return true;
	case 'p': options->port = optarg; return true;
	case 'l': options->log = optarg; return true;
	case 'f': options->foreground = true; return true;
	default: return false;
	}
}

static int leave(int option)
{
	if (option == 'h') {
		fputs(help, stdout);
		return EXIT_SUCCESS;
	}
	if (option == 'V') {
		puts("pvd " PACKAGE_VERSION);
		return EXIT_SUCCESS;
	}
	fputs("Try 'pvd --help'.\n", stderr);
	return ERROR_USAGE;
}

int options_read(struct options *options, int argc, char **argv)
{
	int option;

	*options = (struct options){
		.socket = DEFAULT_SOCKET,
		.state = DEFAULT_STATE,
		.run = DEFAULT_RUN,
		.files = "/",
	};
	while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (!take(options, option))
			return leave(option);
	}
	if (optind < argc) {
		fprintf(stderr, "pvd: unexpected argument '%s'\n", argv[optind]);
		return leave('?');
	}
	if (!options->foreground && !options->log)
		options->log = DEFAULT_LOG;
	return -1;
}
