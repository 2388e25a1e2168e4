/* SPDX-License-Identifier: MIT */
/*
 * Proves that the filter which the daemon puts itself under lets through what jobs and clients need
 * (threads, files, local sockets) and refuses the rest in every thread, also in those that ran
 * before: programs, processes, tracing, networks, executable memory. A violation is said and ends
 * the process.
 *
 * @limit: 60
 */
#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../tools/pvd/confine.h"
#include "../../tools/pvd/log.h"

static int said[2];

/* The daemon's log, as far as the filter needs it. */
void log_raw(const char *line, size_t size)
{
	if (write(said[1], line, size) < 0)
		_exit(99);
}

/* How a process ends that confines itself and then does this. */
static int status_of(void (*act)(void))
{
	pid_t pid;
	int status;

	ck_assert_int_eq(pipe(said), 0);
	pid = fork();
	if (!pid) {
		if (confine())
			_exit(98);
		act();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	close(said[1]);
	return status;
}

/* Each of these does no harm where the filter is missing, which is what the test is to find. */
static void run_program(void)
{
	char *const arguments[] = { (char *)"true", NULL };

	execve("/bin/true", arguments, arguments + 1);
}

static void make_process(void)
{
	if (!fork())
		_exit(0);
}

static void trace(void)
{
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static void read_other(void)
{
	char byte;
	struct iovec own = { &byte, 1 }, other = { &byte, 1 };

	process_vm_readv(getppid(), &own, 1, &other, 1, 0);
}

static void kill_other(void)
{
	kill(getppid(), 0);
}

static void load_module(void)
{
	syscall(SYS_init_module, NULL, 0, "");
}

static void mount_something(void)
{
	syscall(SYS_mount, NULL, NULL, NULL, 0, NULL);
}

static void change_user(void)
{
	syscall(SYS_setuid, 1);
}

static void look_by_ring(void)
{
	syscall(SYS_io_uring_setup, 1, NULL);
}

static void *run_program_there(void *arg)
{
	(void)arg;
	run_program();
	return NULL;
}

static void run_program_in_thread(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, run_program_there, NULL);
	pthread_join(thread, NULL);
}

START_TEST(violations_end_it)
{
	static void (*const acts[])(void) = {
		run_program, make_process, trace,           read_other,   kill_other,
		load_module, change_user,  mount_something, look_by_ring, run_program_in_thread,
	};
	int status = status_of(acts[_i]);
	char line[128] = "";

	ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS, "status %x", status);
	ck_assert_int_gt(read(said[0], line, sizeof(line) - 1), 0);
	ck_assert_msg(strstr(line, "forbidden system call"), "%s", line);
}
END_TEST

#define VIOLATIONS 10

/* What a library may try, and then does without. */
static void try_what_is_refused(void)
{
	void *code;

	if (socket(AF_INET, SOCK_STREAM, 0) >= 0 || errno != EAFNOSUPPORT)
		_exit(1);
	if (socket(AF_PACKET, SOCK_RAW, 0) >= 0 || errno != EAFNOSUPPORT)
		_exit(2);
	code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		    0);
	if (code != MAP_FAILED || errno != EACCES)
		_exit(3);
	code = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (code == MAP_FAILED || !mprotect(code, 4096, PROT_READ | PROT_EXEC) || errno != EACCES)
		_exit(4);
}

START_TEST(refused_with_an_error)
{
	ck_assert_int_eq(status_of(try_what_is_refused), 0);
}
END_TEST

static void *touch_memory(void *arg)
{
	char *memory = malloc(1u << 22);

	memset(memory, 1, 1u << 22);
	free(memory);
	return arg;
}

static void do_daily_work(void)
{
	pthread_t threads[4];
	int ends[2], i, fd;

	for (i = 0; i < 4; i++)
		if (pthread_create(&threads[i], NULL, touch_memory, NULL))
			_exit(1);
	for (i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) || socket(AF_UNIX, SOCK_STREAM, 0) < 0)
		_exit(2);
	fd = open("/tmp/test_confine.file", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, "x", 1) != 1 || fsync(fd) || close(fd) ||
	    unlink("/tmp/test_confine.file"))
		_exit(3);
}

START_TEST(daily_work_goes_on)
{
	ck_assert_int_eq(status_of(do_daily_work), 0);
}
END_TEST

static sem_t begin;

static void *wait_and_run(void *arg)
{
	sem_wait(&begin);
	run_program();
	return arg;
}

/* A job's thread that was there before the filter is under it too. */
START_TEST(older_threads_too)
{
	pthread_t thread;
	pid_t pid;
	int status;

	ck_assert_int_eq(pipe(said), 0);
	pid = fork();
	if (!pid) {
		sem_init(&begin, 0, 0);
		if (pthread_create(&thread, NULL, wait_and_run, NULL) || confine())
			_exit(98);
		sem_post(&begin);
		pthread_join(thread, NULL);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS, "status %x", status);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("confine");
	TCase *cases = tcase_create("confine");
	SRunner *runner;
	int failed;

	tcase_set_timeout(cases, 30);
	tcase_add_loop_test(cases, violations_end_it, 0, VIOLATIONS);
	tcase_add_test(cases, refused_with_an_error);
	tcase_add_test(cases, daily_work_goes_on);
	tcase_add_test(cases, older_threads_too);
	suite_add_tcase(suite, cases);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
