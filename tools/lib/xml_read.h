/* SPDX-License-Identifier: MIT */
/*
 * Private to the XML reader: the walk over a document by tables, and its messages.
 *
 * A table row says of one element what it may contain and who reads it. The walk checks attributes,
 * then children, then calls `read`, so a reader sees only what the tables allow and fetches its
 * attributes itself. Everything that no table names is an error that names it.
 */
#ifndef TOOLS_LIB_XML_READ_H
#define TOOLS_LIB_XML_READ_H

#include <libxml/tree.h>

#include "xml.h"

struct xml_reader {
	const struct xml_source *source;
	struct domain_config *config;
	const struct xml_listener *listener; /* NULL: nobody */
	struct error *err;                   /* the mistake that the caller gets */
	struct error mistake;                /* the last one, until its hint is known */
	unsigned int mistakes;
	bool stop; /* nothing more is to be read: too many mistakes, or no memory */
	unsigned int consoles;
};

/* What the reader makes of an element or attribute that it knows. */
enum xml_meaning {
	XML_READ,        /* read, or accepted because virsh writes it and it changes nothing */
	XML_LATER,       /* makes sense for a PV guest, but not in this version: an error, exit 9 */
	XML_MEANINGLESS, /* makes no sense for a PV guest: a warning, then skipped with all below it
			  */
	XML_SKIPPED,     /* free-form: neither checked nor read by the walk */
};

struct xml_attribute {
	const char *name;
	const char *values;       /* "a|b|c", or NULL for any */
	const char *later;        /* values that come later, in the same form */
	enum xml_meaning meaning; /* READ, LATER or MEANINGLESS */
};

struct xml_element {
	const char *name;
	enum xml_meaning meaning;
	bool many;        /* may stand more than once */
	bool text;        /* has text; given to `read`, blanks around it cut */
	const char *note; /* with LATER: what to do instead */
	const struct xml_attribute
		*attributes;                /* ends with a row without a name; NULL: none allowed */
	const struct xml_element *children; /* likewise */
	int (*read)(struct xml_reader *reader, xmlNode *node, char *text);
};

/* Checks and reads `node` by `element`. Negative if something in it was wrong; what stands behind
 * it is read all the same, unless reader->stop. */
int xml_walk(struct xml_reader *reader, xmlNode *node, const struct xml_element *element);

/* The rows of <domain>: xml_domain.c. */
extern const struct xml_element xml_domain_element;

/* Checks what only the whole document shows: elements that must be there, sums. */
void xml_domain_finish(struct xml_reader *reader, xmlNode *domain);

/*
 * Messages at `node`: "file:line: /path" or, with `attribute`, "file:line: /path/@attribute", then
 * the text. xml_wrong notes a mistake of ERROR_XML, xml_later of ERROR_NOT_SUPPORTED; both return
 * the negative errno. xml_hint says what to do about the mistake noted last.
 */
int xml_wrong(struct xml_reader *reader, xmlNode *node, const char *attribute, const char *format,
	      ...) __attribute__((format(printf, 4, 5)));
int xml_later(struct xml_reader *reader, xmlNode *node, const char *attribute, const char *format,
	      ...) __attribute__((format(printf, 4, 5)));
void xml_warn(struct xml_reader *reader, xmlNode *node, const char *attribute, const char *format,
	      ...) __attribute__((format(printf, 4, 5)));
void xml_hint(struct xml_reader *reader, const char *text);
int xml_no_memory(struct xml_reader *reader);

/* Tells the mistake noted last, if any. */
void xml_flush(struct xml_reader *reader);

/* An attribute's value, to be freed with xmlFree; NULL when absent. */
char *xml_attribute_get(xmlNode *node, const char *name);

/* The first child element of that name, or NULL. */
xmlNode *xml_child(xmlNode *node, const char *name);

/* True if `value` is one of "a|b|c". */
bool xml_value_listed(const char *values, const char *value);

/*
 * Parses the text: well-formed, no DOCTYPE, no network, at most XML_SIZE_MAX bytes. NULL and `err`
 * set otherwise. Free it with xmlFreeDoc.
 */
xmlDoc *xml_parse(const struct xml_source *source, struct error *err);

#endif
