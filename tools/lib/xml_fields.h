/* SPDX-License-Identifier: MIT */
/* Private to the XML reader: who reads which element. Called by the walk as xml_element.read. */
#ifndef TOOLS_LIB_XML_FIELDS_H
#define TOOLS_LIB_XML_FIELDS_H

#include "xml_read.h"

int read_name(struct xml_reader *reader, xmlNode *node, char *text);
int read_uuid(struct xml_reader *reader, xmlNode *node, char *text);
int read_title(struct xml_reader *reader, xmlNode *node, char *text);
int read_description(struct xml_reader *reader, xmlNode *node, char *text);
int read_metadata(struct xml_reader *reader, xmlNode *node, char *text);
int read_memory(struct xml_reader *reader, xmlNode *node, char *text);
int read_current_memory(struct xml_reader *reader, xmlNode *node, char *text);
int read_vcpu(struct xml_reader *reader, xmlNode *node, char *text);
int read_os_type(struct xml_reader *reader, xmlNode *node, char *text);
int read_kernel(struct xml_reader *reader, xmlNode *node, char *text);
int read_initrd(struct xml_reader *reader, xmlNode *node, char *text);
int read_cmdline(struct xml_reader *reader, xmlNode *node, char *text);
int read_on_poweroff(struct xml_reader *reader, xmlNode *node, char *text);
int read_on_reboot(struct xml_reader *reader, xmlNode *node, char *text);
int read_on_crash(struct xml_reader *reader, xmlNode *node, char *text);
int read_clock(struct xml_reader *reader, xmlNode *node, char *text);
int read_console(struct xml_reader *reader, xmlNode *node, char *text);
int read_controller(struct xml_reader *reader, xmlNode *node, char *text);
int read_input(struct xml_reader *reader, xmlNode *node, char *text);

#endif
