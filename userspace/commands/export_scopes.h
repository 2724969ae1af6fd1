/* SPDX-License-Identifier: GPL-2.0-only */
/* Words of exitledger export's command line, which shells complete, too. */
#ifndef EXITLEDGER_EXPORT_SCOPES_H
#define EXITLEDGER_EXPORT_SCOPES_H

#define EXPORT_LISTEN "127.0.0.1:19177"

/* Of which there are histograms: of --histograms. */
enum export_scope { EXPORT_SCOPE_HOST, EXPORT_SCOPE_VM, EXPORT_SCOPE_NONE };

/* Their names; NULL is behind the last. */
extern const char *const export_scopes[];

#endif /* EXITLEDGER_EXPORT_SCOPES_H */
