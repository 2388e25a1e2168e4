/* SPDX-License-Identifier: MIT */
/* The ABI's error numbers, under the names of C: XEN_EINVAL is 22 as on Linux. */
#ifndef PV_ERRNO_H
#define PV_ERRNO_H

#define EPERM      1
#define ENOENT     2
#define ESRCH      3
#define EINTR      4
#define EIO        5
#define ENXIO      6
#define E2BIG      7
#define ENOEXEC    8
#define EBADF      9
#define EAGAIN     11
#define ENOMEM     12
#define EACCES     13
#define EFAULT     14
#define EBUSY      16
#define EEXIST     17
#define EXDEV      18
#define ENODEV     19
#define EISDIR     21
#define EINVAL     22
#define ENOSPC     28
#define EROFS      30
#define ERANGE     34
#define ENOSYS     38
#define ENODATA    61
#define ENOTEMPTY  39
#define ENODATA    61
#define ETIME      62
#define EOVERFLOW  75
#define ENOBUFS    105
#define EOPNOTSUPP 95
#define EISCONN    106
/* Internal: preempted, call again; never reaches a guest. */
#define ERESTART 1001

#endif /* PV_ERRNO_H */
