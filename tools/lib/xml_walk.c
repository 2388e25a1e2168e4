/* SPDX-License-Identifier: MIT */
/* The walk over a document by tables. */
#include "xml_read.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "suggest.h"

/* More than this of a wrong text helps nobody. */
#define QUOTE_MAX 80

char *xml_attribute_get(xmlNode *node, const char *name)
{
	return (char *)xmlGetNoNsProp(node, BAD_CAST name);
}

xmlNode *xml_child(xmlNode *node, const char *name)
{
	xmlNode *child;

	for (child = node->children; child; child = child->next)
		if (child->type == XML_ELEMENT_NODE && !child->ns &&
		    !strcmp((const char *)child->name, name))
			return child;
	return NULL;
}

bool xml_value_listed(const char *values, const char *value)
{
	size_t length = strlen(value);
	const char *p;

	for (p = values; p; p = strchr(p, '|') ? strchr(p, '|') + 1 : NULL)
		if (!strncmp(p, value, length) && (p[length] == '|' || !p[length]))
			return true;
	return false;
}

static void suggest_element(struct xml_reader *reader, const char *name,
			    const struct xml_element *rows)
{
	struct suggestion suggestion = { .word = name };
	const struct xml_element *row;
	char text[QUOTE_MAX];

	for (row = rows; row && row->name; row++)
		if (row->meaning == XML_READ)
			suggestion_try(&suggestion, row->name);
	if (!suggestion.best)
		return;
	snprintf(text, sizeof(text), "Did you mean <%s>?", suggestion.best);
	xml_hint(reader, text);
}

static int walk_attribute(struct xml_reader *reader, xmlNode *node, const struct xml_attribute *row,
			  const char *value)
{
	if (row->meaning == XML_LATER)
		return xml_later(reader, node, row->name, "not supported yet");
	if (row->meaning == XML_MEANINGLESS) {
		xml_warn(reader, node, row->name, "means nothing for a PV guest, ignored");
		return 0;
	}
	if (row->later && xml_value_listed(row->later, value))
		return xml_later(reader, node, row->name, "'%.*s' is not supported yet", QUOTE_MAX,
				 value);
	if (row->values && !xml_value_listed(row->values, value))
		return xml_wrong(reader, node, row->name, "found '%.*s', expected %s%s", QUOTE_MAX,
				 value, strchr(row->values, '|') ? "one of " : "", row->values);
	return 0;
}

static int walk_named_attribute(struct xml_reader *reader, xmlNode *node, xmlAttr *attr,
				const struct xml_element *element)
{
	const struct xml_attribute *row = element->attributes;
	xmlChar *value;
	int ret;

	while (row && row->name && (attr->ns || strcmp(row->name, (const char *)attr->name)))
		row++;
	if (!row || !row->name)
		return xml_wrong(reader, node, (const char *)attr->name, "unknown attribute");
	value = xmlGetNoNsProp(node, attr->name);
	ret = value ? walk_attribute(reader, node, row, (const char *)value)
		    : xml_no_memory(reader);
	xmlFree(value);
	return ret;
}

static int walk_attributes(struct xml_reader *reader, xmlNode *node,
			   const struct xml_element *element)
{
	xmlAttr *attr;
	int ret = 0, now;

	for (attr = node->properties; attr && !reader->stop; attr = attr->next) {
		now = walk_named_attribute(reader, node, attr, element);
		ret = ret ? ret : now;
	}
	return ret;
}

/* Text where elements belong: blanks are layout, anything else is a mistake. */
static int walk_text(struct xml_reader *reader, xmlNode *node, const char *text)
{
	size_t length;

	text += strspn(text, " \t\r\n");
	length = strcspn(text, "\r\n");
	if (!*text)
		return 0;
	return xml_wrong(reader, node, NULL, "found text '%.*s', expected elements only",
			 length < QUOTE_MAX ? (int)length : QUOTE_MAX, text);
}

static const struct xml_element *find_row(const struct xml_element *rows, const xmlNode *node)
{
	for (; rows && rows->name; rows++)
		if (!node->ns && !strcmp(rows->name, (const char *)node->name))
			return rows;
	return NULL;
}

static bool stood_before(const xmlNode *node)
{
	const xmlNode *other;

	for (other = node->prev; other; other = other->prev)
		if (other->type == XML_ELEMENT_NODE && !other->ns &&
		    xmlStrEqual(other->name, node->name))
			return true;
	return false;
}

static int walk_child(struct xml_reader *reader, xmlNode *node, const struct xml_element *element)
{
	const struct xml_element *row = find_row(element->children, node);
	int ret;

	if (!row && node->ns && node->ns->href)
		return xml_wrong(reader, node, NULL,
				 "unknown element of namespace '%.*s': such elements may stand in "
				 "<metadata> only",
				 QUOTE_MAX, (const char *)node->ns->href);
	if (!row) {
		ret = xml_wrong(reader, node, NULL, "unknown element");
		suggest_element(reader, (const char *)node->name, element->children);
		return ret;
	}
	if (!row->many && stood_before(node))
		return xml_wrong(reader, node, NULL, "found a second <%s>, expected one",
				 row->name);
	return xml_walk(reader, node, row);
}

static int walk_children(struct xml_reader *reader, xmlNode *node,
			 const struct xml_element *element)
{
	xmlNode *child;
	int ret = 0, now;

	for (child = node->children; child && !reader->stop; child = child->next) {
		now = 0;
		if (child->type == XML_ELEMENT_NODE)
			now = walk_child(reader, child, element);
		else if (child->type == XML_TEXT_NODE && !element->text)
			now = walk_text(reader, node, (const char *)child->content);
		ret = ret ? ret : now;
	}
	return ret;
}

static char *trim(char *text)
{
	size_t length;

	while (isspace((unsigned char)*text))
		text++;
	for (length = strlen(text); length && isspace((unsigned char)text[length - 1]); length--)
		;
	text[length] = '\0';
	return text;
}

static int read_element(struct xml_reader *reader, xmlNode *node, const struct xml_element *element)
{
	xmlChar *text;
	int ret;

	if (!element->read)
		return 0;
	if (!element->text)
		return element->read(reader, node, NULL);
	text = xmlNodeGetContent(node);
	if (!text)
		return xml_no_memory(reader);
	ret = element->read(reader, node, trim((char *)text));
	xmlFree(text);
	return ret;
}

int xml_walk(struct xml_reader *reader, xmlNode *node, const struct xml_element *element)
{
	int ret, children, own = 0;

	switch (element->meaning) {
	case XML_LATER:
		ret = xml_later(reader, node, NULL, "not supported yet");
		if (element->note)
			xml_hint(reader, element->note);
		return ret;
	case XML_MEANINGLESS:
		xml_warn(reader, node, NULL, "means nothing for a PV guest, ignored");
		return 0;
	case XML_SKIPPED: return element->read ? element->read(reader, node, NULL) : 0;
	case XML_READ: break;
	}
	ret = walk_attributes(reader, node, element);
	children = walk_children(reader, node, element);
	/* Elements in a text make it a text that nobody wrote. */
	if (!children && !reader->stop)
		own = read_element(reader, node, element);
	return ret ? ret : children ? children : own;
}
