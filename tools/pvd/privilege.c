/* SPDX-License-Identifier: MIT */
/* privilege.c - gives up what the daemon does not need (see privilege.h). */
#include <errno.h>
#include <linux/capability.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "privilege.h"

static const unsigned int kept[] = { CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_IPC_LOCK };

static uint64_t kept_mask(void)
{
	uint64_t mask = 0;
	unsigned int i;

	for (i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		mask |= UINT64_C(1) << kept[i];
	return mask;
}

static int drop_bounding_set(uint64_t mask)
{
	unsigned long capability;

	for (capability = 0; capability <= CAP_LAST_CAP; capability++) {
		if (mask >> capability & 1)
			continue;
		/* EINVAL: a capability that this kernel does not have. */
		if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) && errno != EINVAL)
			return -errno;
	}
	return 0;
}

int privilege_drop(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };
	uint64_t mask = kept_mask();
	unsigned int i;
	int ret;

	if (geteuid())
		return 0;
	ret = drop_bounding_set(mask);
	if (ret)
		return ret;
	for (i = 0; i < 2; i++) {
		data[i].effective = (uint32_t)(mask >> (32 * i));
		data[i].permitted = data[i].effective;
	}
	if (syscall(SYS_capset, &header, data))
		return -errno;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? -errno : 0;
}
