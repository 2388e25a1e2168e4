/* SPDX-License-Identifier: MIT */
/* Readers of the elements of <domain> that become fields of its configuration. */
#include "xml_fields.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

#define MIB       (1ull << 20)
#define TIB       (1ull << 40)
#define QUOTE_MAX 80
#define NO_NUMBER "found '%.*s', expected a whole number"

static int keep(struct xml_reader *reader, char **field, const char *text)
{
	*field = strdup(text);
	return *field ? 0 : xml_no_memory(reader);
}

static bool is_number(const char *text)
{
	return text[strspn(text, "0123456789")] == '\0';
}

int read_name(struct xml_reader *reader, xmlNode *node, char *text)
{
	if (!*text)
		return xml_wrong(reader, node, NULL, "found nothing, expected a name");
	if (strlen(text) > DOMAIN_NAME_MAX)
		return xml_wrong(reader, node, NULL, "found %zu bytes, expected at most %d",
				 strlen(text), DOMAIN_NAME_MAX);
	if (!text_is_plain(text))
		return xml_wrong(reader, node, NULL,
				 "found '%.*s', expected a name without control characters and "
				 "marks of direction",
				 QUOTE_MAX, text);
	if (!strcmp(text, ".") || !strcmp(text, ".."))
		return xml_wrong(reader, node, NULL,
				 "found '%s', expected a name that no folder has", text);
	if (strchr(text, '/'))
		return xml_wrong(reader, node, NULL, "found '%.*s', expected a name without '/'",
				 QUOTE_MAX, text);
	if (is_number(text))
		xml_warn(reader, node, NULL,
			 "'%s' is a number: commands will take it for a domain's id first", text);
	return keep(reader, &reader->config->name, text);
}

int read_uuid(struct xml_reader *reader, xmlNode *node, char *text)
{
	uint8_t uuid[UUID_BYTES];

	if (uuid_parse(text, uuid))
		return xml_wrong(reader, node, NULL,
				 "found '%.*s', expected 32 hex digits, as "
				 "8-4-4-4-12 or without hyphens",
				 QUOTE_MAX, text);
	uuid_format(uuid, reader->config->uuid);
	return 0;
}

int read_title(struct xml_reader *reader, xmlNode *node, char *text)
{
	if (strchr(text, '\n'))
		return xml_wrong(reader, node, NULL, "found several lines, expected one");
	return keep(reader, &reader->config->title, text);
}

int read_description(struct xml_reader *reader, xmlNode *node, char *text)
{
	(void)node;
	return keep(reader, &reader->config->description, text);
}

/* The element as text of its own: copied into a document of its own first, so that namespaces
 * declared above it come along. */
static char *node_text(xmlNode *node)
{
	xmlDoc *doc = xmlNewDoc(BAD_CAST "1.0");
	xmlBuffer *buffer = xmlBufferCreate();
	xmlNode *copy = doc ? xmlDocCopyNode(node, doc, 1) : NULL;
	char *text = NULL;

	if (copy) {
		xmlDocSetRootElement(doc, copy);
		if (buffer && xmlReconciliateNs(doc, copy) >= 0 &&
		    xmlNodeDump(buffer, doc, copy, 0, 0) >= 0)
			text = strdup((const char *)xmlBufferContent(buffer));
	}
	xmlBufferFree(buffer);
	xmlFreeDoc(doc);
	return text;
}

/* Names cannot be escaped, so those that would act on a terminal (a mark of direction may stand in
 * one) cannot be shown. */
static int check_names(struct xml_reader *reader, xmlNode *node)
{
	const xmlAttr *attr;
	xmlNode *child;
	bool plain =
		text_is_plain((const char *)node->name) &&
		(!node->ns || !node->ns->prefix || text_is_plain((const char *)node->ns->prefix));
	int ret = 0;

	for (attr = node->properties; attr && plain; attr = attr->next)
		plain = text_is_plain((const char *)attr->name);
	if (!plain)
		return xml_wrong(reader, node, NULL,
				 "found a mark of direction in a name, expected none");
	for (child = node->children; child && !ret; child = child->next)
		if (child->type == XML_ELEMENT_NODE)
			ret = check_names(reader, child);
	return ret;
}

/* libvirt's rule: every element has a namespace, no two the same, so that each program finds its
 * own. */
static int check_metadata(struct xml_reader *reader, xmlNode *node)
{
	xmlNode *child, *other;

	for (child = node->children; child; child = child->next) {
		if (child->type != XML_ELEMENT_NODE)
			continue;
		if (!child->ns)
			return xml_wrong(reader, child, NULL, "found no namespace, expected one");
		for (other = node->children; other != child; other = other->next)
			if (other->type == XML_ELEMENT_NODE &&
			    xmlStrEqual(other->ns->href, child->ns->href))
				return xml_wrong(reader, child, NULL,
						 "found a second element of namespace '%.*s', "
						 "expected one",
						 QUOTE_MAX, (const char *)child->ns->href);
	}
	return check_names(reader, node);
}

int read_metadata(struct xml_reader *reader, xmlNode *node, char *text)
{
	int ret = check_metadata(reader, node);

	(void)text;
	if (ret)
		return ret;
	reader->config->metadata = node_text(node);
	return reader->config->metadata ? 0 : xml_no_memory(reader);
}

static int read_size(struct xml_reader *reader, xmlNode *node, const char *text, uint64_t *size)
{
	char *unit = xml_attribute_get(node, "unit");
	uint64_t bytes = 0;
	int ret = xml_scaled(text, unit ? unit : "KiB", &bytes);

	if (ret == -ENOENT)
		ret = xml_wrong(reader, node, "unit", "found '%.*s', expected %s", QUOTE_MAX, unit,
				xml_units_expected());
	else if (ret == -EINVAL)
		ret = xml_wrong(reader, node, NULL, NO_NUMBER, QUOTE_MAX, text);
	else if (ret || bytes > PV_MAX_MEMORY_TIB * TIB)
		ret = xml_wrong(reader, node, NULL, "found '%.*s' %s, expected at most %d TiB",
				QUOTE_MAX, text, unit ? unit : "KiB", PV_MAX_MEMORY_TIB);
	else if (!bytes)
		ret = xml_wrong(reader, node, NULL, "found 0, expected some memory");
	else
		*size = (bytes + MIB - 1) & ~(MIB - 1);
	xmlFree(unit);
	return ret;
}

int read_memory(struct xml_reader *reader, xmlNode *node, char *text)
{
	return read_size(reader, node, text, &reader->config->memory);
}

int read_current_memory(struct xml_reader *reader, xmlNode *node, char *text)
{
	return read_size(reader, node, text, &reader->config->current_memory);
}

/* A whole number from 1 to `max`, of the element or, with `attribute`, of that. */
static int read_count(struct xml_reader *reader, xmlNode *node, const char *attribute,
		      const char *text, unsigned int max, unsigned int *count)
{
	uint64_t number = 0;
	int ret = xml_number(text, max, &number);

	if (ret == -EINVAL)
		return xml_wrong(reader, node, attribute, NO_NUMBER, QUOTE_MAX, text);
	if (ret || !number)
		return xml_wrong(reader, node, attribute, "found '%.*s', expected 1 to %u",
				 QUOTE_MAX, text, max);
	*count = number;
	return 0;
}

/* Leaves `count` alone when the attribute is absent. */
static int read_attribute_count(struct xml_reader *reader, xmlNode *node, const char *attribute,
				unsigned int max, unsigned int *count)
{
	char *text = xml_attribute_get(node, attribute);
	int ret = text ? read_count(reader, node, attribute, text, max, count) : 0;

	xmlFree(text);
	return ret;
}

int read_vcpu(struct xml_reader *reader, xmlNode *node, char *text)
{
	struct domain_config *config = reader->config;
	int ret = read_count(reader, node, NULL, text, PV_MAX_VCPUS, &config->vcpus);

	if (ret)
		return ret;
	config->current_vcpus = config->vcpus;
	return read_attribute_count(reader, node, "current", config->vcpus, &config->current_vcpus);
}

int read_os_type(struct xml_reader *reader, xmlNode *node, char *text)
{
	if (xml_value_listed("linux|xen", text))
		return 0;
	if (xml_value_listed("hvm|xenpvh", text))
		return xml_later(reader, node, NULL,
				 "'%s' guests are not supported: this host runs PV guests, type "
				 "'linux'",
				 text);
	return xml_wrong(reader, node, NULL,
			 "found '%.*s', expected 'linux', which stands for any PV kernel",
			 QUOTE_MAX, text);
}

static int read_path(struct xml_reader *reader, xmlNode *node, const char *text, char **field)
{
	const char *base = reader->source->base_dir;

	if (!*text)
		return xml_wrong(reader, node, NULL, "found nothing, expected the path of a file");
	if (!text_is_plain(text))
		return xml_wrong(reader, node, NULL,
				 "found a line break, control character or mark of direction, "
				 "expected a path");
	if (text[0] == '/' || !base)
		return keep(reader, field, text);
	if (asprintf(field, "%s/%s", base, text) >= 0)
		return 0;
	*field = NULL;
	return xml_no_memory(reader);
}

int read_kernel(struct xml_reader *reader, xmlNode *node, char *text)
{
	return read_path(reader, node, text, &reader->config->kernel);
}

int read_initrd(struct xml_reader *reader, xmlNode *node, char *text)
{
	return read_path(reader, node, text, &reader->config->initrd);
}

/* Line breaks are layout of the XML, kernels want one line; other blanks stay, since a quoted
 * argument may have them. */
int read_cmdline(struct xml_reader *reader, xmlNode *node, char *text)
{
	char *from, *to = text;
	bool line_end;

	for (from = text; *from; from++) {
		line_end = *from == '\n';
		*to++ = isspace((unsigned char)*from) ? ' ' : *from;
		if (line_end)
			from += strspn(from + 1, " \t\r\n");
	}
	*to = '\0';
	if (strlen(text) > DOMAIN_CMDLINE_MAX)
		return xml_wrong(reader, node, NULL, "found %zu bytes, expected at most %d",
				 strlen(text), DOMAIN_CMDLINE_MAX);
	return keep(reader, &reader->config->cmdline, text);
}

static int read_action(struct xml_reader *reader, xmlNode *node, const char *text,
		       enum domain_action last, enum domain_action *action)
{
	const char *expected =
		last == ACTION_RENAME_RESTART
			? "destroy, restart, preserve or rename-restart"
			: "destroy, restart, preserve, rename-restart, coredump-destroy or "
			  "coredump-restart";
	enum domain_action i;

	for (i = ACTION_DESTROY; i <= last; i++) {
		if (strcmp(text, domain_action_name(i)))
			continue;
		if (i >= ACTION_COREDUMP_DESTROY)
			return xml_later(reader, node, NULL, "'%s' is not supported yet", text);
		*action = i;
		return 0;
	}
	return xml_wrong(reader, node, NULL, "found '%.*s', expected %s", QUOTE_MAX, text,
			 expected);
}

int read_on_poweroff(struct xml_reader *reader, xmlNode *node, char *text)
{
	return read_action(reader, node, text, ACTION_RENAME_RESTART, &reader->config->on_poweroff);
}

int read_on_reboot(struct xml_reader *reader, xmlNode *node, char *text)
{
	return read_action(reader, node, text, ACTION_RENAME_RESTART, &reader->config->on_reboot);
}

int read_on_crash(struct xml_reader *reader, xmlNode *node, char *text)
{
	return read_action(reader, node, text, ACTION_COREDUMP_RESTART, &reader->config->on_crash);
}

/* virsh writes adjustment='reset' for a Xen guest; a number would mean a clock that is off. */
int read_clock(struct xml_reader *reader, xmlNode *node, char *text)
{
	char *adjustment = xml_attribute_get(node, "adjustment");
	int ret = 0;

	(void)text;
	if (adjustment && !xml_value_listed("reset|0", adjustment))
		ret = xml_later(reader, node, "adjustment", "'%.*s' is not supported yet",
				QUOTE_MAX, adjustment);
	xmlFree(adjustment);
	return ret;
}

int read_console(struct xml_reader *reader, xmlNode *node, char *text)
{
	(void)text;
	if (++reader->consoles > 1)
		return xml_later(reader, node, NULL, "a second console is not supported yet");
	return 0;
}

static int read_xenbus(struct xml_reader *reader, xmlNode *node)
{
	struct domain_config *config = reader->config;
	int ret = read_attribute_count(reader, node, "maxGrantFrames", PV_MAX_GRANT_FRAMES,
				       &config->max_grant_frames);

	if (!ret)
		ret = read_attribute_count(reader, node, "maxEventChannels", PV_MAX_EVENT_CHANNELS,
					   &config->max_event_channels);
	if (!ret && config->max_event_channels == 1)
		ret = xml_wrong(reader, node, "maxEventChannels",
				"found '1', expected 2 or more: the console and the store take one "
				"each");
	return ret;
}

/* Only a Xen guest's own bus has anything to say; libvirt adds others to descriptions of any guest.
 */
int read_controller(struct xml_reader *reader, xmlNode *node, char *text)
{
	char *type = xml_attribute_get(node, "type");
	char *model = xml_attribute_get(node, "model");
	int ret = 0;

	(void)text;
	if (!type)
		ret = xml_wrong(reader, node, "type", "missing, expected 'xenbus'");
	else if (!strcmp(type, "xenbus"))
		ret = read_xenbus(reader, node);
	else if (!strcmp(type, "usb") && model && !strncmp(model, "qusb", 4))
		ret = xml_later(reader, node, NULL, "USB is not supported yet");
	else if (strcmp(type, "usb") || !model || strcmp(model, "none"))
		xml_warn(reader, node, "type", "'%.*s' means nothing for a PV guest, ignored",
			 QUOTE_MAX, type);
	xmlFree(type);
	xmlFree(model);
	return ret;
}

int read_input(struct xml_reader *reader, xmlNode *node, char *text)
{
	char *bus = xml_attribute_get(node, "bus");

	(void)text;
	if (bus && strcmp(bus, "xen"))
		xml_warn(reader, node, "bus", "'%.*s' means nothing for a PV guest, ignored",
			 QUOTE_MAX, bus);
	xmlFree(bus);
	return 0;
}
