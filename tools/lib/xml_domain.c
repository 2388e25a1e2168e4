/* SPDX-License-Identifier: MIT */
/*
 * The tables of <domain>, from the leaves up: what each element may contain. docs/domain-xml.md
 * says the same in words and docs/domain.rng as a schema; the unit tests hold all three together.
 */
#include "xml_fields.h"

#include <string.h>

#define LATER(element)                                              \
	{                                                           \
		.name = element, .meaning = XML_LATER, .many = true \
	}
#define LATER_NOTE(element, text)                                                 \
	{                                                                         \
		.name = element, .meaning = XML_LATER, .many = true, .note = text \
	}
#define MEANINGLESS(element)                                              \
	{                                                                 \
		.name = element, .meaning = XML_MEANINGLESS, .many = true \
	}
#define SKIPPED(element)                                              \
	{                                                             \
		.name = element, .meaning = XML_SKIPPED, .many = true \
	}

static const struct xml_attribute memory_attributes[] = {
	{ .name = "unit" }, { .name = "dumpCore", .values = "on|off" }, { 0 }
};

static const struct xml_attribute vcpu_attributes[] = { { .name = "placement",
							  .values = "static|auto" },
							{ .name = "current" },
							{ .name = "cpuset", .meaning = XML_LATER },
							{ 0 } };

static const struct xml_attribute os_type_attributes[] = {
	{ .name = "arch", .values = "x86_64", .later = "i686" },
	{ .name = "machine", .values = "xenpv", .later = "xenpvh|xenfv" },
	{ 0 }
};

static const struct xml_element os_children[] = {
	{ .name = "type", .text = true, .attributes = os_type_attributes, .read = read_os_type },
	{ .name = "kernel", .text = true, .read = read_kernel },
	{ .name = "initrd", .text = true, .read = read_initrd },
	{ .name = "cmdline", .text = true, .read = read_cmdline },
	LATER_NOTE("root", "Put root= into <cmdline>."),
	MEANINGLESS("loader"),
	MEANINGLESS("nvram"),
	MEANINGLESS("boot"),
	MEANINGLESS("bootmenu"),
	MEANINGLESS("bios"),
	MEANINGLESS("smbios"),
	MEANINGLESS("firmware"),
	MEANINGLESS("dtb"),
	MEANINGLESS("acpi"),
	{ 0 }
};

/* `firmware` is an automatic choice of loader. */
static const struct xml_attribute os_attributes[] = {
	{ .name = "firmware", .meaning = XML_MEANINGLESS }, { 0 }
};

static const struct xml_attribute clock_attributes[] = {
	{ .name = "offset", .values = "utc", .later = "localtime|timezone|variable|absolute" },
	{ .name = "adjustment" },
	{ .name = "basis", .values = "utc", .later = "localtime" },
	{ .name = "timezone", .meaning = XML_LATER },
	{ .name = "start", .meaning = XML_LATER },
	{ 0 }
};

static const struct xml_element clock_children[] = { LATER("timer"), { 0 } };

static const struct xml_attribute console_attributes[] = {
	{ .name = "type",
	  .values = "pty",
	  .later = "file|pipe|unix|tcp|udp|dev|vc|stdio|null|spicevmc|spiceport|nmdm|dbus" },
	{ .name = "tty" },
	{ 0 }
};

static const struct xml_attribute console_target_attributes[] = {
	{ .name = "type", .values = "xen", .later = "serial|virtio|uml|lxc|openvz|sclp|sclplm" },
	{ .name = "port", .values = "0" },
	{ 0 }
};

static const struct xml_attribute path_attributes[] = { { .name = "path" }, { 0 } };

static const struct xml_attribute alias_attributes[] = { { .name = "name" }, { 0 } };

static const struct xml_element console_children[] = {
	{ .name = "source", .attributes = path_attributes },
	{ .name = "target", .attributes = console_target_attributes },
	{ .name = "alias", .attributes = alias_attributes },
	LATER_NOTE("log", "The console is logged in any case; pvctl console --replay shows it."),
	LATER("protocol"),
	{ 0 }
};

static const struct xml_attribute memballoon_attributes[] = {
	{ .name = "model", .values = "xen" },
	{ .name = "autodeflate", .meaning = XML_MEANINGLESS },
	{ .name = "freePageReporting", .meaning = XML_MEANINGLESS },
	{ 0 }
};

static const struct xml_element memballoon_children[] = { { .name = "alias",
							    .attributes = alias_attributes },
							  SKIPPED("address"),
							  MEANINGLESS("stats"),
							  MEANINGLESS("driver"),
							  { 0 } };

static const struct xml_attribute input_attributes[] = {
	{ .name = "type", .values = "mouse|keyboard|tablet|passthrough|evdev" },
	{ .name = "bus" },
	{ .name = "model", .meaning = XML_MEANINGLESS },
	{ 0 }
};

static const struct xml_attribute controller_attributes[] = {
	{ .name = "type" },
	{ .name = "index" },
	{ .name = "model" },
	{ .name = "ports", .meaning = XML_MEANINGLESS },
	{ .name = "vectors", .meaning = XML_MEANINGLESS },
	{ .name = "maxGrantFrames" },
	{ .name = "maxEventChannels" },
	{ 0 }
};

static const struct xml_element plain_device_children[] = { { .name = "alias",
							      .attributes = alias_attributes },
							    SKIPPED("address"),
							    SKIPPED("driver"),
							    SKIPPED("source"),
							    SKIPPED("master"),
							    SKIPPED("model"),
							    SKIPPED("target"),
							    { 0 } };

static const struct xml_element device_children[] = { { .name = "emulator", .text = true },
						      { .name = "console",
							.many = true,
							.attributes = console_attributes,
							.children = console_children,
							.read = read_console },
						      { .name = "memballoon",
							.attributes = memballoon_attributes,
							.children = memballoon_children },
						      { .name = "input",
							.many = true,
							.attributes = input_attributes,
							.children = plain_device_children,
							.read = read_input },
						      { .name = "controller",
							.many = true,
							.attributes = controller_attributes,
							.children = plain_device_children,
							.read = read_controller },
						      LATER("disk"),
						      LATER("interface"),
						      LATER("graphics"),
						      LATER("hostdev"),
						      LATER("channel"),
						      LATER("filesystem"),
						      LATER("tpm"),
						      LATER("memory"),
						      LATER("redirdev"),
						      LATER("lease"),
						      MEANINGLESS("sound"),
						      MEANINGLESS("audio"),
						      MEANINGLESS("video"),
						      MEANINGLESS("serial"),
						      MEANINGLESS("parallel"),
						      MEANINGLESS("watchdog"),
						      MEANINGLESS("rng"),
						      MEANINGLESS("panic"),
						      MEANINGLESS("shmem"),
						      MEANINGLESS("iommu"),
						      MEANINGLESS("vsock"),
						      MEANINGLESS("smartcard"),
						      MEANINGLESS("hub"),
						      MEANINGLESS("nvram"),
						      MEANINGLESS("redirfilter"),
						      MEANINGLESS("crypto"),
						      { 0 } };

static const struct xml_element xen_feature_children[] = { LATER("e820_host"),
							   LATER("passthrough"),
							   { 0 } };

static const struct xml_element feature_children[] = { { .name = "xen",
							 .children = xen_feature_children },
						       MEANINGLESS("acpi"),
						       MEANINGLESS("apic"),
						       MEANINGLESS("pae"),
						       MEANINGLESS("hap"),
						       MEANINGLESS("viridian"),
						       MEANINGLESS("hyperv"),
						       MEANINGLESS("kvm"),
						       MEANINGLESS("privnet"),
						       MEANINGLESS("vmport"),
						       MEANINGLESS("smm"),
						       MEANINGLESS("ioapic"),
						       MEANINGLESS("pmu"),
						       MEANINGLESS("pvspinlock"),
						       MEANINGLESS("msrs"),
						       MEANINGLESS("vmcoreinfo"),
						       { 0 } };

static const struct xml_attribute cpu_attributes[] = {
	{ .name = "mode", .meaning = XML_MEANINGLESS },
	{ .name = "match", .meaning = XML_MEANINGLESS },
	{ .name = "check", .meaning = XML_MEANINGLESS },
	{ .name = "migratable", .meaning = XML_MEANINGLESS },
	{ 0 }
};

static const struct xml_element cpu_children[] = {
	LATER("numa"),          MEANINGLESS("arch"),        MEANINGLESS("model"),
	MEANINGLESS("vendor"),  MEANINGLESS("topology"),    MEANINGLESS("cache"),
	MEANINGLESS("feature"), MEANINGLESS("maxphysaddr"), { 0 }
};

static const struct xml_element domain_children[] = {
	{ .name = "name", .text = true, .read = read_name },
	{ .name = "uuid", .text = true, .read = read_uuid },
	{ .name = "title", .text = true, .read = read_title },
	{ .name = "description", .text = true, .read = read_description },
	{ .name = "metadata", .meaning = XML_SKIPPED, .read = read_metadata },
	{ .name = "memory", .text = true, .attributes = memory_attributes, .read = read_memory },
	{ .name = "currentMemory",
	  .text = true,
	  .attributes = memory_attributes,
	  .read = read_current_memory },
	{ .name = "vcpu", .text = true, .attributes = vcpu_attributes, .read = read_vcpu },
	{ .name = "os", .attributes = os_attributes, .children = os_children },
	{ .name = "clock",
	  .attributes = clock_attributes,
	  .children = clock_children,
	  .read = read_clock },
	{ .name = "on_poweroff", .text = true, .read = read_on_poweroff },
	{ .name = "on_reboot", .text = true, .read = read_on_reboot },
	{ .name = "on_crash", .text = true, .read = read_on_crash },
	{ .name = "features", .children = feature_children },
	{ .name = "cpu", .attributes = cpu_attributes, .children = cpu_children },
	{ .name = "devices", .children = device_children },
	LATER_NOTE("bootloader",
		   "Name the guest's kernel itself in <os><kernel>; PV GRUB can be such a kernel."),
	LATER_NOTE("bootloader_args",
		   "Name the guest's kernel itself in <os><kernel>; PV GRUB can be such a kernel."),
	LATER("cputune"),
	LATER("numatune"),
	LATER("maxMemory"),
	LATER("vcpus"),
	LATER("seclabel"),
	MEANINGLESS("memoryBacking"),
	MEANINGLESS("memtune"),
	MEANINGLESS("blkiotune"),
	MEANINGLESS("resource"),
	MEANINGLESS("iothreads"),
	MEANINGLESS("iothreadids"),
	MEANINGLESS("defaultiothread"),
	MEANINGLESS("idmap"),
	MEANINGLESS("sysinfo"),
	MEANINGLESS("genid"),
	MEANINGLESS("pm"),
	MEANINGLESS("perf"),
	MEANINGLESS("keywrap"),
	MEANINGLESS("launchSecurity"),
	MEANINGLESS("on_lockfailure"),
	{ 0 }
};

static const struct xml_attribute domain_attributes[] = { { .name = "type", .values = "xen" },
							  { .name = "id" },
							  { 0 } };

const struct xml_element xml_domain_element = { .name = "domain",
						.attributes = domain_attributes,
						.children = domain_children };

static void missing(struct xml_reader *reader, xmlNode *node, const char *element,
		    const char *expected)
{
	xml_wrong(reader, node, NULL, "<%s> is missing, expected %s", element, expected);
}

static void check_os(struct xml_reader *reader, xmlNode *domain)
{
	xmlNode *os = xml_child(domain, "os");

	if (!os) {
		missing(reader, domain, "os", "<os><type>linux</type><kernel>FILE</kernel></os>");
		return;
	}
	if (!xml_child(os, "type"))
		missing(reader, os, "type", "<type>linux</type>");
	if (xml_child(os, "kernel"))
		return;
	missing(reader, os, "kernel", "<kernel>FILE</kernel>: no boot loader takes its place");
	xml_hint(reader, "Name a PV kernel: an ELF file or a bzImage.");
}

/* A size that was wrong is 0 here and compared with nothing. */
static void check_memory(struct xml_reader *reader, xmlNode *domain)
{
	struct domain_config *config = reader->config;

	if (!xml_child(domain, "memory"))
		missing(reader, domain, "memory", "e.g. <memory unit='MiB'>64</memory>");
	if (!config->current_memory)
		config->current_memory = config->memory;
	if (config->memory && config->current_memory > config->memory)
		xml_wrong(reader, xml_child(domain, "currentMemory"), NULL,
			  "found %llu KiB, expected at most the %llu KiB of <memory>",
			  (unsigned long long)config->current_memory >> 10,
			  (unsigned long long)config->memory >> 10);
}

void xml_domain_finish(struct xml_reader *reader, xmlNode *domain)
{
	struct domain_config *config = reader->config;

	if (!xmlHasProp(domain, BAD_CAST "type"))
		xml_wrong(reader, domain, "type", "missing, expected 'xen'");
	if (!xml_child(domain, "name"))
		missing(reader, domain, "name", "a name for the domain");
	check_memory(reader, domain);
	check_os(reader, domain);
	if (!config->vcpus)
		config->vcpus = config->current_vcpus = 1;
}
