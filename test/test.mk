# test.mk - the tests: what is built for them, and how they run. Included by the Makefile.

UNIT_TESTS = test_ip test_domain test_path test_networks test_domains test_addresses test_logins test_recipients \
	test_backend test_patterns test_schedule \
	test_list test_conf test_policy test_log test_places test_evidence test_trace test_loop test_reason \
	test_relay test_decide test_reply test_matrix test_nat_watch test_penalty_box test_wire test_guard test_documents test_header \
	test_dns_name test_dns_wire test_dns_cache test_dns_zone test_resolver test_spf_record test_spf_macro test_spf_evaluate \
	test_spf_check test_sanity test_sender_logins test_dnssec test_audit test_interplay test_helo_word test_host_name test_special \
	test_smtp_reply test_rcpt_class test_dialogue test_siphash test_memory test_trust test_budget test_store test_cache test_breaker test_pool \
	test_opinion test_canaries test_verifier test_outage test_recipient_check

FUZZ_TARGETS = fuzz_path fuzz_policy fuzz_list fuzz_wire fuzz_header fuzz_dns_wire fuzz_zone fuzz_spf_record \
	fuzz_spf_macro fuzz_spf_evaluate fuzz_helo fuzz_dialogue fuzz_store
# SPF suites: ours, and those of others, unpacked from Debian's packages.
SUITES = rfc7208 pyspf blitiri mailguard
BENCHES = bench_relay bench_recipients bench_abi bench_spf bench_helo
# In the lab, beside servers that do the same.
LAB_BENCHES = bench_verify

UNIT_PROGRAMS = $(UNIT_TESTS:%=$(BUILD)/test/%)
SUITE_PROGRAMS = $(BUILD)/test/run_spf $(BUILD)/test/run_spf_network $(BUILD)/test/run_spf_libspf2
ALL_PROGRAMS = $(UNIT_PROGRAMS) $(SUITE_PROGRAMS)
SCRIPTS = test/abi/abi.t test/abi/install.t test/cli/cli.t test/cli/spf.t test/cli/spf_command.t test/cli/headers.t test/cli/rcpt.t test/cli/cache.t \
	test/cli/audit.t test/cli/audit_self.t test/cli/audit_connect.t test/model/relay.t test/model/spf.t \
	test/model/recipient_memory.t test/demo/example.t test/lab/backends.t

TEST_CFLAGS = $(ALL_CFLAGS) $(ENGINE_CFLAGS) -Itest/unit
IN_TREE = -L$(BUILD) -lmailguard '-Wl,-rpath,$$ORIGIN/..'

# Unit tests see the engine from inside; the library is linked in as objects where it is what is tested.
$(BUILD)/test/unit/%.o: test/unit/%.c
	@mkdir -p $(@D)
	$(CC) $(TEST_CFLAGS) -c -o $@ $<
$(UNIT_PROGRAMS): $(BUILD)/test/%: $(BUILD)/test/unit/%.o $(ENGINE_OBJECTS) $(API_OBJECTS) $(BUILD)/engine.so
	$(CC) -o $@ $(filter %.o,$^) $(ALL_LDFLAGS) $(UNIT_LDFLAGS) $(ENGINE_LIBS) -ldl
# The library's own allocations, and only they, go through the test that makes them fail.
$(BUILD)/test/test_guard: UNIT_LDFLAGS = -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc
$(BUILD)/test/test_guard: $(BUILD)/test/mute_engine.so $(BUILD)/test/other_engine.so
# Modules are looked for beside what holds the engine, which here is the test.
PLAY_SMTP = $(addprefix $(BUILD)/test/,test_pool test_canaries test_verifier test_outage test_recipient_check)
$(PLAY_SMTP): $(BUILD)/test/tls-openssl.so
$(PLAY_SMTP): UNIT_LDFLAGS = $(shell $(PKG_CONFIG) --libs $(TLS_PACKAGES))
$(BUILD)/test/tls-openssl.so: $(BUILD)/tls-openssl.so
	@mkdir -p $(@D)
	ln -sf ../$(@F) $@
$(BUILD)/test/mute_engine.so: test/unit/mute_engine.c $(BUILD)/api/wire.o
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -Iapi -shared -o $@ $^ $(ALL_LDFLAGS)
$(BUILD)/test/other_engine.so: test/unit/mute_engine.c $(BUILD)/api/wire.o
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -Iapi -DMUTE_OTHER_RELEASE -shared -o $@ $^ $(ALL_LDFLAGS)

$(BUILD)/test/relay_driver: test/model/relay_driver.c $(LIBRARY) $(BUILD)/engine.so
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -Iapi -o $@ $< $(ALL_LDFLAGS) $(IN_TREE)
$(BUILD)/test/recipient_driver: test/model/recipient_driver.c test/unit/recipients.h $(ENGINE_OBJECTS) $(API_OBJECTS)
	@mkdir -p $(@D)
	$(CC) $(TEST_CFLAGS) -o $@ $< $(filter %.o,$^) $(ALL_LDFLAGS) $(ENGINE_LIBS) -ldl
$(BUILD)/adapters/example/%.o: adapters/example/%.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -Iapi -c -o $@ $<
$(BUILD)/example: $(EXAMPLE:%=$(BUILD)/adapters/example/%.o) $(LIBRARY) $(BUILD)/engine.so
	$(CC) -pie -o $@ $(filter %.o,$^) $(ALL_LDFLAGS) -L$(BUILD) -lmailguard '-Wl,-rpath,$$ORIGIN'

$(BUILD)/test/other_malloc.so: test/abi/other_malloc.c
	@mkdir -p $(@D)
	$(CC) -std=c11 -D_GNU_SOURCE -O1 -Wall -Wextra -fPIC -fno-builtin -shared -o $@ $<

# ---- SPF suites ----

SUITES_OF_OTHERS = $(BUILD)/suites/unpacked
TESTDATA = $(SUITES_OF_OTHERS)/usr/share/gocode/src/blitiri.com.ar/go/spf/testdata

$(SUITES_OF_OTHERS)/stamp: test/suites/fetch.sh
	@mkdir -p $(@D)
	sh test/suites/fetch.sh $(SUITES_OF_OTHERS)
	@touch $@
$(BUILD)/suites/rfc7208.cases: YAML = $(TESTDATA)/rfc7208-tests.yml
$(BUILD)/suites/pyspf.cases: YAML = $(TESTDATA)/pyspf-tests.yml
$(BUILD)/suites/blitiri.cases: YAML = $(TESTDATA)/blitirispf-tests.yml
$(BUILD)/suites/%.cases: test/suites/convert.py test/suites/README $(SUITES_OF_OTHERS)/stamp
	/usr/bin/python3 test/suites/convert.py $* $(YAML) test/suites/README > $@
$(BUILD)/suites/mailguard.cases: test/suites/convert.py test/suites/mailguard.yml
	@mkdir -p $(@D)
	/usr/bin/python3 test/suites/convert.py mailguard test/suites/mailguard.yml > $@
$(BUILD)/test/suites/%.o: test/suites/%.c
	@mkdir -p $(@D)
	$(CC) $(TEST_CFLAGS) -c -o $@ $<
$(SUITE_PROGRAMS): $(BUILD)/test/%: $(BUILD)/test/suites/%.o $(ENGINE_OBJECTS) $(API_OBJECTS) $(SUITES:%=$(BUILD)/suites/%.cases)
	$(CC) -o $@ $(filter %.o,$^) $(ALL_LDFLAGS) $(ENGINE_LIBS) $(SUITE_LIBS) -ldl
$(BUILD)/test/run_spf_libspf2: $(BUILD)/plugin/spf/libspf2.o
$(BUILD)/test/run_spf_libspf2: SUITE_LIBS = -lspf2

# ---- the lab: mail servers from Debian's packages, unpacked and not installed ----

LAB = $(BUILD)/lab/unpacked

$(LAB)/stamp: test/lab/fetch.sh
	@mkdir -p $(@D)
	sh test/lab/fetch.sh $(LAB)
	@touch $@

# ---- running ----

# GLib's own allocator hides what sanitizers look for, and its locks from them.
TEST_ENVIRONMENT = G_SLICE=always-malloc BUILD=$(BUILD) MAILGUARD_ENGINE=$(CURDIR)/$(BUILD)/engine.so G_TEST_SRCDIR=$(CURDIR) G_TEST_BUILDDIR=$(CURDIR)/$(BUILD)
# A program speaks TAP by itself, a script by its interpreter.
PROVE = $(TEST_ENVIRONMENT) prove --timer --failures --comments

.PHONY: demo-only check-only check-unit lab-shell lab-shell-only fuzz-programs

demo: deps
	@$(MAKE) --no-print-directory demo-only
demo-only: all $(BUILD)/example
	@BUILD=$(BUILD) python3 test/demo/demo.py

check: deps
	@$(MAKE) --no-print-directory check-only
check-only: all $(ALL_PROGRAMS) $(BUILD)/test/relay_driver $(BUILD)/test/recipient_driver $(BUILD)/test/other_malloc.so \
	$(BUILD)/example $(LAB)/stamp
	$(PROVE) --exec '' $(ALL_PROGRAMS) $(SCRIPTS)
check-unit: all $(ALL_PROGRAMS)
	$(PROVE) --exec '' $(ALL_PROGRAMS)

lab-shell: deps
	@$(MAKE) --no-print-directory lab-shell-only
lab-shell-only: all $(LAB)/stamp
	@PATH=$(CURDIR)/$(BUILD):$$PATH sh test/lab/lab.sh $(LAB) python3 test/lab/servers.py

# ---- other ways to build and run the unit tests ----

asan: deps
	@$(MAKE) --no-print-directory BUILD=build/asan SANITIZE=address,undefined CFLAGS='-O1 -g' check-unit
tsan: deps
	@$(MAKE) --no-print-directory BUILD=build/tsan SANITIZE=thread CFLAGS='-O1 -g' check-unit

# ---- fuzzing ----

# The sources are built once, made to be watched by libFuzzer; each target is linked with all of them.
FUZZ_BUILD = build/fuzzing
FUZZ_PROGRAMS = $(FUZZ_TARGETS:%=$(BUILD)/fuzz/%)

$(FUZZ_PROGRAMS): $(BUILD)/fuzz/%: test/fuzz/%.c $(ENGINE_OBJECTS) $(API_OBJECTS)
	@mkdir -p $(@D)
	$(CC) $(TEST_CFLAGS) -fsanitize=fuzzer -o $@ $< $(filter %.o,$^) $(ALL_LDFLAGS) $(ENGINE_LIBS) $(FUZZ_LIBS) -ldl
$(BUILD)/fuzz/fuzz_spf_evaluate: $(BUILD)/plugin/spf/libspf2.o
$(BUILD)/fuzz/fuzz_spf_evaluate: FUZZ_LIBS = -lspf2
fuzz-programs: $(FUZZ_PROGRAMS)

fuzz: deps-ci
	@$(MAKE) --no-print-directory BUILD=$(FUZZ_BUILD) CC=clang SANITIZE=fuzzer-no-link,address,undefined CFLAGS='-O1 -g' \
		fuzz-programs
	@set -e; for target in $(FUZZ_TARGETS); do \
		corpus=$(FUZZ_BUILD)/corpus/$$target; log=$(FUZZ_BUILD)/$$target.log; mkdir -p $$corpus; \
		dictionary=; [ ! -e test/fuzz/$$target.dict ] || dictionary=-dict=test/fuzz/$$target.dict; \
		echo "fuzz: $$target for $(SECONDS) s"; \
		$(FUZZ_BUILD)/fuzz/$$target $$dictionary -max_total_time=$(SECONDS) -timeout=5 -rss_limit_mb=2048 \
			-print_final_stats=1 -artifact_prefix=$(FUZZ_BUILD)/ $$corpus test/fuzz/seeds/$$target 2>$$log \
			|| { tail -40 $$log; exit 1; }; \
		grep -E 'number_of_executed_units|peak_rss' $$log; \
	done

# ---- bench ----

$(BUILD)/bench/bench_relay $(BUILD)/bench/bench_recipients: $(BUILD)/bench/%: test/bench/%.c test/bench/bench.h $(ENGINE_OBJECTS) \
	$(BUILD)/api/wire.o $(BUILD)/api/names.o
	@mkdir -p $(@D)
	$(CC) $(TEST_CFLAGS) -o $@ $< $(filter %.o,$^) $(ALL_LDFLAGS) $(ENGINE_LIBS)
$(BUILD)/bench/bench_abi: test/bench/bench_abi.c test/bench/bench.h test/bench/bench_guard.h $(LIBRARY) $(BUILD)/engine.so
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -Iapi -o $@ $< $(ALL_LDFLAGS) $(IN_TREE)
# The public interface and the evaluator by itself in one program, so that both stand beside libspf2 in the same run.
EVALUATOR = $(filter $(BUILD)/plugin/spf/% %/dns/name.o %/dns/answer.o %/dns/cache.o %/dns/entry.o %/base/trace.o %/base/log.o \
	%/session/ip.o,$(ENGINE_OBJECTS))
$(BUILD)/bench/bench_spf: $(addprefix test/bench/,bench_spf.c slow_dns.c spf2.c bench.h bench_guard.h gmail_zone.h \
	host_zone.h slow_dns.h spf2.h) $(EVALUATOR) $(LIBRARY) $(BUILD)/engine.so
	@mkdir -p $(@D)
	$(CC) $(TEST_CFLAGS) -o $@ $(filter %.c %.o,$^) $(ALL_LDFLAGS) $(IN_TREE) $(ENGINE_LIBS) -lspf2 -lresolv
# Likewise the public interface, and the engine's objects for what it judges by itself.
$(BUILD)/bench/bench_helo: $(addprefix test/bench/,bench_helo.c slow_dns.c bench.h bench_guard.h gmail_zone.h \
	host_zone.h slow_dns.h) $(ENGINE_OBJECTS) $(BUILD)/api/wire.o $(LIBRARY) $(BUILD)/engine.so
	@mkdir -p $(@D)
	$(CC) $(TEST_CFLAGS) -o $@ $(filter %.c %.o,$^) $(ALL_LDFLAGS) $(IN_TREE) $(ENGINE_LIBS) -lresolv

$(BUILD)/bench/bench_verify: $(addprefix test/bench/,bench_verify.c fast_backend.c smtp_load.c bench.h bench_guard.h fast_backend.h \
	smtp_load.h) $(LIBRARY) $(BUILD)/engine.so $(BUILD)/example
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -Iapi -o $@ $(filter %.c,$^) $(ALL_LDFLAGS) $(IN_TREE)

bench: deps
	@$(MAKE) --no-print-directory bench-only
# Where there is no lab, lab.sh says why, and what needs no other server is measured alone.
bench-only: all $(BENCHES:%=$(BUILD)/bench/%) $(LAB_BENCHES:%=$(BUILD)/bench/%) $(LAB)/stamp
	@set -e; export MAILGUARD_ENGINE=$(BUILD)/engine.so; \
	for bench in $(BENCHES); do $(BUILD)/bench/$$bench; done; \
	for bench in $(LAB_BENCHES:%=$(BUILD)/bench/%); do \
		sh test/lab/lab.sh $(LAB) python3 test/lab/verifiers.py $$bench || { [ $$? -eq 77 ] && $$bench; }; \
	done

-include $(EXAMPLE:%=$(BUILD)/adapters/example/%.d) $(UNIT_TESTS:%=$(BUILD)/test/unit/%.d) \
	$(SUITE_PROGRAMS:$(BUILD)/test/%=$(BUILD)/test/suites/%.d)
