/* SPDX-License-Identifier: MIT */
/* Event channels: each port's state, its other end, whether an event waits at it. */
#include <pv_abi.h>
#include <string.h>

#include "spec.h"

static struct spec_port *port_at(int d, u32 port)
{
	return port && port < PORTS ? &spec.domain[d].port[port] : NULL;
}

static void raise(int d, struct spec_port *p)
{
	if (p->pending)
		return;
	p->pending = true;
	if (!p->masked)
		spec.domain[d].upcall[p->vcpu] = true;
}

/* -ESRCH: nothing is bound in a dead domain any more; -ENOSPC: no port is free. */
static int may_allocate(int d)
{
	if (!spec.domain[d].alive)
		return -ESRCH;
	for (u32 i = 1; i < PORTS; i++)
		if (spec.domain[d].port[i].state == PORT_FREE)
			return 0;
	return -ENOSPC;
}

/* The hypervisor chose this one. */
static struct spec_port *chosen(int d, u32 port, enum port_state state)
{
	struct spec_port *p = port_at(d, port);

	if (!p || p->state != PORT_FREE)
		broken("domain %d was given port %u, which is not free", d, port);
	p->state = state;
	p->vcpu = 0;
	return p;
}

static void free_port(struct spec_port *p)
{
	*p = (struct spec_port){ .masked = p->masked };
}

int spec_alloc_unbound(int caller, u32 id, u32 remote_id, u32 port)
{
	int d = spec_target(caller, id), rc = d < 0 ? d : may_allocate(d);

	if (rc)
		return rc;
	chosen(d, port, PORT_UNBOUND)->remote_id = remote_id == ID_SELF ? spec.domain[caller].id
									: remote_id;
	return 0;
}

int spec_bind_interdomain(int d, u32 remote_id, u32 remote_port, u32 port)
{
	int rd = spec_find(d, remote_id), rc;
	struct spec_port *p, *rp;

	if (rd == NOBODY || !spec.domain[rd].alive)
		return -ESRCH;
	rp = port_at(rd, remote_port);
	if (!rp || rp->state != PORT_UNBOUND || rp->remote_id != spec.domain[d].id)
		return -EINVAL;
	rc = may_allocate(d);
	if (rc)
		return rc;
	p = chosen(d, port, PORT_INTERDOMAIN);
	p->remote = rd;
	p->remote_port = remote_port;
	rp->state = PORT_INTERDOMAIN;
	rp->remote = d;
	rp->remote_port = port;
	raise(d, p); /* for what was sent before it was there */
	return 0;
}

static bool is_of_vcpu(u32 virq)
{
	return virq == VIRQ_TIMER || virq == VIRQ_DEBUG || virq == VIRQ_XENOPROF ||
	       virq == VIRQ_XENPMU;
}

/* Where a virtual interrupt arrives, NULL: it is not bound. */
static struct spec_port *virq_port(int d, u32 virq, u32 vcpu)
{
	for (u32 i = 1; i < PORTS; i++) {
		struct spec_port *p = port_at(d, i);

		if (p->state == PORT_VIRQ && p->virq == virq &&
		    (!is_of_vcpu(virq) || p->vcpu == vcpu))
			return p;
	}
	return NULL;
}

int spec_bind_virq(int d, u32 virq, u32 vcpu, u32 port)
{
	struct spec_port *p;
	int rc;

	if (virq >= NR_VIRQS || (vcpu && !is_of_vcpu(virq)))
		return -EINVAL;
	if (vcpu >= VCPUS)
		return -ENOENT;
	if (virq_port(d, virq, vcpu))
		return -EEXIST;
	rc = may_allocate(d);
	if (rc)
		return rc;
	p = chosen(d, port, PORT_VIRQ);
	p->virq = virq;
	p->vcpu = vcpu;
	return 0;
}

int spec_bind_ipi(int d, u32 vcpu, u32 port)
{
	int rc = vcpu >= VCPUS ? -ENOENT : may_allocate(d);

	if (!rc)
		chosen(d, port, PORT_IPI)->vcpu = vcpu;
	return rc;
}

int spec_bind_vcpu(int d, u32 port, u32 vcpu)
{
	struct spec_port *p = port_at(d, port);

	if (vcpu >= VCPUS)
		return -ENOENT;
	if (!p || p->state == PORT_FREE || p->state == PORT_IPI ||
	    (p->state == PORT_VIRQ && is_of_vcpu(p->virq)))
		return -EINVAL;
	p->vcpu = vcpu;
	return 0;
}

int spec_close(int d, u32 port)
{
	struct spec_port *p = port_at(d, port), *rp;

	if (!p || p->state == PORT_FREE)
		return -EINVAL;
	if (p->state == PORT_INTERDOMAIN) {
		rp = port_at(p->remote, p->remote_port);
		rp->state = PORT_UNBOUND;
		rp->remote_id = spec.domain[d].id;
	}
	free_port(p);
	return 0;
}

int spec_send(int d, u32 port)
{
	struct spec_port *p = port_at(d, port);

	if (!p)
		return -EINVAL;
	switch (p->state) {
	case PORT_INTERDOMAIN: raise(p->remote, port_at(p->remote, p->remote_port)); return 0;
	case PORT_IPI: raise(d, p); return 0;
	case PORT_UNBOUND: return 0;
	default: return -EINVAL;
	}
}

int spec_unmask(int d, u32 port)
{
	struct spec_port *p = port_at(d, port);

	if (!p || p->state == PORT_FREE)
		return -EINVAL;
	if (p->masked && p->pending)
		spec.domain[d].upcall[p->vcpu] = true;
	p->masked = false;
	return 0;
}

void spec_end_ports(int d)
{
	for (u32 i = 1; i < PORTS; i++)
		(void)spec_close(d, i);
}

int spec_reset(int caller, u32 id)
{
	int d = spec_target(caller, id);

	if (d < 0)
		return d;
	spec_end_ports(d);
	return 0;
}
