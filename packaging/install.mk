# SPDX-License-Identifier: GPL-2.0-only
# make install and make uninstall, from one list of files and where they go.

PREFIX ?= /usr/local
DESTDIR ?=
INSTALL ?= install
RST2MAN ?= rst2man

BINDIR ?= $(PREFIX)/bin
DATADIR ?= $(PREFIX)/share
MANDIR ?= $(DATADIR)/man
UNITDIR ?= $(PREFIX)/lib/systemd/system
SYSUSERSDIR ?= $(PREFIX)/lib/sysusers.d
DOCDIR ?= $(DATADIR)/doc/exitledger
BASH_COMPLETIONS ?= $(DATADIR)/bash-completion/completions
ZSH_COMPLETIONS ?= $(DATADIR)/zsh/site-functions
FISH_COMPLETIONS ?= $(DATADIR)/fish/vendor_completions.d

INSTALLED_PROGRAMS := $(EXITLEDGER) $(EXITLEDGER_EXPORT) $(EXITLEAF) $(EXITWORK)
# Programs that are only of use for tests and measurements.
TEST_TOOLS := $(MICROGUEST) $(LEAFFUZZ)

# --- manual pages ---

MANUAL_PAGES := $(patsubst docs/%.rst,$(BUILD)/man/%,$(wildcard docs/*.[1-9].rst))

# title PAGE.SECTION: the arguments of the line that makes a page's head and foot
title = "$(basename $1)" "$(subst .,,$(suffix $1))" "" "exitledger $(VERSION)" "exitledger"

# Put the version into the title, because rst2man does not know it.
$(BUILD)/man/%: docs/%.rst Makefile
	@mkdir -p $(@D)
	@[ -n "$$(type -P $(RST2MAN))" ] || { \
		echo "make: no command $(RST2MAN), which makes the manual pages;" \
			"apt install python3-docutils" >&2; exit 1; }
	$(RST2MAN) --halt=warning $< > $@.new
	sed -i 's/^\.TH .*/.TH $(call title,$*)/' $@.new
	mv $@.new $@

# --- completion ---

COMPLETED := exitledger exitleaf exitwork
COMPLETIONS := $(foreach program,$(COMPLETED),$(foreach shell,bash zsh fish,\
	$(BUILD)/completion/$(program).$(shell)))

$(COMPLETIONS): $(EXITLEDGER)
	@mkdir -p $(@D)
	$(EXITLEDGER) completion $(subst .,,$(suffix $@)) $(basename $(@F)) > $@.new
	mv $@.new $@

# --- the exporter's unit ---

UNIT := $(BUILD)/systemd/exitledger-export.service
# The unit has the program's path, which can be another one in each call of make.
.PHONY: $(UNIT)
$(UNIT): packaging/systemd/exitledger-export.service.in
	@mkdir -p $(@D)
	@sed 's,@BINDIR@,$(BINDIR),' $< > $@

# "make" already makes these files, so that root has to make none in "make install".
all: $(COMPLETIONS) $(if $(shell command -v $(RST2MAN)),$(MANUAL_PAGES))

# --- files and where they go: FILE>PATH ---

INSTALLED_DATA := \
	$(foreach page,$(MANUAL_PAGES),\
		$(page)>$(MANDIR)/man$(subst .,,$(suffix $(page)))/$(notdir $(page))) \
	$(foreach program,$(COMPLETED),\
		$(BUILD)/completion/$(program).bash>$(BASH_COMPLETIONS)/$(program) \
		$(BUILD)/completion/$(program).zsh>$(ZSH_COMPLETIONS)/_$(program) \
		$(BUILD)/completion/$(program).fish>$(FISH_COMPLETIONS)/$(program).fish) \
	docs/exitledger-monitor.schema.json>$(DATADIR)/exitledger/exitledger-monitor.schema.json \
	$(UNIT)>$(UNITDIR)/exitledger-export.service \
	packaging/systemd/exitledger-export.socket>$(UNITDIR)/exitledger-export.socket \
	packaging/systemd/exitledger.sysusers>$(SYSUSERSDIR)/exitledger.conf \
	$(foreach file,rules alerts,\
		fleet/$(file).yml>$(DATADIR)/exitledger/prometheus/$(file).yml) \
	$(foreach engine,grafana perses,\
		fleet/dashboards/$(engine).json>$(DATADIR)/exitledger/dashboards/$(engine).json) \
	README.md>$(DOCDIR)/README.md CHANGELOG.md>$(DOCDIR)/CHANGELOG.md \
	$(foreach file,$(wildcard LICENSES/*),$(file)>$(DOCDIR)/$(file))

# Folders to remove if they are empty: our own, and those shared with other programs.
OWN_FOLDERS := $(DOCDIR)/LICENSES $(DOCDIR) \
	$(addprefix $(DATADIR)/exitledger,/prometheus /dashboards) $(DATADIR)/exitledger \
	$(foreach folder,$(UNITDIR) $(SYSUSERSDIR) $(BASH_COMPLETIONS) $(ZSH_COMPLETIONS) $(FISH_COMPLETIONS),\
		$(folder) $(patsubst %/,%,$(dir $(folder))))

.PHONY: install install-test-tools uninstall
install: $(INSTALLED_PROGRAMS) $(MANUAL_PAGES) $(COMPLETIONS) $(UNIT)
	$(INSTALL) -d $(DESTDIR)$(BINDIR)
	$(INSTALL) -s $(INSTALLED_PROGRAMS) $(DESTDIR)$(BINDIR)
	@for file in $(foreach file,$(INSTALLED_DATA),'$(file)'); do \
		$(INSTALL) -D -m 644 "$${file%%>*}" "$(DESTDIR)$${file#*>}" || exit; \
	done

install-test-tools: $(TEST_TOOLS)
	$(INSTALL) -d $(DESTDIR)$(BINDIR)
	$(INSTALL) -s $(TEST_TOOLS) $(DESTDIR)$(BINDIR)

uninstall:
	rm -f $(addprefix $(DESTDIR)$(BINDIR)/,$(notdir $(INSTALLED_PROGRAMS) $(TEST_TOOLS)))
	@for file in $(foreach file,$(INSTALLED_DATA),'$(file)'); do \
		rm -f "$(DESTDIR)$${file#*>}" || exit; \
	done
	@for folder in $(OWN_FOLDERS); do \
		[ ! -d "$(DESTDIR)$$folder" ] || \
			rmdir --ignore-fail-on-non-empty "$(DESTDIR)$$folder"; \
	done

# --- the source of KVM's modules, for DKMS ---

KVM_SOURCE ?= $(DESTDIR)/usr/src/exitledger-kvm-$(VERSION)
KVM_FILES = $(filter-out %/make-series.sh,$(wildcard kvm-instrumentation/*.sh)) \
	$(wildcard kvm-instrumentation/src/* kvm-instrumentation/patches/*/*) \
	lab/lib.sh lab/setup/kernels.sh lab/setup/packages.txt \
	$(wildcard lab/kernels/*/series.conf)

.PHONY: install-kvm-source
install-kvm-source:
	@for file in $(KVM_FILES); do \
		$(INSTALL) -D -m "$$(head -n 1 "$$file" | grep -q '^\#!' && echo 755 || echo 644)" \
			"$$file" "$(KVM_SOURCE)/$$file" || exit; \
	done
	$(INSTALL) -D -m 755 kvm-instrumentation/dkms/kvm-dkms \
		$(KVM_SOURCE)/kvm-instrumentation/dkms/kvm-dkms
	sed 's/@VERSION@/$(VERSION)/' kvm-instrumentation/dkms/dkms.conf.in > \
		$(KVM_SOURCE)/dkms.conf
	chmod 644 $(KVM_SOURCE)/dkms.conf
