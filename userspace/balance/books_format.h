/* SPDX-License-Identifier: GPL-2.0-only */
/* The format's name and version, as in exitledger-books(5). */
#ifndef EXITLEDGER_BOOKS_FORMAT_H
#define EXITLEDGER_BOOKS_FORMAT_H

#define BOOKS_FORMAT "exitledger-books"
#define BOOKS_VERSION 1

#endif /* EXITLEDGER_BOOKS_FORMAT_H */
