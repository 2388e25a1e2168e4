/* SPDX-License-Identifier: MIT */
/*
 * From text to a document, with everything of XML that reaches outside switched off. The text comes
 * from any client: the parser is stopped at a DOCTYPE, before its first declaration, so entities
 * beyond the five of XML never exist.
 */
#include "xml_read.h"

#include <libxml/parser.h>
#include <stdio.h>
#include <string.h>

#define PARSE_OPTIONS                                                                    \
	(XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOCDATA | \
	 XML_PARSE_BIG_LINES)

/* What a parse has met; the parser's _private. */
struct trouble {
	bool doctype;
	int line;
	char message[256]; /* the first complaint: those after it follow from it */
};

/* Called at "<!DOCTYPE name"; notes it and ends the parse. */
static void refuse_doctype(void *context, const xmlChar *name, const xmlChar *external,
			   const xmlChar *system)
{
	xmlParserCtxt *parser = context;
	struct trouble *trouble = parser->_private;

	(void)name;
	(void)external;
	(void)system;
	trouble->doctype = true;
	trouble->line = parser->input ? parser->input->line : 1;
	xmlStopParser(parser);
}

static void note_complaint(void *context, xmlErrorPtr why)
{
	xmlParserCtxt *parser = context;
	struct trouble *trouble = parser->_private;
	const char *message = why->message ? why->message : "?";

	if (why->level < XML_ERR_ERROR || trouble->message[0])
		return;
	trouble->line = why->line;
	snprintf(trouble->message, sizeof(trouble->message), "%.*s", (int)strcspn(message, "\n"),
		 message);
}

/* Domain XML travels inside JSON, which is UTF-8 and nothing else. */
static bool is_utf8(const xmlDoc *doc)
{
	const char *encoding = (const char *)doc->encoding;

	return !encoding || !strcasecmp(encoding, "UTF-8") || !strcasecmp(encoding, "US-ASCII") ||
	       !strcasecmp(encoding, "ASCII");
}

/* A document that parsed: is it one for us? Fills `err` if not. */
static void judge(const xmlDoc *doc, const struct xml_source *source, struct error *err)
{
	if (!is_utf8(doc))
		error_set(err, ERROR_XML, "xml", "%s:1: found encoding '%.40s', expected UTF-8",
			  source->file, (const char *)doc->encoding);
	else if (!xmlDocGetRootElement((xmlDoc *)doc))
		error_set(err, ERROR_XML, "xml", "%s:1: found no element, expected <domain>",
			  source->file);
}

static xmlDoc *parse_with(xmlParserCtxt *parser, const struct xml_source *source, struct error *err)
{
	struct trouble trouble = { .line = 1 };
	xmlDoc *doc;

	parser->_private = &trouble;
	parser->sax->internalSubset = refuse_doctype;
	parser->sax->serror = note_complaint;
	doc = xmlCtxtReadMemory(parser, source->text, source->length, source->file, NULL,
				PARSE_OPTIONS);
	if (trouble.doctype)
		error_set(err, ERROR_XML, "xml",
			  "%s:%d: found a DOCTYPE, expected none: document types and entities "
			  "are not accepted",
			  source->file, trouble.line);
	else if (!doc)
		error_set(err, ERROR_XML, "xml", "%s:%d: malformed XML: %s", source->file,
			  trouble.line, trouble.message[0] ? trouble.message : "no XML");
	else
		judge(doc, source, err);
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
		error_set(err, ERROR_XML, "xml",
			  "%s: found more than %u bytes, which is the most that is read",
			  source->file, XML_SIZE_MAX);
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
