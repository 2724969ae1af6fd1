# SPDX-License-Identifier: GPL-2.0-only
# exitledger, and the unit tests of what it is made of.

EXITLEDGER := $(BUILD)/bin/exitledger

# What needs no privileges, nor any host in particular: all of it is unit-tested.
PLAIN := answers attach balance beside books books_json books_load books_save cli \
	 cli_files cli_values columns doctor duration filter format guest_report hist \
	 host host_facts html json_get json_save json_writer keys kvm_btf ledger msg \
	 near output pid_ns reason_names reason_parse record_btf reasons \
	 render_compare render_compare_json render_doctor render_finding \
	 render_losses render_monitor_csv render_monitor_json \
	 render_monitor_slow render_monitor_text render_watch report_match \
	 rows rules safe_stream safe_text \
	 statement student table text_width timed top_history top_lines top_model tracepoints tsc \
	 utf8 vm_list vm_name whole_file \
	 $(addprefix bench/,bench bench_change bench_config bench_json \
	   bench_json_load bench_options bench_pairs bench_peers bench_plan \
	   bench_progress bench_result bench_stats render_bench \
	   render_bench_changes render_bench_notes render_bench_svg \
	   render_bench_words)
PLAIN_OBJECTS := $(PLAIN:%=$(BUILD)/obj/userspace/%.o)
# Recorded runs: likewise, but for SQLite.
RUN := $(addprefix run/,bytes page_files render_compare_page render_marks \
	 render_page render_page_data render_page_host render_page_slows \
	 render_page_tables render_page_words render_report render_report_json \
	 render_report_json_tables render_report_tables render_run_compare \
	 render_run_compare_json replay run_bins run_books run_cells run_changes run_compare \
	 run_compare_percentiles run_connect run_info run_json run_levels run_mark \
	 run_reader run_reader_load run_report run_schema run_series run_slows \
	 run_snapshot run_timeline run_totals run_writer run_writer_chunk run_writer_vms \
	 save_page)
RUN_OBJECTS := $(RUN:%=$(BUILD)/obj/userspace/%.o)
RUN_LIBS := -lsqlite3 -lz -lm
# From BPF's memory.
COLLECT := observer_collect observer_keys observer_threads observer_total
HOST_OBJECTS := $(patsubst %,$(BUILD)/obj/userspace/%.o, \
		  attach_probe cmd_bench cmd_compare cmd_doctor cmd_mark \
		  cmd_monitor cmd_record cmd_replay cmd_report command \
		  compare_options counters keeper kvm_folders kvm_stats main monitor_loop \
		  monitor_options monitor_output observer observer_choose \
		  observer_source \
		  $(COLLECT) reader run/record run/record_options top top_keys top_play top_view \
		  watch \
		  $(addprefix bench/,bench_clock bench_exec bench_load bench_rounds \
		    bench_run bench_test_run bench_tracefs bench_way))

PROGRAMS += $(EXITLEDGER)

$(EXITLEDGER): $(HOST_OBJECTS) $(RUN_OBJECTS) $(PLAIN_OBJECTS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@ -lbpf -ljansson -lncursesw -ltinfo \
		$(RUN_LIBS)

$(BUILD)/obj/%.o: %.c | build-tools
	@mkdir -p $(@D)
	@# What the compiler says is kept, so that style.t finds what it warned of.
	$(CC) $(ALL_CFLAGS) -DEXITLEDGER_VERSION='"$(VERSION)"' -c $< -o $@ \
		2>$@.warnings || { cat $@.warnings >&2; exit 1; }
	@cat $@.warnings >&2

# What a page is made of, as the program has it in itself.  Browsers run no
# script of a page but that whose hash it says.
PAGE := userspace/run/page
PAGE_FILES := $(addprefix $(BUILD)/page/,page.html compare.html style.css \
		style.hash script.js script.hash)
$(BUILD)/obj/userspace/run/page_files.o: userspace/run/page_files.S $(PAGE_FILES)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -I$(BUILD)/page -c $< -o $@
$(BUILD)/page/%.html: $(PAGE)/%.html
	@mkdir -p $(@D)
	cp $< $@
$(BUILD)/page/style.css: $(PAGE)/uplot/uPlot.min.css $(PAGE)/page.css
	@mkdir -p $(@D)
	cat $^ > $@
$(BUILD)/page/script.js: $(PAGE)/uplot/LICENSE $(PAGE)/uplot/uPlot.iife.min.js \
			 $(PAGE)/numbers.js $(PAGE)/marks.js $(PAGE)/tip.js \
			 $(PAGE)/page.js
	@mkdir -p $(@D)
	{ echo '/* uPlot:' && cat $< && echo '*/' && cat $(wordlist 2,9,$^); } > $@
$(BUILD)/page/style.hash: $(BUILD)/page/style.css
$(BUILD)/page/script.hash: $(BUILD)/page/script.js
$(BUILD)/page/%.hash:
	sha256sum < $< | tr a-f A-F | cut -c 1-64 | basenc --base16 -d | \
		base64 -w 0 > $@

OBSERVER_OBJECTS := $(patsubst %,$(BUILD)/obj/userspace/%.o, \
		      observer observer_choose $(COLLECT))
$(OBSERVER_OBJECTS): ALL_CFLAGS += -I$(BUILD)/bpf
$(OBSERVER_OBJECTS): $(BUILD)/bpf/observer.skel.h

$(BUILD)/obj/userspace/bench/bench_test_run.o: ALL_CFLAGS += -I$(BUILD)/bpf
$(BUILD)/obj/userspace/bench/bench_test_run.o: $(BUILD)/bpf/doctor.skel.h \
					       $(BUILD)/bpf/observer.skel.h
$(BUILD)/obj/userspace/attach_probe.o: ALL_CFLAGS += -I$(BUILD)/bpf
$(BUILD)/obj/userspace/attach_probe.o: $(BUILD)/bpf/doctor.skel.h

# Adding up thousands of histograms is most of the work: let the compiler use
# what the processor has for it.
$(patsubst %,$(BUILD)/obj/userspace/%.o,hist observer_collect): ALL_CFLAGS += -O3

-include $(HOST_OBJECTS:.o=.d) $(PLAIN_OBJECTS:.o=.d) $(RUN_OBJECTS:.o=.d)

# Unit tests: each a program that prints TAP.
CHECK_LIBS := -lcheck_pic -lsubunit -lrt -lm -pthread

UNITS := $(patsubst userspace/tests/test_%.c,%,$(wildcard userspace/tests/test_*.c))
TEST_PROGRAMS := $(UNITS:%=$(BUILD)/tests/test_%)
TEST_OBJECTS := $(UNITS:%=$(BUILD)/obj/userspace/tests/test_%.o)

UNIT_TESTS += $(TEST_PROGRAMS)

# The observer's programs on vCPUs made up: of which nothing can be read, and of
# a KVM made up.
FAKE_KVM_TESTS := observer_answers observer_ends observer_extras observer_threads
$(BUILD)/tests/test_observer $(BUILD)/tests/test_observer_collect \
$(BUILD)/tests/test_observer_pids $(FAKE_KVM_TESTS:%=$(BUILD)/tests/test_%): \
	$(patsubst %,$(BUILD)/obj/userspace/%.o, \
	  $(COLLECT) tests/busy_host tests/fake_vcpus)
$(FAKE_KVM_TESTS:%=$(BUILD)/tests/test_%): \
	$(patsubst %,$(BUILD)/obj/userspace/%.o, \
	  tests/fake_kvm tests/fake_kvm_btf observer_choose)
$(BUILD)/tests/test_record_btf: $(BUILD)/obj/userspace/observer_choose.o
$(BUILD)/tests/test_bench_load: \
	$(patsubst %,$(BUILD)/obj/userspace/%.o,bench/bench_load \
	  bench/bench_exec command)
$(BUILD)/tests/test_bench_peers: \
	$(patsubst %,$(BUILD)/obj/userspace/%.o,bench/bench_exec command)
$(BUILD)/tests/test_bench_rounds: \
	$(BUILD)/obj/userspace/bench/bench_rounds.o
$(BUILD)/tests/test_%: $(BUILD)/obj/userspace/tests/test_%.o $(PLAIN_OBJECTS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@ -lbpf -ljansson \
		$(CHECK_LIBS)

BUSY_OBJECTS := $(patsubst %,$(BUILD)/obj/userspace/tests/%.o, \
		  test_observer test_observer_collect test_observer_pids test_record_btf \
		  busy_host fake_vcpus \
		  $(FAKE_KVM_TESTS:%=test_%) fake_kvm monitor_cost record_cost)
$(BUSY_OBJECTS): ALL_CFLAGS += -I$(BUILD)/bpf
$(BUSY_OBJECTS): $(BUILD)/bpf/observer.skel.h
$(BUILD)/obj/userspace/tests/fake_kvm.o: ALL_CFLAGS += -I$(BUILD)/tests
$(BUILD)/obj/userspace/tests/fake_kvm.o: $(BUILD)/tests/fake_kvm.skel.h
$(BUILD)/tests/fake_kvm.bpf.o: userspace/tests/fake_kvm_layout.h

$(BUILD)/tests/test_keeper: $(patsubst %,$(BUILD)/obj/userspace/%.o, \
			    command counters keeper kvm_folders kvm_stats reader)
$(BUILD)/tests/test_kvm_stats $(BUILD)/tests/test_kvm_stats_folders: \
	$(patsubst %,$(BUILD)/obj/userspace/%.o, \
			       kvm_folders kvm_stats)
$(BUILD)/tests/test_reader: $(BUILD)/obj/userspace/reader.o
$(BUILD)/tests/test_watch $(BUILD)/tests/test_watch_lines: $(BUILD)/obj/userspace/watch.o

# What monitor itself costs: to be run by hand.
MONITOR_COST := $(BUILD)/tests/monitor_cost
unit-tests: $(MONITOR_COST)
$(MONITOR_COST): $(patsubst %,$(BUILD)/obj/userspace/%.o,tests/monitor_cost \
		   tests/busy_host $(COLLECT) monitor_loop command) \
		 $(PLAIN_OBJECTS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@ -lbpf -ljansson -lm

# The same of record, and the size of what it writes.
RECORD_COST := $(BUILD)/tests/record_cost
unit-tests: $(RECORD_COST)
$(RECORD_COST): $(patsubst %,$(BUILD)/obj/userspace/%.o,tests/record_cost \
		  $(COLLECT)) $(RUN_OBJECTS) $(PLAIN_OBJECTS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@ -lbpf -ljansson $(RUN_LIBS)

# The observer's accessor of the exit reason, and its marks, in programs of the
# tests' own.
BPF_TESTS := cells exit_reason marks

$(BUILD)/tests/%.bpf.o: userspace/tests/%.bpf.c \
			$(wildcard bpf/*.[ch] kvm-instrumentation/src/*) \
			| build-tools
	@mkdir -p $(@D)
	$(CLANG) $(BPF_CFLAGS) -Ibpf -c $< -o $@

$(BUILD)/tests/%.skel.h: $(BUILD)/tests/%.bpf.o
	$(BPFTOOL) gen skeleton $< name $*_bpf > $@.new
	mv $@.new $@

# What programs of slots and cells need: vCPUs to be read.
CELLS_TESTS := cells slots
$(CELLS_TESTS:%=$(BUILD)/tests/test_%): \
	$(patsubst %,$(BUILD)/obj/userspace/tests/%.o,cells_run fake_kvm_btf)
$(patsubst %,$(BUILD)/obj/userspace/tests/%.o,cells_run test_slots): \
	ALL_CFLAGS += -I$(BUILD)/tests
$(patsubst %,$(BUILD)/obj/userspace/tests/%.o,cells_run test_slots): \
	$(BUILD)/tests/cells.skel.h
$(BUILD)/tests/cells.bpf.o: $(patsubst %,userspace/tests/%_layout.h,cells fake_kvm)
$(BPF_TESTS:%=$(BUILD)/obj/userspace/tests/test_%.o): \
	ALL_CFLAGS += -I$(BUILD)/tests -Iguest
$(BPF_TESTS:%=$(BUILD)/obj/userspace/tests/test_%.o): \
	$(BUILD)/obj/userspace/tests/test_%.o: $(BUILD)/tests/%.skel.h
$(BUILD)/tests/test_marks: $(BUILD)/obj/guest/mark.o

# Hosts made up: what is written of them, and a live view of them, which a test
# drives in a terminal.
MADE_UP := $(BUILD)/obj/userspace/tests/made_up.o
TOP_DEMO := $(BUILD)/tests/top_demo
MONITOR_DEMO := $(BUILD)/tests/monitor_demo
TOP_OBJECTS := $(patsubst %,$(BUILD)/obj/userspace/%.o, \
		 command monitor_loop top top_keys top_play top_view)

$(patsubst %,$(BUILD)/tests/test_%,monitor monitor_loop render_monitor tables top): \
	$(MADE_UP)
$(BUILD)/tests/test_monitor_loop: $(patsubst %,$(BUILD)/obj/userspace/%.o, \
				  command monitor_loop)
unit-tests: $(TOP_DEMO) $(MONITOR_DEMO)
$(TOP_DEMO): $(BUILD)/obj/userspace/tests/top_demo.o $(MADE_UP) \
	     $(TOP_OBJECTS) $(PLAIN_OBJECTS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@ -lbpf -ljansson -lncursesw -ltinfo -lm

$(MONITOR_DEMO): $(BUILD)/obj/userspace/tests/monitor_demo.o $(MADE_UP) \
		 $(PLAIN_OBJECTS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@ -lbpf -ljansson -lm

# A recorder of a host made up.
RECORD_DEMO := $(BUILD)/tests/record_demo
unit-tests: $(RECORD_DEMO)
$(RECORD_DEMO): $(patsubst %,$(BUILD)/obj/userspace/%.o,tests/record_demo \
		  tests/made_up command monitor_loop monitor_options \
		  monitor_output run/record run/record_options) \
		$(RUN_OBJECTS) $(PLAIN_OBJECTS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@ -lbpf -ljansson $(RUN_LIBS)

# Runs made up, and with damage.
RUN_FIXTURE := $(patsubst %,$(BUILD)/obj/userspace/tests/%.o,run_fixture made_up)
RUN_FUZZ := $(BUILD)/tests/run_fuzz
unit-tests: $(RUN_FUZZ)
$(RUN_FUZZ): $(patsubst %,$(BUILD)/obj/userspace/tests/%.o,run_fuzz \
	       run_fuzz_log run_fuzz_random) $(RUN_FIXTURE) \
	     $(RUN_OBJECTS) $(PLAIN_OBJECTS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@ -lbpf -ljansson $(RUN_LIBS)

# Text of others with damage: JSON, consoles, command lines.  What would end the
# program is caught.
TEXT_FUZZ := $(BUILD)/tests/text_fuzz
unit-tests: $(TEXT_FUZZ)
$(TEXT_FUZZ): $(patsubst %,$(BUILD)/obj/userspace/%.o,tests/text_fuzz \
		tests/text_fuzz_options tests/text_fuzz_damage tests/run_fuzz_random \
		compare_options monitor_options run/record_options) \
	      $(BUILD)/obj/guest/exitleaf_options.o $(PLAIN_OBJECTS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -Wl,--wrap=exit,--wrap=cli_end $^ -o $@ \
		-lbpf -ljansson -lm
$(BUILD)/obj/userspace/tests/text_fuzz_options.o: ALL_CFLAGS += -Iguest

RUN_TESTS := $(patsubst %,$(BUILD)/tests/test_%, \
	       page run run_changes run_churn run_compare run_damage run_many run_marks \
	       run_report run_series run_shared run_tables)
$(RUN_TESTS): $(RUN_FIXTURE) $(RUN_OBJECTS)
$(RUN_TESTS): CHECK_LIBS += $(RUN_LIBS)

# Tests in which allocations fail: tests/no_memory.h.
NO_MEMORY := balance_verdict filter hist kvm_stats ledger report_match rows rules \
	     run_series timed
$(NO_MEMORY:%=$(BUILD)/tests/test_%): \
	CHECK_LIBS += -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=reallocarray

.SECONDARY: $(TEST_OBJECTS)

-include $(TEST_OBJECTS:.o=.d) $(MADE_UP:.o=.d) \
	 $(patsubst %,$(BUILD)/obj/userspace/tests/%.d,top_demo monitor_demo \
	   record_demo busy_host fake_vcpus fake_kvm fake_kvm_btf cells_run monitor_cost record_cost run_fixture \
	   run_fuzz run_fuzz_log run_fuzz_random text_fuzz text_fuzz_damage \
	   text_fuzz_options)
