// SPDX-License-Identifier: GPL-2.0-only
#include "html.h"
#include "utf8.h"

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
		if (byte >= ' ' && byte != 127)
			fputc(byte, out);
	}
}

void html_put(const char *text, FILE *out)
{
	while (*text) {
		size_t length = utf8_length(text);

		if (length == 1)
			put_ascii(*text, out);
		else if (length)
			fwrite(text, 1, length, out);
		else
			fputs("\xef\xbf\xbd", out);
		text += length ? length : 1;
	}
}
