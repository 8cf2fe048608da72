/* fuzz.h - what the fuzz targets share: how a broken promise ends a run, and how a run begins. */
#ifndef MG_TEST_FUZZ_H
#define MG_TEST_FUZZ_H

#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#define MUST(holds) do { if (!(holds)) __builtin_trap(); } while (0)

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t length);

/* GLib reads its environment before main: its own allocator would hide errors from the sanitizer, and what it finds
 * wrong would be a line on standard error. In UTC a day has 24 hours. */
int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	if (getenv("G_SLICE") == NULL) {
		setenv("G_SLICE", "always-malloc", 1);
		setenv("G_DEBUG", "gc-friendly,fatal-warnings", 1);
		setenv("TZ", "UTC", 1);
		execv("/proc/self/exe", *argv);
		MUST(0);
	}
	return 0;
}

#endif
