/* SPDX-License-Identifier: GPL-2.0-only */
/* The values of --histograms, shared with completion. */
#ifndef EXITLEDGER_EXPORT_SCOPES_H
#define EXITLEDGER_EXPORT_SCOPES_H

#define EXPORT_LISTEN "127.0.0.1:19177"

/* Whose histograms are exported. */
enum export_scope { EXPORT_SCOPE_HOST, EXPORT_SCOPE_VM, EXPORT_SCOPE_NONE };

/* Their names by enum export_scope; NULL ends the list. */
extern const char *const export_scopes[];

#endif /* EXITLEDGER_EXPORT_SCOPES_H */
