/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Types of the records of KVM's classic tracepoints, for when the module kvm
 * has no BTF. tracefs tells where the fields of a record are, which is all that
 * programs on classic tracepoints need to know of KVM.
 */
#ifndef EXITLEDGER_RECORD_BTF_H
#define EXITLEDGER_RECORD_BTF_H

#include <bpf/btf.h>

#include "host/tracepoints.h"

/** record_btf_add - add the records' types to the kernel's; 0 or -errno */
int record_btf_add(struct btf *btf, const struct tracepoints *records);

/*
 * A place with types where libbpf can read them.  If it is zeroed, there are
 * none.
 */
struct record_btf {
	int fd; /* of a file in memory */
	char path[32];
};

/** record_btf_put - put types into such a file; 0 or -errno */
int record_btf_put(struct record_btf *types, const struct btf *btf);

/**
 * record_btf_open - do this for the running kernel and its records
 *
 * Returns 0; or -errno with @why filled in: tracefs is missing, or does not
 * tell.
 */
int record_btf_open(struct record_btf *types, struct why *why);

/**
 * record_btf_path - the file's path for bpf_object_open_opts; NULL: there are
 * no types
 */
const char *record_btf_path(const struct record_btf *types);

void record_btf_close(struct record_btf *types);

#endif /* EXITLEDGER_RECORD_BTF_H */
