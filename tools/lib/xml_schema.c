/* SPDX-License-Identifier: MIT */
/* The gate: a document against docs/domain.rng, whose text the build turns into schema_text. */
#include "xml_read.h"

#include <libxml/relaxng.h>
#include <stdio.h>
#include <string.h>

#include "domain_rng.h"

/* The first complaint is the one nearest to the cause; the others follow from it. */
static void take_complaint(void *context, xmlErrorPtr why)
{
	struct xml_reader *reader = context;
	const char *message = why->message ? why->message : "?";
	int length = (int)strcspn(message, "\n");
	xmlNode *node = why->node;

	if (reader->mistakes || error_is_set(reader->err))
		return;
	if (node && node->type == XML_ELEMENT_NODE)
		xml_wrong(reader, node, NULL, "not as the schema has it: %.*s", length, message);
	else
		error_set(reader->err, ERROR_XML, "xml", "%s:%d: not as the schema has it: %.*s",
			  reader->source->file, why->line, length, message);
}

static void ignore_complaint(void *context, xmlErrorPtr why)
{
	(void)context;
	(void)why;
}

static xmlRelaxNG *schema_parse(void)
{
	xmlRelaxNGParserCtxt *parser =
		xmlRelaxNGNewMemParserCtxt(domain_rng_text, sizeof(domain_rng_text) - 1);
	xmlRelaxNG *schema;

	if (!parser)
		return NULL;
	xmlRelaxNGSetParserStructuredErrors(parser, ignore_complaint, NULL);
	schema = xmlRelaxNGParse(parser);
	xmlRelaxNGFreeParserCtxt(parser);
	return schema;
}

static int check_against(xmlRelaxNG *schema, xmlDoc *doc, struct xml_reader *reader)
{
	xmlRelaxNGValidCtxt *context = xmlRelaxNGNewValidCtxt(schema);
	int verdict;

	if (!context)
		return xml_no_memory(reader);
	xmlRelaxNGSetValidStructuredErrors(context, take_complaint, reader);
	verdict = xmlRelaxNGValidateDoc(context, doc);
	xml_flush(reader);
	xmlRelaxNGFreeValidCtxt(context);
	if (!verdict)
		return 0;
	return error_set(reader->err, ERROR_XML, "xml", "%s: not as the schema has it",
			 reader->source->file);
}

int domain_schema_check(const struct xml_source *source, struct error *err)
{
	struct xml_reader reader = { .source = source, .err = err };
	xmlRelaxNG *schema;
	xmlDoc *doc;
	int ret;

	doc = xml_parse(source, err);
	if (!doc)
		return error_errno(err->code);
	schema = schema_parse();
	ret = schema ? check_against(schema, doc, &reader) : xml_no_memory(&reader);
	xmlRelaxNGFree(schema);
	xmlFreeDoc(doc);
	return ret;
}
