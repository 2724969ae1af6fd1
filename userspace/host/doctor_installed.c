// SPDX-License-Identifier: GPL-2.0-only
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "host/doctor_installed.h"

#define SOCKET_UNIT "exitledger-export.socket"

static void check_package(const struct installed *installed,
			  struct diagnosis *d)
{
	if (!installed->packages[0])
		return; /* another distribution, or built from the source */
	if (installed->is_packaged)
		diagnosis_add(d, "package", DOCTOR_OK, "", "installed: %s",
			      installed->packages);
	else
		diagnosis_add(
			d, "package", DOCTOR_WARNING,
			"one of the two is enough: /usr/bin/exitledger is the package's; 'sudo make uninstall' in the source removes the other",
			"installed: %s; but this is %.100s, of no package",
			installed->packages,
			installed->program[0] ? installed->program :
						"another exitledger");
}

static const struct holder *service_of(const struct holders *holders)
{
	for (size_t i = 0; i < holders->nr && i < HOLDERS; i++) {
		if (!strcmp(holders->holder[i].unit, INSTALLED_UNIT))
			return &holders->holder[i];
	}
	return NULL;
}

static void check_service(const struct host_facts *facts, struct diagnosis *d)
{
	const struct holder *service = service_of(&facts->holders);

	if (!facts->installed.unit)
		return;
	if (service)
		diagnosis_add(d, "service", DOCTOR_OK, "",
			      INSTALLED_UNIT " runs (pid %u)", service->pid);
	else if (facts->holders.unseen)
		diagnosis_add(
			d, "service", DOCTOR_UNKNOWN,
			"systemctl status " INSTALLED_UNIT,
			INSTALLED_UNIT
			" is installed; this user may not see whether it observes");
	else
		diagnosis_add(d, "service", DOCTOR_WARNING,
			      "systemctl start " INSTALLED_UNIT
			      "; if it ends, journalctl -u " INSTALLED_UNIT
			      " says why",
			      INSTALLED_UNIT " is installed, but does not run");
}

/* The socket would start the exporter again. */
static void how_to_stop(const struct holder *holder, char *text, size_t size)
{
	if (!strcmp(holder->unit, INSTALLED_UNIT))
		snprintf(text, size, "systemctl stop " SOCKET_UNIT " %s",
			 holder->unit);
	else if (holder->unit[0])
		snprintf(text, size, "systemctl stop %s", holder->unit);
	else
		snprintf(text, size, "kill %u", holder->pid);
}

/* Append an item as a whole, or not at all: half a command would do harm. */
static bool append(char *text, size_t size, const char *between,
		   const char *item)
{
	size_t length = strlen(text);

	if (length + strlen(between) + strlen(item) >= size)
		return false;
	snprintf(text + length, size - length, "%s%s", between, item);
	return true;
}

/* Name all of them, or as many as there is room for. */
static void check_holders(const struct holders *holders, struct diagnosis *d)
{
	char who[150] = "", advice[sizeof(d->finding[0].advice)];
	char name[48], stop[160], more[32] = "";
	size_t nr = 0;

	if (!holders->nr && holders->unseen)
		diagnosis_add(
			d, "holders", DOCTOR_UNKNOWN, "run it with sudo",
			"%zu more process%s of exitledger; this user may not see whether they hold KVM's modules",
			holders->unseen, holders->unseen == 1 ? "" : "es");
	if (!holders->nr)
		return;
	snprintf(advice, sizeof(advice),
		 "before KVM's modules are unloaded or replaced: ");
	for (; nr < holders->nr && nr < HOLDERS; nr++) {
		const struct holder *holder = &holders->holder[nr];

		snprintf(name, sizeof(name), "%s (pid %u)", holder->name,
			 holder->pid);
		how_to_stop(holder, stop, sizeof(stop));
		if (!append(advice, sizeof(advice), nr ? "; " : "", stop) ||
		    !append(who, sizeof(who), nr ? ", " : "", name))
			break;
	}
	if (nr < holders->nr)
		snprintf(more, sizeof(more), " and %zu more", holders->nr - nr);
	diagnosis_add(d, "holders", DOCTOR_OK, advice,
		      "KVM's modules are held by %s%s", who, more);
}

void doctor_check_installed(const struct host_facts *facts,
			    struct diagnosis *diagnosis)
{
	check_package(&facts->installed, diagnosis);
	check_service(facts, diagnosis);
	check_holders(&facts->holders, diagnosis);
}

void doctor_get_counters(const struct host_facts *facts, char *advice,
			 size_t size)
{
	static const char use[] =
		"only compare, --book kernel and exitleaf need them";
	const char *vendor = facts->host.vendor;

	if (facts->installed.modules && vendor[0])
		snprintf(
			advice, size,
			"modules with counters are installed for this kernel: when no VM runs, modprobe -r %s && modprobe %s loads them, and so does a reboot; %s",
			vendor, vendor, use);
	else if (facts->installed.dkms)
		snprintf(
			advice, size,
			"/usr/lib/exitledger-kvm/kvm-dkms update builds modules with counters, or says what it lacks; %s",
			use);
	else if (facts->installed.packages[0])
		snprintf(
			advice, size,
			"install modules with counters: apt install ./exitledger-kvm-dkms_*.deb, or ./exitledger-kvm-modules-%s_*.deb; %s",
			facts->host.kernel, use);
	else
		snprintf(
			advice, size,
			"load the patched modules (kvm-instrumentation/README.md); %s",
			use);
}
