# test.mk - building and running the tests; included by the Makefile.
TEST_CFLAGS = $(ALL_CFLAGS) $(ENGINE_CFLAGS) -Itest/unit

$(BUILD)/test/relay_driver: test/model/relay_driver.c $(LIBRARY) $(BUILD)/engine.so
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -Iapi -o $@ $< $(ALL_LDFLAGS) -L$(BUILD) -lmailguard '-Wl,-rpath,$$ORIGIN/..'
