/* SPDX-License-Identifier: MIT */
/*
 * A domain's configuration and its XML: the subset of libvirt's domain format that
 * docs/domain-xml.md describes.
 *
 * Contract: int functions return 0, or a negative errno with `err` filled (error.h): ERROR_XML for
 * what is wrong, ERROR_NOT_SUPPORTED for what later versions will do, ERROR_FAILED when memory is
 * short. Messages read `file:line: /path/to/@attribute: what stood there, what is expected`.
 * Strings of a configuration belong to it. No locks; libxml2 must have been initialised by the main
 * thread (xmlInitParser) where there are several threads.
 */
#ifndef TOOLS_LIB_XML_H
#define TOOLS_LIB_XML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "pv_limits.h"
#include "uuid.h"

/* The longest domain XML that is accepted, in bytes. */
#define XML_SIZE_MAX (256u << 10)
/* Longest name of a domain, in bytes. */
#define DOMAIN_NAME_MAX 127
/* The ABI's limit of a PV guest's command line, without its NUL. */
#define DOMAIN_CMDLINE_MAX 1023
/* How many mistakes of one document are told. */
#define XML_MISTAKES_MAX 20

/* What happens when a domain powers off, reboots or crashes. */
enum domain_action {
	ACTION_DESTROY,
	ACTION_RESTART,
	ACTION_PRESERVE,
	ACTION_RENAME_RESTART,
	ACTION_COREDUMP_DESTROY,
	ACTION_COREDUMP_RESTART,
};

struct domain_config {
	char *name;
	char uuid[UUID_TEXT]; /* "" when the XML gave none */
	char *title;          /* NULL if absent, as all below */
	char *description;
	char *metadata;  /* the whole <metadata> element as text, its namespaces declared */
	uint64_t memory; /* bytes, a multiple of 1 MiB: the most the domain can have */
	uint64_t
		current_memory; /* bytes, a multiple of 1 MiB: what it is started with, <= memory */
	unsigned int vcpus;     /* the most it can have */
	unsigned int current_vcpus; /* online at the start, 1 .. vcpus */
	char *kernel; /* absolute path, or relative to nothing we know if no base_dir was given */
	char *initrd;
	char *cmdline;
	enum domain_action on_poweroff;
	enum domain_action on_reboot;
	enum domain_action on_crash;
	unsigned int max_grant_frames;   /* 0: the default */
	unsigned int max_event_channels; /* 0: the default */
};

/* Where XML comes from. */
struct xml_source {
	const char *text;
	size_t length;
	const char *file;     /* its name in messages */
	const char *base_dir; /* relative paths in it start here; NULL: they stay as they are */
};

/* Who hears what the reader has to say: whole sentences with file, line and path. Either may be
 * NULL. */
struct xml_listener {
	void (*warning)(void *context, const char *message);
	void (*mistake)(void *context, const struct error *mistake);
	void *context;
};

/*
 * Reads a domain's XML. `config` is overwritten; on failure it is empty, so domain_config_free is
 * right in both cases. `listener` may be NULL. Opens no file but the text given: no network, no
 * DTD, no entities.
 *
 * The listener hears of every mistake in the order of the document, up to XML_MISTAKES_MAX and a
 * last one that says that there are more. `err` is the first that is wrong (ERROR_XML) or, if
 * nothing is, the first that later versions will do (ERROR_NOT_SUPPORTED).
 */
int domain_config_read(struct domain_config *config, const struct xml_source *source,
		       const struct xml_listener *listener, struct error *err);

/*
 * Checks the XML against the installed schema (docs/domain.rng, compiled in). Meant as a gate
 * behind domain_config_read, whose messages are better: what it lets pass and the schema does not
 * is reported here.
 */
int domain_schema_check(const struct xml_source *source, struct error *err);

void domain_config_free(struct domain_config *config);

/* What only a running domain has. */
struct domain_live {
	int id;
	const char *tty; /* its console's pseudo terminal, NULL: none */
};

/*
 * The configuration as XML in virsh's layout, to be freed; NULL when memory is short. `live` is
 * NULL for a domain that does not run. What domain_config_read gave is read back as the same.
 */
char *domain_config_write(const struct domain_config *config, const struct domain_live *live);

/* "destroy", "restart", ... as the XML spells it. */
const char *domain_action_name(enum domain_action action);

/*
 * Reads a whole number with a unit, as <memory unit='MiB'>64</memory> has it: bytes = number *
 * unit. `unit` is one of xml_units_expected(), case ignored. -EINVAL: no number; -ENOENT: no such
 * unit; -ERANGE: too large.
 */
int xml_scaled(const char *number, const char *unit, uint64_t *bytes);

/* The units of xml_scaled, for messages. */
const char *xml_units_expected(void);

/* Reads a whole number. -EINVAL: none, or something behind it; -ERANGE: over `max`. Blanks around
 * it are skipped. */
int xml_number(const char *text, uint64_t max, uint64_t *number);

#endif
