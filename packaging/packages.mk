# SPDX-License-Identifier: GPL-2.0-only
# Packages, and the files of a release.  SUITE may name one of Debian's releases; the
# default is all releases that there are packages for.

.PHONY: dist deb deb-check rpm
dist: $(EXITLEAF) $(EXITWORK)
	@packaging/dist.sh $(VERSION) $^
deb:
	@packaging/deb.sh build $(VERSION) $(SUITE)
deb-check:
	@packaging/deb.sh check $(VERSION) $(SUITE)
rpm:
	@packaging/rpm.sh $(VERSION)
