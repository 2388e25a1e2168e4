/* SPDX-License-Identifier: MIT */
/* Why a machine ended. */
#include "ending.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

void ending_note(struct ending *ending, enum ending_cause cause, const char *text)
{
	if (ending->cause != ENDING_UNKNOWN)
		return;
	ending->cause = cause;
	snprintf(ending->text, sizeof(ending->text), "%s", text);
}

void ending_suspect(struct ending *ending, const char *line)
{
	snprintf(ending->suspect, sizeof(ending->suspect), "%s", line);
}

/* QEMU exits with 0 when the machine powers off, and, under -no-reboot, when it resets. */
void ending_note_exit(struct ending *ending, int status, bool starting, const char *message)
{
	char text[400];

	if (ending->cause != ENDING_UNKNOWN)
		return;
	ending->starting = starting;
	ending->failed = status != 0;
	if (WIFSIGNALED(status))
		snprintf(text, sizeof(text), "QEMU was ended by signal %d (%s)", WTERMSIG(status),
			 strsignal(WTERMSIG(status)));
	else if (status)
		snprintf(text, sizeof(text), "QEMU ended with exit status %d%s%s",
			 WEXITSTATUS(status), message[0] ? ": " : "", message);
	else
		snprintf(text, sizeof(text), "the machine powered off or reset itself%s",
			 starting ? " before pvd answered" : "");
	ending_note(ending, ENDING_EXIT, text);
}

static enum host_end verdict(const struct ending *ending)
{
	switch (ending->cause) {
	case ENDING_STOPPED: return HOST_END_STOPPED;
	case ENDING_PANIC: return HOST_END_PANIC;
	case ENDING_TIMEOUT:
	case ENDING_DOM0:
	case ENDING_SUPERVISOR: return HOST_END_START;
	case ENDING_EXIT: break;
	case ENDING_UNKNOWN: return HOST_END_NONE;
	}
	if (ending->failed)
		return HOST_END_QEMU;
	if (ending->suspect[0])
		return HOST_END_PANIC;
	return ending->starting ? HOST_END_START : HOST_END_POWER_OFF;
}

int ending_result(const struct ending *ending, struct host_ended *ended)
{
	ended->why = verdict(ending);
	if (ended->why == HOST_END_PANIC && ending->suspect[0])
		snprintf(ended->detail, sizeof(ended->detail), "%s", ending->suspect);
	else
		snprintf(ended->detail, sizeof(ended->detail), "%s", ending->text);
	return ending->cause == ENDING_TIMEOUT ? ERROR_TIMEOUT : ERROR_FAILED;
}
