#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs in the system that packaging/boot.sh boots.  What it finds are lines "ok NAME" and "not
# ok NAME"; the rest is a transcript of what an operator would see.
set -u
unit=exitledger-export
parameters=/sys/module/kvm/parameters
cd /root || exit

ok() { # NAME COMMAND...
	local name=$1

	shift
	if "$@" >/tmp/ok 2>&1; then echo "ok $name"; else echo "not ok $name"; cat /tmp/ok; fi
}
# show COMMAND...: as an operator would type it; its output is in /tmp/shown, too
show() {
	echo "# $*"
	"$@" 2>&1 | tee /tmp/shown
	return "${PIPESTATUS[0]}"
}
shown() { grep -qE -- "$1" /tmp/shown; }
not() { ! "$@"; }
main_pid() { systemctl show -p MainPID --value $unit.service; }
# has_right FIELD VALUE: what rights.sh has found in the status of a process
has_right() {
	[ "$(sed -n "s/^$1:[[:space:]]*//p" /tmp/rights | tr -s '[:blank:]' ' ')" = "$2" ]
}
scrape() { curl -sf --max-time 30 http://127.0.0.1:19177/metrics >/tmp/shown; }
vendor() { basename /sys/module/kvm_*/; }
guest() { /opt/microguest --report /dev/null "$@"; }

# Load KVM again, as the packages say.
reload() {
	systemctl stop $unit.socket
	modprobe -r kvm_amd && modprobe kvm_amd
	systemctl start $unit.service
}
is_stock() { [ ! -e $parameters/exit_stats ]; }
is_ours() { [ -e $parameters/exit_stats ]; }

# rights NAME USER: the process that rights.sh has looked at is USER's, and has no other right
rights() {
	local id set

	grep -E '^(Uid|Gid|Groups|Cap.*|NoNewPrivs|Seccomp):' /tmp/rights
	grep -E '^(open|errno): ' /tmp/opened || cat /tmp/opened
	id=$(id -u "$2")
	ok "$1: it is the user $2" has_right Uid "$id $id $id $id"
	id=$(id -g "$2")
	ok "$1: it has this user's group" has_right Gid "$id $id $id $id"
	for set in CapInh CapPrm CapEff CapBnd CapAmb; do
		ok "$1: no capability: $set" has_right $set 0000000000000000
	done
	ok "$1: none can be gained" has_right NoNewPrivs 1
	ok "$1: its system calls are filtered" has_right Seccomp 2
	# Only this shows that the other result is one: root's name is enough for root's file.
	if [ "$2" = root ]; then
		ok "$1: it can open root's file" grep -qE '^open: [0-9]+$' /tmp/opened
		return
	fi
	ok "$1: it is in no other group" has_right Groups ''
	ok "$1: it cannot open root's file" grep -qx 'open: -1' /tmp/opened
	ok "$1: the right is missing (EACCES)" grep -qx 'errno: 13' /tmp/opened
}

service() {
	local pid

	ok 'the service runs' systemctl is-active $unit.service
	ok 'its socket listens' systemctl is-active $unit.socket
	pid=$(main_pid)
	show systemctl --no-pager status $unit.service
	/opt/rights.sh "$pid"
	rights export exitledger
	ok 'it has no network of its own' [ "$(readlink "/proc/$pid/ns/net")" != \
		"$(readlink /proc/1/ns/net)" ]
	ok 'a scrape is answered' scrape
	ok 'the scrape has the books' shown '^exitledger_books_judged_total'
	show systemd-analyze --no-pager security $unit.service | tail -n 1
	# shellcheck disable=SC2016 # for awk
	ok 'systemd: an exposure of at most 2.8' \
		awk '/Overall exposure level/ { exit !($(NF - 2) <= 2.8) }' /tmp/shown
	systemctl stop $unit.service
	ok 'a scrape starts the service' scrape
	ok 'and it runs then' systemctl is-active $unit.service
	echo 'ARGS="--listen=:19178"' >/etc/default/$unit.new
	cp /etc/default/$unit /tmp/default
	cp /etc/default/$unit.new /etc/default/$unit
	systemctl restart $unit.service
	ok '--listen in the service fails' not curl -sf --max-time 5 http://127.0.0.1:19178/metrics
	show journalctl --no-pager -q -u $unit.service -n 12 -o cat
	ok 'and it says why' shown 'exitledger: :19178|19178'
	cp /tmp/default /etc/default/$unit
	rm /etc/default/$unit.new
	systemctl reset-failed $unit.service
	systemctl restart $unit.service
	ok 'without it, the service runs again' systemctl is-active $unit.service
	systemctl stop $unit.socket
	ok 'stopping the socket stops the service' not systemctl is-active $unit.service
	systemctl start $unit.service
	ok 'starting the service starts the socket' systemctl is-active $unit.socket
}

# textfile: the service writes a file for node_exporter, set up as docs/fleet.md says
textfile() {
	local dir=/var/lib/exits drop_in=/etc/systemd/system/$unit.service.d

	install -d -o exitledger $dir
	mkdir -p $drop_in
	printf '[Service]\nReadWritePaths=%s\n' $dir >$drop_in/folder.conf
	echo "ARGS=\"--textfile=$dir/exits.prom --interval=1s\"" >/etc/default/$unit
	systemctl -q mask --now $unit.socket
	systemctl daemon-reload
	ok 'textfile: the service runs without its socket' systemctl restart $unit.service
	timeout 30 sh -c "until [ -s $dir/exits.prom ]; do sleep 1; done"
	ok 'textfile: the metrics are in the file' grep -q '^exitledger_build_info' $dir/exits.prom
	ok 'textfile: no port is open' not scrape
	systemctl stop $unit.service
	rm -r $dir $drop_in
	cp /tmp/default /etc/default/$unit
	systemctl -q unmask $unit.socket
	systemctl daemon-reload
	ok 'textfile: it serves again without that' systemctl start $unit.service
	ok 'textfile: a scrape is answered' scrape
}

# commands: the rights of each, seen by the command that it starts
commands() {
	local name status

	install -d -m 1777 /tmp/runs
	rm -f /tmp/runs/*
	show exitledger doctor
	ok 'doctor: the monitor can run' shown 'exitledger monitor can run here'
	ok 'doctor: the packages' shown 'installed: exitledger, exitledger-export'
	ok 'doctor: the service' shown 'exitledger-export.service runs \(pid'
	ok 'doctor: it holds the modules' shown 'KVM.s modules are held by exitledger-expo'
	for name in monitor record compare record-as-root; do
		# Without KVM's counters, compare has nothing to do.
		[ $name != compare ] || is_ours || continue
		rm -f /tmp/rights /tmp/opened
		case $name in
		monitor) set -- monitor -i 0 ;;
		record) set -- record --user exitledger -o /tmp/runs/run.exits ;;
		compare) set -- compare ;;
		record-as-root) set -- record -o /root/run.exits ;;
		esac
		status=0
		show exitledger "$@" -- /opt/rights.sh || status=$?
		ok "$name: ended with 0" [ $status = 0 ]
		[ $name != compare ] || ok 'compare: balanced' shown 'verdict +BALANCED'
		if [ $name = record-as-root ]; then
			rights $name root
		else
			rights $name exitledger
		fi
	done
	rm -f /root/run.exits
}

# refused NAME FILE COMMAND...: as the user nobody, the command cannot make a file where root
# alone may, although root has started it
refused() {
	ok "$1: no file where root alone may write" not "${@:3}"
	ok "$1: and none is there" [ ! -e "$2" ]
}

secret() {
	local dir=/tmp/secret

	install -d -m 700 $dir
	refused record $dir/run.exits exitledger record --user nobody -o $dir/run.exits -- \
		/opt/microguest --report /dev/null cpuid=10
	! is_ours || refused compare $dir/books exitledger compare --user nobody --json $dir/books -- \
		/opt/microguest --report /dev/null cpuid=10
	refused export $dir/kvm.prom exitledger export --user nobody --replay \
		/tmp/runs/run.exits --at-once --interval 0 --textfile $dir/kvm.prom
}

# The modules of exitledger-kvm-dkms were built before the system was booted.
dkms_modules() {
	ok 'DKMS: modprobe finds its modules' grep -q updates/dkms <(modinfo -n kvm)
	ok 'DKMS: they are loaded, with counters' is_ours
	show dpkg --purge exitledger-kvm-dkms
	ok 'DKMS: purged' [ ! -e /var/lib/exitledger-kvm ]
	show reload
	ok "DKMS: after the removal, the kernel's own are loaded" is_stock
	ok 'DKMS: and a guest runs' guest cpuid=10
}

package_modules() {
	show dpkg -i /packages/kvm-modules.deb
	ok 'kvm-modules: installed' [ -d "/lib/modules/$(uname -r)/updates/exitledger" ]
	show exitledger doctor | grep -A3 exit_stats
	ok 'kvm-modules: doctor says how they are loaded' shown 'modprobe -r kvm_amd'
	reload
	ok 'kvm-modules: loaded, with counters' is_ours
	commands
	secret
	show dpkg --purge "exitledger-kvm-modules-$(uname -r)"
	reload
	ok "kvm-modules: after the removal, the kernel's own are loaded" is_stock
	ok 'kvm-modules: and a guest runs' guest cpuid=10
}

echo
echo '[HOST] begin'
modprobe kvm_amd
systemctl start $unit.service
service
textfile
commands
secret
[ ! -e /var/lib/dkms/exitledger-kvm ] || dkms_modules
[ ! -e /packages/kvm-modules.deb ] || package_modules
systemctl stop $unit.socket
show dpkg --purge exitledger-export exitledger exitledger-guest
ok 'purged: no unit is left' not systemctl cat $unit.service
ok 'purged: nothing fails' [ -z "$(systemctl --failed --no-legend --plain)" ]
echo '[HOST] end'
systemctl poweroff
