/* SPDX-License-Identifier: GPL-2.0-only */
/* The files that pages are made of, which are linked into the program: see
 * page_files.S. */
#ifndef EXITLEDGER_PAGE_FILES_H
#define EXITLEDGER_PAGE_FILES_H

/*
 * Each file is a string.  The hashes are SHA-256 of style and script, in
 * base64.  A browser runs no script of the page but the one with this hash.
 */
extern const char page_html[];
extern const char page_compare_html[];
extern const char page_style[];
extern const char page_style_hash[];
extern const char page_script[];
extern const char page_script_hash[];

#endif /* EXITLEDGER_PAGE_FILES_H */
