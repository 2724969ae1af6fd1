// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "lib/html.h"
#include "lib/safe_text.h"
#include "lib/utf8.h"

static void put_ascii(char byte, FILE *out)
{
	switch (byte) {
	case '<':
		fputs("&lt;", out);
		break;
	case '>':
		fputs("&gt;", out);
		break;
	case '&':
		fputs("&amp;", out);
		break;
	case '"':
		fputs("&quot;", out);
		break;
	default:
		fputc(byte, out);
	}
}

void html_put(const char *text, FILE *out)
{
	while (*text) {
		uint32_t code = 0;
		size_t length = utf8_decode(text, strnlen(text, 4), &code);

		if (!length || !safe_code(code))
			fputs("\xef\xbf\xbd", out);
		else if (length == 1)
			put_ascii(*text, out);
		else
			fwrite(text, 1, length, out);
		text += length ? length : 1;
	}
}
