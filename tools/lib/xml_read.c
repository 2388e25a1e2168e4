/* SPDX-License-Identifier: MIT */
/* Reads a domain's XML into its configuration: parse, walk, check the whole. */
#include "xml_read.h"

#include <string.h>

/* What libvirt takes when the XML is silent. */
static void set_defaults(struct domain_config *config)
{
	memset(config, 0, sizeof(*config));
	config->on_poweroff = ACTION_DESTROY;
	config->on_reboot = ACTION_RESTART;
	config->on_crash = ACTION_DESTROY;
}

static void read_document(struct xml_reader *reader, xmlDoc *doc)
{
	xmlNode *root = xmlDocGetRootElement(doc);

	if (root->ns || strcmp((const char *)root->name, "domain")) {
		xml_wrong(reader, root, NULL, "expected <domain> without a namespace");
	} else {
		xml_walk(reader, root, &xml_domain_element);
		xml_domain_finish(reader, root);
	}
	xml_flush(reader);
}

/* What keeps the document from being read at all is a mistake like others. */
static int cannot_parse(const struct xml_listener *listener, const struct error *err)
{
	if (listener && listener->mistake)
		listener->mistake(listener->context, err);
	return error_errno(err->code);
}

int domain_config_read(struct domain_config *config, const struct xml_source *source,
		       const struct xml_listener *listener, struct error *err)
{
	struct xml_reader reader = {
		.source = source,
		.config = config,
		.listener = listener,
		.err = err,
	};
	xmlDoc *doc;

	set_defaults(config);
	doc = xml_parse(source, err);
	if (!doc)
		return cannot_parse(listener, err);
	read_document(&reader, doc);
	xmlFreeDoc(doc);
	if (!error_is_set(err))
		return 0;
	error_domain(err, config->name);
	domain_config_free(config);
	return error_errno(err->code);
}
