/* SPDX-License-Identifier: MIT */
/* The reader's messages: file, line, path, what was found. */
#include "xml_read.h"

#include <stdarg.h>
#include <stdio.h>

#define PLACE_MAX 512
#define TEXT_MAX  512

/* Writes "/domain/os" into `to`; `size` cuts a path that a hostile depth made long. Returns the
 * length. */
static size_t path_write(char *to, size_t size, const xmlNode *node)
{
	const char *prefix = node->ns ? (const char *)node->ns->prefix : NULL;
	size_t length = 0;

	if (node->parent && node->parent->type == XML_ELEMENT_NODE)
		length = path_write(to, size, node->parent);
	length += snprintf(to + length, size - length, "/%s%s%s", prefix ? prefix : "",
			   prefix ? ":" : "", node->name);
	return length < size ? length : size - 1;
}

static void place_write(char to[PLACE_MAX], const struct xml_reader *reader, const xmlNode *node,
			const char *attribute)
{
	int used =
		snprintf(to, PLACE_MAX, "%.200s:%ld: ", reader->source->file, xmlGetLineNo(node));
	size_t length = used + path_write(to + used, PLACE_MAX - used, node);

	if (attribute)
		snprintf(to + length, PLACE_MAX - length, "/@%s", attribute);
}

void xml_flush(struct xml_reader *reader)
{
	const struct xml_listener *listener = reader->listener;
	const struct error *mistake = &reader->mistake;

	if (!error_is_set(mistake))
		return;
	if (listener && listener->mistake)
		listener->mistake(listener->context, mistake);
	if (!error_is_set(reader->err) ||
	    (reader->err->code == ERROR_NOT_SUPPORTED && mistake->code == ERROR_XML))
		*reader->err = *mistake;
	error_clear(&reader->mistake);
}

static int report(struct xml_reader *reader, xmlNode *node, const char *attribute,
		  enum error_code code, const char *format, va_list args)
{
	char place[PLACE_MAX], text[TEXT_MAX];

	if (reader->stop)
		return error_errno(code);
	xml_flush(reader);
	if (++reader->mistakes > XML_MISTAKES_MAX) {
		reader->stop = true;
		return error_set(&reader->mistake, reader->err->code, "xml",
				 "%.200s: more mistakes follow these %d", reader->source->file,
				 XML_MISTAKES_MAX);
	}
	place_write(place, reader, node, attribute);
	vsnprintf(text, sizeof(text), format, args);
	return error_set(&reader->mistake, code, "xml", "%s: %s", place, text);
}

void xml_hint(struct xml_reader *reader, const char *text)
{
	if (!reader->stop)
		error_hint(&reader->mistake, "%s", text);
}

int xml_wrong(struct xml_reader *reader, xmlNode *node, const char *attribute, const char *format,
	      ...)
{
	va_list args;
	int ret;

	va_start(args, format);
	ret = report(reader, node, attribute, ERROR_XML, format, args);
	va_end(args);
	return ret;
}

int xml_later(struct xml_reader *reader, xmlNode *node, const char *attribute, const char *format,
	      ...)
{
	va_list args;
	int ret;

	va_start(args, format);
	ret = report(reader, node, attribute, ERROR_NOT_SUPPORTED, format, args);
	va_end(args);
	return ret;
}

void xml_warn(struct xml_reader *reader, xmlNode *node, const char *attribute, const char *format,
	      ...)
{
	char place[PLACE_MAX], text[TEXT_MAX], message[PLACE_MAX + TEXT_MAX + 4];
	va_list args;

	if (!reader->listener || !reader->listener->warning)
		return;
	place_write(place, reader, node, attribute);
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	snprintf(message, sizeof(message), "%s: %s", place, text);
	reader->listener->warning(reader->listener->context, message);
}

int xml_no_memory(struct xml_reader *reader)
{
	reader->stop = true;
	return error_set(reader->err, ERROR_FAILED, "xml", "out of memory");
}
