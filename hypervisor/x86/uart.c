/* SPDX-License-Identifier: MIT */
/*
 * COM1, a 16550: the hypervisor's. Output goes to a ring and from there to the transmit FIFO,
 * sixteen bytes at a time: at once while the port takes it, else from the transmit interrupt, or,
 * before interrupts are routed, when the ring is full, by waiting. Input raises the console's VIRQ
 * through console_receive.
 */
#include <core/arch.h>
#include <x86/asm.h>
#include <x86/ioapic.h>
#include <x86/machine.h>
#include <core/printk.h>
#include <x86/vector.h>
#include <x86/x86.h>

#define COM1      0x3f8
#define COM1_IRQ  4
#define CLOCK     115200U
#define RING_SIZE 4096U /* a power of two */
#define FIFO_SIZE 16U

enum { DATA, IER, FCR, LCR, MCR, LSR };
enum { IER_RECEIVE = 1, IER_TRANSMIT = 2 };
enum { LSR_DATA = 1, LSR_THR_EMPTY = 0x20 };
#define LCR_8N1          0x03
#define LCR_DIVISOR      0x80
#define FCR_ENABLE_CLEAR 0x07
#define MCR_DTR_RTS_OUT2 0x0b

static char ring[RING_SIZE];
static u32 head, tail; /* running counts */
static bool present, interrupts;

static u8 in(unsigned int reg)
{
	return inb((u16)(COM1 + reg));
}

static void out(unsigned int reg, u8 v)
{
	outb((u16)(COM1 + reg), v);
}

void INIT_TEXT uart_init(void)
{
	u32 divisor = CLOCK / (options.com1_baud ? options.com1_baud : CLOCK);

	if (!options.com1)
		return;
	out(IER, 0);
	out(LCR, LCR_8N1 | LCR_DIVISOR);
	out(DATA, (u8)divisor);
	out(IER, (u8)(divisor >> 8));
	out(LCR, LCR_8N1);
	out(FCR, FCR_ENABLE_CLEAR);
	out(MCR, MCR_DTR_RTS_OUT2);
	present = in(LSR) != 0xff;
}

/* Fills the FIFO if it is empty. */
static bool push_some(void)
{
	if (!(in(LSR)&LSR_THR_EMPTY))
		return false;
	for (unsigned int i = 0; i < FIFO_SIZE && tail != head; i++)
		out(DATA, (u8)ring[tail++ % RING_SIZE]);
	return true;
}

static void push(void)
{
	while (tail != head && push_some())
		;
	if (interrupts)
		out(IER, tail == head ? IER_RECEIVE : IER_RECEIVE | IER_TRANSMIT);
}

static void put(char c)
{
	while (head - tail == RING_SIZE)
		push_some();
	ring[head++ % RING_SIZE] = c;
}

static void put_text(const char *s, size_t n)
{
	while (n--) {
		if (*s == '\n')
			put('\r');
		put(*s++);
	}
}

void uart_write(const char *s, size_t n)
{
	if (!present)
		return;
	put_text(s, n);
	push();
	while (!interrupts && tail != head)
		push_some();
}

void uart_write_sync(const char *s, size_t n)
{
	if (!present)
		return;
	put_text(s, n);
	while (tail != head)
		push_some();
}

static void on_interrupt(u8 vector, void *arg)
{
	(void)vector;
	(void)arg;
	lapic_eoi();
	while (in(LSR)&LSR_DATA)
		console_receive((char)in(DATA));
	push();
}

void INIT_TEXT uart_start(void)
{
	if (!present)
		return;
	vector_set(VECTOR_UART, on_interrupt, NULL);
	interrupts = ioapic_route_isa(COM1_IRQ, VECTOR_UART);
	push();
}
