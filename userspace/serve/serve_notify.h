/* SPDX-License-Identifier: GPL-2.0-only */
/* Tells systemd the state of the service: sd_notify(3) without its library. */
#ifndef EXITLEDGER_SERVE_NOTIFY_H
#define EXITLEDGER_SERVE_NOTIFY_H

/**
 * serve_notify_open - connect to systemd, while that is still permitted
 *
 * This uses NOTIFY_SOCKET and WATCHDOG_USEC.  Without them, the functions below
 * do nothing.
 */
void serve_notify_open(void);

/** serve_notify_ready - report that clients are now served */
void serve_notify_ready(void);

/** serve_notify_alive - reset the watchdog if it is time for that */
void serve_notify_alive(void);

/** serve_notify_stopping - report that the service is ending */
void serve_notify_stopping(void);

#endif /* EXITLEDGER_SERVE_NOTIFY_H */
