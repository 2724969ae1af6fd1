# SPDX-License-Identifier: GPL-2.0-only
# Flags that make mistakes harder to exploit, because root runs the programs.  Flags that
# the compiler does not know are left out.  HARDENING= turns all of them off, for builds
# with sanitizers.  packaging/tests/install.t checks that the programs are hardened.

HARDENING_WANTED := -fstack-protector-strong -fstack-clash-protection -fcf-protection
HASH := \#
# One call of the compiler prints "yes" if it knows the flags, and 3 if it knows
# _FORTIFY_SOURCE=3.
HARDENING_PROBE = $(shell { echo '$(HASH)ifdef __has_builtin'; \
	echo '$(HASH)if __has_builtin(__builtin_dynamic_object_size)'; echo 3; \
	echo '$(HASH)endif'; echo '$(HASH)endif'; } | \
	$(CC) -Werror $1 -E -P -x c - 2>/dev/null && echo yes)
HARDENING_ANSWER := $(call HARDENING_PROBE,$(HARDENING_WANTED))
HARDENING_KNOWN := $(if $(filter yes,$(HARDENING_ANSWER)),$(HARDENING_WANTED),\
	$(foreach flag,$(HARDENING_WANTED),$(if $(filter yes,\
	$(call HARDENING_PROBE,$(flag))),$(flag))))

# The C library's checks need optimization; without it, the compiler warns.
HARDENING ?= $(strip $(HARDENING_KNOWN)) -fPIE \
	$(if $(filter -O%,$(filter-out -O0,$(CFLAGS))),-U_FORTIFY_SOURCE \
	-D_FORTIFY_SOURCE=$(if $(filter 3,$(HARDENING_ANSWER)),3,2))
HARDENING_LINK := $(if $(strip $(HARDENING)),-z relro -z now -z noexecstack)

# How programs are linked.
LINK = $(CC) $(CFLAGS) $(HARDENING) $(if $(HARDENING_LINK),-pie) $(HARDENING_LINK) $(LDFLAGS)
# Guests' programs contain the C library, because a guest may have another one, or none.
LINK_STATIC = $(CC) $(CFLAGS) $(HARDENING) $(if $(HARDENING_LINK),-static-pie,-static) \
	      $(HARDENING_LINK) $(LDFLAGS)
