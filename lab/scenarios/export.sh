#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# needs: exitledger exitledger-export guest /usr/bin/setpriv
#
# Runs the exporter on a real KVM.  It is scraped while a guest runs, beside a monitor; then
# it has only the capabilities RIGHTS, in setpriv's notation; and then KVM's counters are
# wrong, for which the modules with mistakes are needed.
set -u

address=127.0.0.1:19177

# serve NAME OPTION...: start an exporter, by the command $with if that is not empty; set
# $exporter to its pid
with=
serve() {
	name=$1
	shift
	$with exitledger export "$@" 2>"/results/$name.err" &
	exporter=$!
	until grep -q 'serving at\|exitledger:' "/results/$name.err"; do
		kill -0 $exporter || break
		sleep 0.1
	done
}

# scrape NAME: save the current metrics
scrape() { wget -q -O "/results/$1.prom" "http://$address/metrics"; }

# end NAME: end the exporter, and save its exit status
end() {
	kill -TERM $exporter
	wait $exporter
	echo $? >"/results/$1.status"
}

ifconfig lo up
guest='microguest --report /dev/null'

echo "[LAB] scrapes while a guest runs"
serve export --by msr --fast --off-cpu --slower-than 50us
cat "/proc/$exporter/status" >/results/export.rights
scrape before
# The guest runs for some seconds, as KVM's statistics are judged once a second.
# shellcheck disable=SC2086 # words
exitledger monitor --json -i 0 -- $guest --vcpus 2 --reads 20 --meanwhile cpuid=60000 rdmsr=5000 hlt=50 \
	>/results/monitor.txt 2>/results/monitor.err &
monitor=$!
n=0
while kill -0 $monitor 2>/dev/null; do
	scrape "during-$n"
	n=$((n + 1))
	sleep 0.6
done
wait $monitor
echo $? >/results/monitor.status
sleep 0.6
scrape after
wget -q -S -O /results/after.open --header \
	'Accept: application/openmetrics-text;version=1.0.0' \
	"http://$address/metrics" 2>/results/open.headers
end export

echo "[LAB] a file in place of a socket, by classic tracepoints"
exitledger export --attach tp --count-only --interval 500ms \
	--textfile /tmp/kvm.prom 2>/results/textfile.err &
exporter=$!
until [ -s /tmp/kvm.prom ]; do
	kill -0 $exporter || break
	sleep 0.1
done
# shellcheck disable=SC2086 # words
$guest cpuid=3000 >/dev/null 2>&1
end textfile
cp /tmp/kvm.prom /results/textfile.prom

echo "[LAB] with the service's rights, beside a guest of another user that runs already"
chmod 666 /dev/kvm
/bin/setpriv --reuid=65534 --regid=65534 --clear-groups microguest --report /dev/null \
	--vcpus 2 --reads 100 --meanwhile --stop cpuid=100000 >/dev/null &
early=$!
until grep -q 'State:.*T' "/proc/$early/status"; do
	kill -0 $early || break
	sleep 0.1
done
with="/bin/setpriv --bounding-set $RIGHTS --inh-caps -all"
serve service
with=
kill -CONT $early
# On a busy machine it can take a while until both kinds were judged.
while kill -0 $early 2>/dev/null; do
	sleep 0.6
	scrape service
	[ "$(grep -cE '^exitledger_books_judged_total\{kind="(count|statistics)"\} [1-9]' \
		/results/service.prom)" -lt 2 ] || break
done
kill -KILL $early 2>/dev/null
wait $early
scrape service
end service

echo "[LAB] KVM's counters lose one of a thousand exits"
echo every-1000th >/sys/module/kvm/parameters/exit_stats_mutant
serve wrong
# shellcheck disable=SC2086 # words
$guest --reads 20 --meanwhile --vcpus 2 cpuid=5000 >/dev/null 2>&1
sleep 1.5
scrape wrong
end wrong
exit 0
