// SPDX-License-Identifier: GPL-2.0-only
/* TLS, which libmicrohttpd leaves to GnuTLS. */
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "serve/serve_http_private.h"

/* TLS 1.2 is the oldest version, as in Prometheus' own exporters. */
#define TLS_13 "NORMAL:-VERS-ALL:+VERS-TLS1.3"
#define TLS_12 TLS_13 ":+VERS-TLS1.2"

static struct MHD_OptionItem text_option(enum MHD_OPTION option,
					 const char *text)
{
	return (struct MHD_OptionItem){ option, 0, (void *)text };
}

void serve_tls_options(const struct serve_web_config *web,
		       struct MHD_OptionItem option[SERVE_TLS_OPTIONS])
{
	if (web && web->has_tls) {
		*option++ = text_option(MHD_OPTION_HTTPS_MEM_CERT,
					web->certificate);
		*option++ = text_option(MHD_OPTION_HTTPS_MEM_KEY, web->key);
		*option++ = text_option(MHD_OPTION_HTTPS_PRIORITIES,
					web->only_tls13 ? TLS_13 : TLS_12);
		if (web->client_ca)
			*option++ = text_option(MHD_OPTION_HTTPS_MEM_TRUST,
						web->client_ca);
	}
	*option = text_option(MHD_OPTION_END, NULL);
}

/* libmicrohttpd requests a certificate, but does not verify it. */
bool serve_tls_permits(const struct serve_web_config *web,
		       struct MHD_Connection *connection)
{
	gnutls_typed_vdata_st purpose = {
		.type = GNUTLS_DT_KEY_PURPOSE_OID,
		.data = (unsigned char *)GNUTLS_KP_TLS_WWW_CLIENT,
	};
	const union MHD_ConnectionInfo *info;
	unsigned int status;

	if (!web || !web->client_ca)
		return true;
	info = MHD_get_connection_info(connection,
				       MHD_CONNECTION_INFO_GNUTLS_SESSION);
	return info &&
	       !gnutls_certificate_verify_peers(info->tls_session, &purpose, 1,
						&status) &&
	       !status;
}
