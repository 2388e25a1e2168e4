/* SPDX-License-Identifier: MIT */
/*
 * The prototypes of all handlers, from the tables: a handler of another shape does not compile, one
 * without a row has no prototype (-Wmissing-prototypes), and a row without a handler does not link.
 */
#ifndef PV_HANDLERS_H
#define PV_HANDLERS_H

#include <pv_abi.h>

#include <core/types.h>

struct domain;
struct vcpu;

/* A hypercall's arguments, one in a register: the guest's pointers are addresses that only
 * guest_access.h opens, the rest has the ABI's types. 5 is what the compilers call a pointer. */
#define HC_ARG(type)                                                                        \
	__typeof__(__builtin_choose_expr(__builtin_classify_type((type)0) == 5, GADDR(0UL), \
					 (type)0))
#define HC_ARGS_0()           (void)
#define HC_ARGS_1(a)          (HC_ARG(a))
#define HC_ARGS_2(a, b)       (HC_ARG(a), HC_ARG(b))
#define HC_ARGS_3(a, b, c)    (HC_ARG(a), HC_ARG(b), HC_ARG(c))
#define HC_ARGS_4(a, b, c, d) (HC_ARG(a), HC_ARG(b), HC_ARG(c), HC_ARG(d))
#define HYPERCALL_ABSENT(...)
#define HYPERCALL(nr, name, class, nargs, types) long hc_##name HC_ARGS_##nargs types;
#include <hypercalls.def>

/* A sub-operation's, made of subject and direction; X is TYPE, or what VALUE_ means where a handler
 * is called (core/subop.c). */
#define TYPE_NOTHING         void
#define TYPE_EXTRA           u64
#define TYPE_ARG             gaddr_t
#define TYPE_COPY(type)      type *
#define TYPE_CONST(type)     const type *
#define TYPE_DOMAIN          struct domain *
#define TYPE_VCPU            struct vcpu *

#define GETS_NONE(X, type)   X##_NOTHING
#define GETS_NUMBER(X, type) X##_EXTRA
#define GETS_RAW(X, type)    X##_ARG
#define GETS_LIST(X, type)   X##_ARG, X##_EXTRA
#define GETS_PARTS(X, type)  X##_COPY(type), X##_ARG, X##_EXTRA
#define GETS_IN(X, type)     X##_CONST(type)
#define GETS_OUT(X, type)    X##_COPY(type)
#define GETS_INOUT(X, type)  X##_COPY(type)
#define GETS_ONE(X, type)    X##_COPY(type)

#define THEN_NONE(X, type)
#define THEN_RAW(X, type)          , GETS_RAW(X, type)
#define THEN_PARTS(X, type)        , GETS_PARTS(X, type)
#define THEN_IN(X, type)           , GETS_IN(X, type)
#define THEN_OUT(X, type)          , GETS_OUT(X, type)
#define THEN_INOUT(X, type)        , GETS_INOUT(X, type)
#define THEN_ONE(X, type)          , GETS_ONE(X, type)

#define OF_CALLER(X, dir, type)    (GETS_##dir(X, type))
#define OF_DOMAIN(X, dir, type)    (X##_DOMAIN THEN_##dir(X, type))
#define OF_VCPU(X, dir, type)      (X##_VCPU THEN_##dir(X, type))
#define OF_DOMAIN_ID(X, dir, type) (X##_DOMAIN)

/* By subject, which form it is: HANDLER_##subject(X, dir, type). */
#define HANDLER_SELF         OF_CALLER
#define HANDLER_ALIVE(...)   OF_DOMAIN
#define HANDLER_OTHER(...)   OF_DOMAIN
#define HANDLER_KNOWN(...)   OF_DOMAIN
#define HANDLER_STATUS(...)  OF_DOMAIN
#define HANDLER_ID           OF_DOMAIN_ID
#define HANDLER_VCPU         OF_VCPU
#define HANDLER_VCPU_OF(...) OF_VCPU

#define SUBOP_ABSENT(...)
#define SUBOP(call, cmd, name, type, dir, class, subject) \
	long hc_##call##_##name HANDLER_##subject(TYPE, dir, type);
#include <subops.def>

#endif /* PV_HANDLERS_H */
