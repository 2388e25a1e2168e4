/* SPDX-License-Identifier: MIT */
/*
 * From text to a document, with everything of XML that reaches outside switched off. The text comes
 * from any client: the parser is stopped at a DOCTYPE, before its first declaration, so entities
 * beyond the five of XML never exist.
 */
#include "xml_read.h"

#include <libxml/parser.h>
#include <string.h>

#define PARSE_OPTIONS                                                                    \
	(XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOCDATA | \
	 XML_PARSE_BIG_LINES)

/* Called at "<!DOCTYPE name"; marks the context and ends the parse. */
static void refuse_doctype(void *context, const xmlChar *name, const xmlChar *external,
			   const xmlChar *system)
{
	xmlParserCtxt *parser = context;

	(void)name;
	(void)external;
	(void)system;
	*(bool *)parser->_private = true;
	xmlStopParser(parser);
}

static int malformed(const struct xml_source *source, xmlParserCtxt *parser, struct error *err)
{
	const xmlError *why = xmlCtxtGetLastError(parser);
	const char *message = why && why->message ? why->message : "no XML";

	return error_set(err, ERROR_XML, "xml", "%s:%d: malformed XML: %.*s", source->file,
			 why ? why->line : 1, (int)strcspn(message, "\n"), message);
}

/* Domain XML travels inside JSON, which is UTF-8 and nothing else. */
static bool is_utf8(const xmlDoc *doc)
{
	const char *encoding = (const char *)doc->encoding;

	return !encoding || !strcasecmp(encoding, "UTF-8") || !strcasecmp(encoding, "US-ASCII") ||
	       !strcasecmp(encoding, "ASCII");
}

static xmlDoc *parse_with(xmlParserCtxt *parser, const struct xml_source *source, struct error *err)
{
	bool doctype = false;
	xmlDoc *doc;

	parser->_private = &doctype;
	parser->sax->internalSubset = refuse_doctype;
	doc = xmlCtxtReadMemory(parser, source->text, source->length, source->file, NULL,
				PARSE_OPTIONS);
	if (doctype)
		error_set(err, ERROR_XML, "xml",
			  "%s:%d: found a DOCTYPE, expected none: document types and entities "
			  "are not accepted",
			  source->file, parser->input ? parser->input->line : 1);
	else if (!doc)
		malformed(source, parser, err);
	else if (!is_utf8(doc))
		error_set(err, ERROR_XML, "xml", "%s:1: found encoding '%.40s', expected UTF-8",
			  source->file, (const char *)doc->encoding);
	else if (!xmlDocGetRootElement(doc))
		error_set(err, ERROR_XML, "xml", "%s:1: found no element, expected <domain>",
			  source->file);
	if (doc && error_is_set(err)) {
		xmlFreeDoc(doc);
		doc = NULL;
	}
	return doc;
}

xmlDoc *xml_parse(const struct xml_source *source, struct error *err)
{
	xmlParserCtxt *parser;
	xmlDoc *doc;

	if (source->length > XML_SIZE_MAX) {
		error_set(err, ERROR_XML, "xml", "%s: found %zu bytes, expected at most %u",
			  source->file, source->length, XML_SIZE_MAX);
		return NULL;
	}
	parser = xmlNewParserCtxt();
	if (!parser) {
		error_set(err, ERROR_FAILED, "xml", "out of memory");
		return NULL;
	}
	doc = parse_with(parser, source, err);
	xmlFreeParserCtxt(parser);
	return doc;
}
