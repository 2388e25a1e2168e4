/* SPDX-License-Identifier: MIT */
/* What a start comes to. */
#include "plan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "initramfs.h"
#include "probe.h"

#define STAGE "host"

static int find_root(struct plan *plan, const char *wanted, struct error *err)
{
	if (!realpath(wanted ? wanted : "/", plan->root))
		return error_set(err, error_from_errno(errno), STAGE, "--root %s: %s", wanted,
				 strerror(errno));
	return 0;
}

/* `path` as it is called below the root, or NULL when it is not there. */
static const char *below_root(const struct plan *plan, const char *path)
{
	size_t length = strlen(plan->root);

	if (!strcmp(plan->root, "/"))
		return path;
	return !strncmp(path, plan->root, length) && path[length] == '/' ? path + length : NULL;
}

static int find_pvd(struct plan *plan, struct error *err)
{
	char path[PATH_MAX];
	const char *below;
	int rc = host_asset(HOST_PVD, path, err);

	if (rc)
		return rc;
	below = below_root(plan, path);
	if (!below) {
		error_set(err, ERROR_FAILED, STAGE,
			  "dom0 would not see %s: it is not below --root %s", path, plan->root);
		return error_hint(
			err, "install Paravane below that folder and run the pvctl that is there");
	}
	strcpy(plan->pvd, below);
	return 0;
}

static int find_kernel(struct plan *plan, const char *wanted, struct error *err)
{
	struct kernel_places places = { .boot = "/boot" };
	struct error none = ERROR_INIT;
	char build[PATH_MAX], inside[2 * PATH_MAX], real[PATH_MAX];
	const char *below;
	int rc;

	if (!host_asset(HOST_BUILD, build, &none))
		places.build = build;
	rc = kernel_choose(&plan->kernel, wanted, &places, err);
	if (rc)
		return rc;
	snprintf(inside, sizeof(inside), "%s/lib/modules/%s", plan->root, plan->kernel.version);
	below = below_root(plan, plan->kernel.modules);
	if (!realpath(inside, real) || strcmp(real, plan->kernel.modules))
		strcpy(plan->modules, below ? below : MODULES_SHARE);
	return 0;
}

static int make_command_lines(struct plan *plan, const struct host_options *options,
			      struct error *err)
{
	int hypervisor = snprintf(plan->hypervisor_args, sizeof(plan->hypervisor_args),
				  "com1=115200 console=com1 dom0_mem=%uM %s", options->dom0_memory,
				  options->hypervisor_args ? options->hypervisor_args : "");
	/*
	 * A dom0 that panics resets the machine, which ends QEMU: nobody waits for a dead one. The
	 * self-tests of its cryptography take half a second under emulation.
	 */
	int kernel = snprintf(plan->kernel_args, sizeof(plan->kernel_args),
			      "console=hvc0 quiet panic=1 cryptomgr.notests %s",
			      options->dom0_args ? options->dom0_args : "");

	if (hypervisor >= (int)sizeof(plan->hypervisor_args) ||
	    kernel >= (int)sizeof(plan->kernel_args))
		return error_set(err, ERROR_USAGE, STAGE, "a command line is longer than %zu bytes",
				 sizeof(plan->kernel_args));
	return 0;
}

static void fill_state(struct plan *plan, const struct host_options *options)
{
	struct host_state *state = &plan->state;

	strcpy(state->hypervisor, plan->hypervisor.named);
	strcpy(state->kernel, plan->kernel.image);
	strcpy(state->kernel_version, plan->kernel.version);
	strcpy(state->root, plan->root);
	state->memory = options->memory;
	state->dom0_memory = options->dom0_memory;
}

int plan_make(struct plan *plan, const struct host_paths *paths, const struct host_options *options,
	      struct error *err)
{
	int rc;

	memset(plan, 0, sizeof(*plan));
	plan->accel = options->accel;
	plan->timeout = options->timeout;
	rc = find_root(plan, options->root, err);
	if (!rc)
		rc = find_pvd(plan, err);
	if (!rc)
		rc = find_kernel(plan, options->kernel, err);
	if (!rc)
		rc = hypervisor_choose(&plan->hypervisor, options->hypervisor, paths, err);
	if (!rc)
		rc = make_command_lines(plan, options, err);
	if (rc)
		return rc;
	snprintf(plan->dom0_state, sizeof(plan->dom0_state), "%s/dom0", paths->state);
	fill_state(plan, options);
	plan->qemu = (struct qemu_setup){
		.folder = paths->runtime,
		.is_xen = plan->hypervisor.is_xen,
		.memory = options->memory,
		.hypervisor_args = plan->hypervisor_args,
		.kernel_args = plan->kernel_args,
		.root = plan->root,
		.modules = strcmp(plan->modules, MODULES_SHARE) ? NULL : plan->kernel.modules,
		.state = plan->dom0_state,
	};
	return 0;
}

static int choose_accel(struct plan *plan, const struct host_paths *paths,
			void (*stage)(const char *text), struct error *err)
{
	struct probe_verdict verdict = { .works = false };
	int rc;

	if (plan->accel == HOST_ACCEL_TCG) {
		snprintf(verdict.why, sizeof(verdict.why), "--accel tcg");
	} else {
		if (stage)
			stage("looking whether KVM works");
		rc = probe_kvm(&verdict, &plan->hypervisor, paths, err);
		if (rc)
			return rc;
	}
	if (plan->accel == HOST_ACCEL_KVM && !verdict.works) {
		error_set(err, ERROR_FAILED, STAGE, "--accel kvm: %s", verdict.why);
		return error_hint(err, "--accel tcg needs no KVM; it is slower");
	}
	plan->qemu.accel = verdict.works ? "kvm" : "tcg";
	strcpy(plan->state.accelerator, plan->qemu.accel);
	strcpy(plan->state.accelerator_why, verdict.why);
	return 0;
}

static int link_as(const struct host_paths *paths, const char *name, const char *target,
		   struct error *err)
{
	char path[PATH_MAX + 16];

	snprintf(path, sizeof(path), "%s/%s", paths->runtime, name);
	if ((unlink(path) && errno != ENOENT) || symlink(target, path))
		return error_set(err, ERROR_FAILED, STAGE, "%s: %s", path, strerror(errno));
	return 0;
}

static int make_initramfs(const struct plan *plan, const struct host_paths *paths,
			  struct error *err)
{
	char path[PATH_MAX + 16];
	struct initramfs_config config = {
		.pvd = plan->pvd,
		.kernel_version = plan->kernel.version,
		.modules = plan->modules,
		.files_below = plan->root,
		.hostname = "dom0",
	};

	snprintf(path, sizeof(path), "%s/initramfs", paths->runtime);
	return initramfs_make(path, paths, &plan->kernel, &config, err);
}

/* Of an earlier life: the state file of a new one is written by its supervisor, so until then there
 * is none. */
static void forget_past(const struct host_paths *paths)
{
	char path[PATH_MAX + 16];

	snprintf(path, sizeof(path), "%s/state.json", paths->state);
	unlink(path);
	host_ended_remove(paths);
}

int plan_prepare(struct plan *plan, const struct host_paths *paths, void (*stage)(const char *text),
		 struct error *err)
{
	int rc;

	forget_past(paths);
	rc = choose_accel(plan, paths, stage, err);
	if (!rc)
		rc = link_as(paths, "hypervisor", plan->hypervisor.image, err);
	if (!rc)
		rc = link_as(paths, "kernel", plan->kernel.image, err);
	return rc ? rc : make_initramfs(plan, paths, err);
}
