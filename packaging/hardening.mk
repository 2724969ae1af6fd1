# SPDX-License-Identifier: GPL-2.0-only
# Flags by which a mistake in a program that root runs is harder to exploit; a
# compiler's flags are left out if it does not know them.  HARDENING= turns all off,
# which sanitizers want.  packaging/tests/install.t looks for all of this in the
# programs.

HARDENING_WANTED := -fstack-protector-strong -fstack-clash-protection -fcf-protection
HASH := \#
# "yes" and the highest level of _FORTIFY_SOURCE, by one call of the compiler.
HARDENING_PROBE = $(shell { echo '$(HASH)ifdef __has_builtin'; \
	echo '$(HASH)if __has_builtin(__builtin_dynamic_object_size)'; echo 3; \
	echo '$(HASH)endif'; echo '$(HASH)endif'; } | \
	$(CC) -Werror $1 -E -P -x c - 2>/dev/null && echo yes)
HARDENING_ANSWER := $(call HARDENING_PROBE,$(HARDENING_WANTED))
HARDENING_KNOWN := $(if $(filter yes,$(HARDENING_ANSWER)),$(HARDENING_WANTED),\
	$(foreach flag,$(HARDENING_WANTED),$(if $(filter yes,\
	$(call HARDENING_PROBE,$(flag))),$(flag))))

# The C library's checks need optimization, and complain without.
HARDENING ?= $(strip $(HARDENING_KNOWN)) -fPIE \
	$(if $(filter -O%,$(filter-out -O0,$(CFLAGS))),-U_FORTIFY_SOURCE \
	-D_FORTIFY_SOURCE=$(if $(filter 3,$(HARDENING_ANSWER)),3,2))
HARDENING_LINK := $(if $(strip $(HARDENING)),-z relro -z now -z noexecstack)

# How programs are linked.
LINK = $(CC) $(CFLAGS) $(HARDENING) $(if $(HARDENING_LINK),-pie) $(HARDENING_LINK) $(LDFLAGS)
# Guests' programs bring the C library with them, as a guest may have any, or none.
LINK_STATIC = $(CC) $(CFLAGS) $(HARDENING) $(if $(HARDENING_LINK),-static-pie,-static) \
	      $(HARDENING_LINK) $(LDFLAGS)
