/* SPDX-License-Identifier: MIT */
/* pvctl validate: check a domain description without asking any host. */
#include "domain_file.h"

int cmd_validate(const struct args *args)
{
	const char *path = args_text(args, "file");
	struct domain_file file;
	struct error err = ERROR_INIT;
	json_t *answer;
	int status = 0;

	if (domain_file_read(&file, path, NULL, &err))
		status = tell_mistakes(&err, file.mistakes, NULL);
	domain_file_free(&file);
	if (status)
		return status;
	if (globals.json) {
		answer = json_pack("{s:s, s:b}", "file", path, "valid", 1);
		tell_json(answer);
		json_decref(answer);
	} else {
		tell("%s validates", path);
	}
	return 0;
}
