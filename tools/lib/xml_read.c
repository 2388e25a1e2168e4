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

static int read_document(struct xml_reader *reader, xmlDoc *doc)
{
	xmlNode *root = xmlDocGetRootElement(doc);
	int ret;

	if (root->ns || strcmp((const char *)root->name, "domain"))
		return xml_wrong(reader, root, NULL, "expected <domain> without a namespace");
	ret = xml_walk(reader, root, &xml_domain_element);
	return ret ? ret : xml_domain_finish(reader, root);
}

int domain_config_read(struct domain_config *config, const struct xml_source *source,
		       xml_warn_fn *warn, void *context, struct error *err)
{
	struct xml_reader reader = {
		.source = source,
		.config = config,
		.warn = warn,
		.warn_context = context,
		.err = err,
	};
	xmlDoc *doc;
	int ret;

	set_defaults(config);
	doc = xml_parse(source, err);
	if (!doc)
		return error_errno(err->code);
	ret = read_document(&reader, doc);
	xmlFreeDoc(doc);
	if (ret) {
		error_domain(err, config->name);
		domain_config_free(config);
	}
	return ret;
}
