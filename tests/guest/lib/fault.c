/* SPDX-License-Identifier: MIT */
/* Names of faults. */
#include "test.h"

static const char names[20][4] = { "DE", "DB", "NMI", "BP", "OF", "BR", "UD", "NM", "DF", "9",
				   "TS", "NP", "SS",  "GP", "PF", "15", "MF", "AC", "MC", "XM" };

static bool has_error(unsigned int vector)
{
	return vector == 8 || (vector >= 10 && vector <= 14) || vector == 17;
}

static int page_fault_name(char *buf, size_t size, uint32_t error)
{
	return pv_snprintf(buf, size, "#PF(%s%s%s%s%s)", error & PF_I ? "I" : "-",
			   error & PF_R ? "R" : "-", error & PF_U ? "U" : "-",
			   error & PF_W ? "W" : "-", error & PF_P ? "P" : "-");
}

const char *fault_name(pv_fault fault)
{
	static char buffers[4][24];
	static unsigned int next;
	char *buf = buffers[next++ % 4];
	unsigned int vector = fault >> 32 & 0x7fffffff;
	uint32_t error = PV_FAULT_ERROR(fault);

	if (!fault)
		return "none";
	if (vector == PV_VECTOR_PF)
		page_fault_name(buf, sizeof(buffers[0]), error);
	else if (vector >= PV_ARRAY_SIZE(names))
		pv_snprintf(buf, sizeof(buffers[0]), "entry %u", vector);
	else if (has_error(vector))
		pv_snprintf(buf, sizeof(buffers[0]), "#%s(%04x)", names[vector], error);
	else
		pv_snprintf(buf, sizeof(buffers[0]), "#%s", names[vector]);
	return buf;
}
