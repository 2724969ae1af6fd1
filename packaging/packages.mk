# SPDX-License-Identifier: GPL-2.0-only
# Packages, and the files of a release.  SUITE may name one of Debian's releases; the
# default is all releases that there are packages for.

.PHONY: dist deb deb-check deb-boot rpm kvm-modules-deb
dist: $(EXITLEAF) $(EXITWORK)
	@packaging/dist.sh $(VERSION) $^
deb:
	@packaging/deb.sh build $(VERSION) $(SUITE)
deb-check:
	@packaging/deb.sh check $(VERSION) $(SUITE)
deb-boot: $(MICROGUEST)
	@packaging/boot.sh $(VERSION) $(SUITE)
rpm:
	@packaging/rpm.sh $(VERSION)
# The kernel's modules as a package: kvm-modules-deb.sh says what these variables mean.
kvm-modules-deb: export KREL := $(KREL)
kvm-modules-deb: export SOURCE := $(SOURCE)
kvm-modules-deb: export MODULES := $(MODULES)
kvm-modules-deb: export SIGN_KEY := $(SIGN_KEY)
kvm-modules-deb: export SIGN_CERT := $(SIGN_CERT)
kvm-modules-deb: export ROOT := $(ROOT)
kvm-modules-deb:
	@packaging/kvm-modules-deb.sh $(VERSION)
