/* SPDX-License-Identifier: MIT */
/*
 * Messages: formatted once into a line buffer, kept in a ring of the last 32 KiB, sent to the
 * serial port by level. And the console's input, which dom0 reads after VIRQ_CONSOLE.
 */
#include <core/arch.h>
#include <core/event.h>
#include <core/lib.h>
#include <core/lock.h>
#include <core/printk.h>

#define RING_SIZE  32768U /* a power of two */
#define INPUT_SIZE 1024U
#define LINE_SIZE  400

enum log_level log_level = LOG_INFO;
enum log_level guest_log_level = LOG_WARNING;

static struct spinlock console_lock = SPINLOCK(LOCK_CONSOLE);
static char ring[RING_SIZE];
static u32 ring_head; /* running count of bytes written */
static u32 ring_base; /* the ring was cleared up to here */
static char line[LINE_SIZE];

static char input[INPUT_SIZE];
static u32 input_head, input_tail;

static bool panicking;

/* A guest that makes us talk gets a burst and then a slow drip. */
#define GUEST_BURST          16
#define GUEST_NS_PER_MESSAGE 500000000UL
static u64 guest_paid_until;
static u32 guest_suppressed;

static void ring_put(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		ring[ring_head++ % RING_SIZE] = s[i];
}

static void port_put(const char *s, size_t n)
{
	if (panicking)
		uart_write_sync(s, n);
	else
		uart_write(s, n);
}

static void lock_console(void)
{
	if (!panicking)
		spin_lock(&console_lock);
}

static void unlock_console(void)
{
	if (!panicking)
		spin_unlock(&console_lock);
}

/* Holding the lock: line is shared. The prefix stands where a line begins, not where one goes on.
 */
static void print_line(const char *prefix, bool show, const char *fmt, va_list ap)
{
	size_t n = strlcpy(line, prefix, LINE_SIZE);
	int len = vsnprintf(line + n, LINE_SIZE - n, fmt, ap);

	n = MIN(n + (size_t)len, (size_t)LINE_SIZE - 1);
	if (n == LINE_SIZE - 1)
		line[n - 1] = '\n';
	ring_put(line, n);
	if (show)
		port_put(line, n);
}

void printk(enum log_level level, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	lock_console();
	print_line("(PV) ", level <= log_level, fmt, ap);
	unlock_console();
	va_end(ap);
}

/* A token bucket on system time: each message costs a fixed time, paid at most GUEST_BURST in
 * advance. */
static bool guest_may_talk(void)
{
	u64 now = time_now();
	u64 credit = GUEST_BURST * GUEST_NS_PER_MESSAGE;

	if (guest_paid_until + credit < now + credit)
		guest_paid_until = now;
	if (guest_paid_until - now >= credit) {
		guest_suppressed++;
		return false;
	}
	guest_paid_until += GUEST_NS_PER_MESSAGE;
	return true;
}

void guest_printk(const struct domain *d, enum log_level level, const char *fmt, ...)
{
	char prefix[64];
	va_list ap;

	lock_console();
	if (!guest_may_talk()) {
		unlock_console();
		return;
	}
	if (guest_suppressed)
		snprintf(prefix, sizeof(prefix),
			 "(PV) [%u messages about guests dropped] d%u: ", guest_suppressed, d->id);
	else
		snprintf(prefix, sizeof(prefix), "(PV) d%u: ", d->id);
	guest_suppressed = 0;
	va_start(ap, fmt);
	print_line(prefix, level <= guest_log_level, fmt, ap);
	va_end(ap);
	unlock_console();
}

void console_write(const char *s, size_t n)
{
	lock_console();
	ring_put(s, n);
	port_put(s, n);
	unlock_console();
}

size_t console_read(char *s, size_t n)
{
	size_t i;

	lock_console();
	for (i = 0; i < n && input_tail != input_head; i++)
		s[i] = input[input_tail++ % INPUT_SIZE];
	unlock_console();
	return i;
}

void console_receive(char c)
{
	lock_console();
	if (input_head - input_tail < INPUT_SIZE)
		input[input_head++ % INPUT_SIZE] = c;
	unlock_console();
	virq_send_global(VIRQ_CONSOLE);
}

size_t console_ring_read(char *buf, size_t n, u32 *index, bool clear)
{
	u32 from = *index, oldest;
	size_t i;

	lock_console();
	/* Distances back from the head; what is older than the ring or the last clear is gone. */
	oldest = ring_head - ring_base > RING_SIZE ? ring_head - RING_SIZE : ring_base;
	if (ring_head - from > ring_head - oldest)
		from = oldest;
	for (i = 0; i < n && from != ring_head; i++)
		buf[i] = ring[from++ % RING_SIZE];
	if (clear)
		ring_base = ring_head;
	unlock_console();
	*index = from;
	return i;
}

void console_panic_mode(void)
{
	panicking = true;
}
