# mailguard: builds the library, the engine, the command and the tests. GNU make.
#
#   make          library, engine and command into build/ (no network)
#   make deps     installs what is missing (Debian); nothing when all is there
#   make demo     deps, build, and the main job shown on real SMTP dialogues
#   make check    deps, build, and all tests
#   make lab-shell   deps, build, and a shell beside the mail servers of the tests, as root
#   make asan | tsan | fuzz SECONDS=n | bench | install | uninstall | dist | clean

VERSION := $(shell sed -n "s/^.define MG_VERSION *\"\(.*\)\"/\1/p" api/mailguard/names.h)
SOVERSION = 0

PREFIX  ?= /usr/local
bindir   = $(PREFIX)/bin
libdir   = $(PREFIX)/lib
includedir = $(PREFIX)/include
mandir   = $(PREFIX)/share/man
DESTDIR ?=

comma := ,
BUILD   ?= build
SECONDS ?= 10
PKG_CONFIG ?= pkg-config

# ---- sources, each by name ----

API = names options wire session ask path request verdict guard report embedded

ENGINE = base/secret base/siphash base/log base/loop base/module base/reason base/trace base/evidence base/places \
	session/ip session/domain session/helo_word session/host_name session/special session/path session/facts \
	policy/findings policy/file policy/gateway policy/list policy/conf policy/networks policy/domains policy/addresses policy/logins \
	policy/recipients policy/backend policy/patterns policy/schedule policy/value policy/value_list policy/value_words \
	policy/value_backend policy/sections policy/schema policy/lint policy/lint_backend policy/policy \
	dns/name dns/answer dns/wire dns/cache dns/entry dns/master dns/zone dns/servers dns/carrier dns/network dns/health \
	dns/resolver \
	spf/record spf/macro spf/target spf/lookups spf/frames spf/terms spf/breadth spf/explain spf/evaluate spf/second \
	check/client check/envelope check/deny check/relay check/sender check/sender_logins check/penalty_box check/answers check/spf_subject check/spf_run check/spf \
	check/spf_memory check/outbound check/judging check/rounds check/host check/helo check/sender_domain check/deny_dns check/sanity check/interplay \
	check/audit_rules check/audit_hosts check/audit_spf check/audit_zone check/audit_self check/audit check/stage check/forms \
	check/matrix check/nat_watch \
	verify/knowledge verify/memory verify/trust verify/budget store/file store/row store/forgets store/sqlite store/store \
	verdict/decide verdict/reply verdict/header verdict/message \
	verify/smtp_reply verify/rcpt_class verify/commands verify/dialogue verify/breaker verify/tls verify/socket verify/lookup \
	verify/connection verify/landing verify/latencies verify/peer verify/pool \
	verify/opinion verify/rcpt_finding verify/canaries verify/berth verify/verifier check/spelling check/delivery check/recipient \
	rules fields inquiry cache reports engine

# The second SPF engine, a module of its own; with what is pure in ours.
SPF_LIBSPF2 = spf/libspf2 spf/record spf/macro spf/target spf/lookups spf/frames spf/terms spf/breadth spf/explain \
	spf/evaluate dns/name dns/answer base/log base/trace session/ip session/domain

# TLS towards backends, likewise.
TLS_OPENSSL = verify/tls_openssl

CLI = main over check reports spf spf_print batch evidence audit audit_print audit_answers greeting rcpt backend cache json
EXAMPLE = smtpd client dialogue syntax

HEADERS = api/mailguard.h api/mailguard/names.h api/mailguard/options.h api/mailguard/verdict.h \
	api/mailguard/guard.h api/mailguard/session.h

# ---- flags ----

WARNINGS = -Wall -Wextra -Wshadow -Wstrict-prototypes $(if $(CI),-Werror)
HARDENING = $(if $(SANITIZE),,-D_FORTIFY_SOURCE=3) -fstack-protector-strong -fPIC
SANITIZING = $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-omit-frame-pointer -fno-sanitize-recover=all)
CFLAGS ?= -O2 -g
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE $(CFLAGS) $(WARNINGS) $(HARDENING) $(SANITIZING) -fvisibility=hidden -MMD -MP
ALL_LDFLAGS = $(LDFLAGS) $(SANITIZING) -Wl,-z,relro,-z,now,-z,noexecstack,--as-needed

ENGINE_PACKAGES = glib-2.0 libidn2 libpsl sqlite3
TLS_PACKAGES = glib-2.0 libssl libcrypto
# c-ares is linked in and hidden: a server may export a c-ares of its own (node does).
CARES = -Wl,-Bstatic -lcares -Wl,-Bdynamic
ENGINE_CFLAGS = -Iapi -Iplugin $(shell $(PKG_CONFIG) --cflags $(ENGINE_PACKAGES))
ENGINE_LIBS = $(shell $(PKG_CONFIG) --libs $(ENGINE_PACKAGES)) $(CARES)

LIBRARY = $(BUILD)/libmailguard.so.$(SOVERSION)
API_OBJECTS = $(API:%=$(BUILD)/api/%.o)
ENGINE_OBJECTS = $(ENGINE:%=$(BUILD)/plugin/%.o)
MODULES = $(BUILD)/spf-libspf2.so $(BUILD)/tls-openssl.so
CLI_OBJECTS = $(CLI:%=$(BUILD)/adapters/cli/%.o)

.PHONY: all deps deps-ci demo check asan tsan fuzz bench bench-only install uninstall dist clean FORCE
.DELETE_ON_ERROR:

all: $(LIBRARY) $(BUILD)/engine.so $(MODULES) $(BUILD)/mailguard

# ---- the library ----

# Where engine.so is looked for is part of the library: another libdir makes another one.
$(BUILD)/libdir: FORCE
	@mkdir -p $(BUILD)
	@echo '$(libdir)' | cmp -s - $@ || echo '$(libdir)' > $@
$(BUILD)/api/embedded.o: $(BUILD)/libdir
$(BUILD)/api/embedded.o: ALL_CFLAGS += -DMG_ENGINE_PATH='"$(libdir)/mailguard/engine.so"'

$(BUILD)/api/%.o: api/%.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -Iapi -c -o $@ $<

$(LIBRARY): $(API_OBJECTS) api/libmailguard.map
	$(CC) -shared -o $@ $(API_OBJECTS) $(ALL_LDFLAGS) -Wl,-soname,libmailguard.so.$(SOVERSION) \
		-Wl,--version-script=api/libmailguard.map -Wl,-z,nodelete $(if $(SANITIZE),,-Wl$(comma)-z$(comma)defs)
	ln -sf libmailguard.so.$(SOVERSION) $(BUILD)/libmailguard.so

# ---- the engine ----

$(BUILD)/plugin/%.o: plugin/%.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(ENGINE_CFLAGS) -c -o $@ $<

$(BUILD)/engine.so: $(ENGINE_OBJECTS) $(BUILD)/api/wire.o $(BUILD)/api/names.o plugin/engine.map
	$(CC) -shared -o $@ $(filter %.o,$^) $(ALL_LDFLAGS) -Wl,--version-script=plugin/engine.map -Wl,--exclude-libs,ALL -Wl,-z,nodelete \
		$(if $(SANITIZE),,-Wl$(comma)-z$(comma)defs) \
		$(ENGINE_LIBS)

$(BUILD)/spf-libspf2.so: $(SPF_LIBSPF2:%=$(BUILD)/plugin/%.o) plugin/spf/module.map
	$(CC) -shared -o $@ $(filter %.o,$^) $(ALL_LDFLAGS) -Wl,--version-script=plugin/spf/module.map -Wl,-z,nodelete \
		$(if $(SANITIZE),,-Wl$(comma)-z$(comma)defs) $(shell $(PKG_CONFIG) --libs $(ENGINE_PACKAGES)) -lspf2

$(BUILD)/plugin/verify/tls_openssl.o: ENGINE_PACKAGES = $(TLS_PACKAGES)
$(BUILD)/tls-openssl.so: $(TLS_OPENSSL:%=$(BUILD)/plugin/%.o) plugin/verify/module.map
	$(CC) -shared -o $@ $(filter %.o,$^) $(ALL_LDFLAGS) -Wl,--version-script=plugin/verify/module.map -Wl,-z,nodelete \
		$(if $(SANITIZE),,-Wl$(comma)-z$(comma)defs) $(shell $(PKG_CONFIG) --libs $(TLS_PACKAGES))

# ---- the command ----

$(BUILD)/adapters/cli/%.o: adapters/cli/%.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -Iapi -c -o $@ $<

$(BUILD)/mailguard: $(CLI_OBJECTS) $(LIBRARY)
	$(CC) -pie -o $@ $(CLI_OBJECTS) $(ALL_LDFLAGS) -L$(BUILD) -lmailguard '-Wl,-rpath,$$ORIGIN'

include test/test.mk

# ---- what is needed ----

deps:
	@sh pkgconfig/deps.sh build check

deps-ci:
	@sh pkgconfig/deps.sh build check ci

# ---- install ----

$(BUILD)/mailguard.pc: pkgconfig/mailguard.pc.in FORCE
	@mkdir -p $(BUILD)
	@sed -e 's|@prefix@|$(PREFIX)|' -e 's|@libdir@|$(libdir)|' -e 's|@includedir@|$(includedir)|' \
		-e 's|@version@|$(VERSION)|' $< > $@

install: all $(BUILD)/mailguard.pc
	install -d $(DESTDIR)$(bindir) $(DESTDIR)$(libdir)/mailguard $(DESTDIR)$(libdir)/pkgconfig \
		$(DESTDIR)$(includedir)/mailguard $(DESTDIR)$(mandir)/man1 $(DESTDIR)$(mandir)/man3 $(DESTDIR)$(mandir)/man5
	$(CC) -pie -o $(BUILD)/mailguard.install $(CLI_OBJECTS) $(ALL_LDFLAGS) -L$(BUILD) -lmailguard \
		'-Wl,-rpath,$(libdir)'
	install -m 755 $(BUILD)/mailguard.install $(DESTDIR)$(bindir)/mailguard
	install -m 755 $(LIBRARY) $(DESTDIR)$(libdir)/
	ln -sf libmailguard.so.$(SOVERSION) $(DESTDIR)$(libdir)/libmailguard.so
	install -m 755 $(BUILD)/engine.so $(MODULES) $(DESTDIR)$(libdir)/mailguard/
	install -m 644 $(BUILD)/mailguard.pc $(DESTDIR)$(libdir)/pkgconfig/
	install -m 644 api/mailguard.h $(DESTDIR)$(includedir)/
	install -m 644 $(filter api/mailguard/%,$(HEADERS)) $(DESTDIR)$(includedir)/mailguard/
	install -m 644 adapters/cli/mailguard.1 $(DESTDIR)$(mandir)/man1/
	install -m 644 api/libmailguard.3 $(DESTDIR)$(mandir)/man3/
	install -m 644 plugin/policy/mailguard.conf.5 $(DESTDIR)$(mandir)/man5/

uninstall:
	rm -f $(DESTDIR)$(bindir)/mailguard $(DESTDIR)$(libdir)/libmailguard.so $(DESTDIR)$(libdir)/libmailguard.so.$(SOVERSION) \
		$(DESTDIR)$(libdir)/mailguard/engine.so $(MODULES:$(BUILD)/%=$(DESTDIR)$(libdir)/mailguard/%) \
		$(DESTDIR)$(libdir)/pkgconfig/mailguard.pc \
		$(DESTDIR)$(includedir)/mailguard.h $(HEADERS:api/%=$(DESTDIR)$(includedir)/%) \
		$(DESTDIR)$(mandir)/man1/mailguard.1 $(DESTDIR)$(mandir)/man3/libmailguard.3 $(DESTDIR)$(mandir)/man5/mailguard.conf.5
	-rmdir $(DESTDIR)$(libdir)/mailguard $(DESTDIR)$(includedir)/mailguard

dist:
	@mkdir -p $(BUILD)
	git archive --format=tar --prefix=mailguard-$(VERSION)/ HEAD | gzip -9n > $(BUILD)/mailguard-$(VERSION).tar.gz

clean:
	rm -rf $(BUILD)

-include $(API_OBJECTS:.o=.d) $(ENGINE_OBJECTS:.o=.d) $(BUILD)/plugin/spf/libspf2.d \
	$(BUILD)/plugin/verify/tls_openssl.d $(CLI_OBJECTS:.o=.d)
