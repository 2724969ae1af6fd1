/* SPDX-License-Identifier: GPL-2.0-only */
/* Tells systemd how a service is: sd_notify(3), without its library. */
#ifndef EXITLEDGER_SERVE_NOTIFY_H
#define EXITLEDGER_SERVE_NOTIFY_H

/**
 * serve_notify_open - find out who wants to be told, while that can be done
 *
 * Of NOTIFY_SOCKET and WATCHDOG_USEC.  Without these, nobody is told.
 */
void serve_notify_open(void);

/** serve_notify_ready - tell that whoever comes is served */
void serve_notify_ready(void);

/** serve_notify_alive - tell that all goes on, if it is time for that */
void serve_notify_alive(void);

/** serve_notify_stopping - tell that this is the end */
void serve_notify_stopping(void);

#endif /* EXITLEDGER_SERVE_NOTIFY_H */
