/* SPDX-License-Identifier: MIT */
/* The error object: setting it and translating its codes. */
#include "error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const int code_errno[] = {
	[ERROR_NONE] = 0,
	[ERROR_FAILED] = EIO,
	[ERROR_USAGE] = EINVAL,
	[ERROR_NO_DOMAIN] = ENOENT,
	[ERROR_WRONG_STATE] = EBUSY,
	[ERROR_UNREACHABLE] = ECONNREFUSED,
	[ERROR_PERMISSION] = EACCES,
	[ERROR_XML] = EBADMSG,
	[ERROR_TIMEOUT] = ETIMEDOUT,
	[ERROR_NOT_SUPPORTED] = EOPNOTSUPP,
};

void error_clear(struct error *err)
{
	memset(err, 0, sizeof(*err));
}

bool error_is_set(const struct error *err)
{
	return err->code != ERROR_NONE;
}

int error_errno(enum error_code code)
{
	if (code <= ERROR_NONE || code > ERROR_NOT_SUPPORTED)
		return -EIO;
	return -code_errno[code];
}

enum error_code error_from_errno(int errnum)
{
	switch (errnum) {
	case EACCES:
	case EPERM: return ERROR_PERMISSION;
	case ETIMEDOUT: return ERROR_TIMEOUT;
	case ECONNREFUSED:
	case ECONNRESET:
	case EPIPE: return ERROR_UNREACHABLE;
	case EOPNOTSUPP:
	case ENOSYS: return ERROR_NOT_SUPPORTED;
	default: return ERROR_FAILED;
	}
}

int error_set(struct error *err, enum error_code code, const char *stage, const char *format, ...)
{
	va_list args;

	if (error_is_set(err))
		return error_errno(err->code);
	err->code = code;
	snprintf(err->stage, sizeof(err->stage), "%s", stage ? stage : "");
	va_start(args, format);
	vsnprintf(err->detail, sizeof(err->detail), format, args);
	va_end(args);
	return error_errno(code);
}

int error_hint(struct error *err, const char *format, ...)
{
	va_list args;

	if (!err->hint[0]) {
		va_start(args, format);
		vsnprintf(err->hint, sizeof(err->hint), format, args);
		va_end(args);
	}
	return error_errno(err->code);
}

void error_domain(struct error *err, const char *name)
{
	if (!err->domain[0] && name)
		snprintf(err->domain, sizeof(err->domain), "%s", name);
}
