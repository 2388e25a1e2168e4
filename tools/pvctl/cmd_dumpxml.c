/* SPDX-License-Identifier: MIT */
/* pvctl dumpxml: a domain's description, whole or what an XPath expression selects of it. */
#include "domain_info.h"

#include <libxml/parser.h>
#include <libxml/xpath.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "print.h"
#include "xml.h"

static void ignore_complaint(void *context, xmlErrorPtr why)
{
	(void)context;
	(void)why;
}

/* The nodes as children of one <nodes>. */
static xmlDoc *wrap_nodes(const xmlNodeSet *nodes)
{
	xmlDoc *doc = xmlNewDoc(BAD_CAST "1.0");
	xmlNode *root = doc ? xmlNewDocNode(doc, NULL, BAD_CAST "nodes", NULL) : NULL;
	int i;

	if (root)
		xmlDocSetRootElement(doc, root);
	for (i = 0; root && i < nodes->nodeNr; i++)
		xmlAddChild(root, xmlDocCopyNode(nodes->nodeTab[i], doc, 1));
	return doc;
}

static void write_node(FILE *out, xmlDoc *doc, xmlNode *node)
{
	xmlBuffer *buffer = xmlBufferCreate();

	if (buffer && xmlNodeDump(buffer, doc, node, 0, 1) >= 0)
		fprintf(out, "%s\n", (const char *)xmlBufferContent(buffer));
	xmlBufferFree(buffer);
}

/* One node a line as virsh has it, to be freed; NULL when memory is short. */
static char *write_nodes(xmlDoc *doc, const xmlNodeSet *nodes, bool wrap)
{
	xmlDoc *wrapped = wrap ? wrap_nodes(nodes) : NULL;
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);
	int i;

	if (wrapped && out)
		write_node(out, wrapped, xmlDocGetRootElement(wrapped));
	for (i = 0; !wrap && out && i < nodes->nodeNr; i++)
		write_node(out, doc, nodes->nodeTab[i]);
	if (out)
		fclose(out);
	xmlFreeDoc(wrapped);
	return text;
}

static char *select_from(xmlDoc *doc, const char *expression, bool wrap, int *status)
{
	static const xmlNodeSet none = { .nodeNr = 0 };
	xmlXPathContext *context = xmlXPathNewContext(doc);
	xmlXPathObject *found = NULL;
	char *text = NULL;

	if (context) {
		context->error = ignore_complaint;
		found = xmlXPathEval(BAD_CAST expression, context);
	}
	if (found && found->type == XPATH_NODESET)
		text = write_nodes(doc, found->nodesetval ? found->nodesetval : &none, wrap);
	else
		*status = tell_usage("option --xpath: found '%s', expected an expression that "
				     "selects nodes",
				     expression);
	xmlXPathFreeObject(found);
	xmlXPathFreeContext(context);
	return text;
}

/* What `expression` selects of `xml`, which is freed; NULL with the error printed. */
static char *select_nodes(char *xml, const char *expression, bool wrap, int *status)
{
	xmlDoc *doc = xmlReadMemory(xml, (int)strlen(xml), "domain", NULL,
				    XML_PARSE_NONET | XML_PARSE_NOBLANKS | XML_PARSE_NOERROR |
					    XML_PARSE_NOWARNING);
	struct error err = ERROR_INIT;
	char *text = NULL;

	if (doc) {
		text = select_from(doc, expression, wrap, status);
	} else {
		error_set(&err, ERROR_FAILED, "xml", "the daemon's answer is no XML");
		*status = tell_error(&err, NULL);
	}
	xmlFreeDoc(doc);
	free(xml);
	return text;
}

/* `xml`, which is freed, without what only a running domain has. */
static char *without_live(char *xml, int *status)
{
	struct xml_source source = { .text = xml, .length = strlen(xml), .file = "domain" };
	struct domain_config config;
	struct error err = ERROR_INIT;
	char *text = NULL;

	if (domain_config_read(&config, &source, NULL, &err))
		*status = tell_error(&err, NULL);
	else
		text = domain_config_write(&config, NULL);
	domain_config_free(&config);
	free(xml);
	return text;
}

/* The XML as the options want it; NULL with the error printed, or when memory is short. */
static char *shape(const struct args *args, const json_t *answer, int *status)
{
	const char *xpath = args_text(args, "xpath");
	char *xml = strdup(field_text(answer, "xml"));

	if (xml && (args_flag(args, "inactive") || args_flag(args, "migratable")))
		xml = without_live(xml, status);
	if (xml && xpath)
		xml = select_nodes(xml, xpath, args_flag(args, "wrap"), status);
	return xml;
}

static int print(const struct args *args, json_t *answer)
{
	struct error err = ERROR_INIT;
	int status = 0;
	char *xml = shape(args, answer, &status);

	if (!xml && !status) {
		error_set(&err, ERROR_FAILED, "xml", "out of memory");
		status = tell_error(&err, NULL);
	}
	if (xml && globals.json) {
		json_object_set_new(answer, "xml", json_string(xml));
		tell_json(answer);
	} else if (xml) {
		print_text(stdout, xml, PRINT_XML);
	}
	free(xml);
	return status;
}

int cmd_dumpxml(const struct args *args)
{
	const char *domain = args_text(args, "domain");
	struct rpc_client client = RPC_CLIENT_INIT;
	struct error err = ERROR_INIT;
	json_t *answer = NULL;
	int status = session_open(&client);

	if (status)
		return status;
	status = session_call(&client, "domain.xml", domain_params(domain), &answer, &err);
	if (status)
		domain_tell_error(&err, domain, NULL);
	else
		status = print(args, answer);
	json_decref(answer);
	rpc_client_close(&client);
	return status;
}
