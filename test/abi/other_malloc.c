/* other_malloc.c - an allocator as a server may bring one: it knows its own memory, and ends the process (SIGABRT)
 * when it is given other. Memory is not used again; a test does not need it. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define ARENA (256u << 20)
#define MAGIC UINT64_C(0x6d61696c67756172)

typedef struct header {
	uint64_t magic;
	size_t   size;
} header;

static _Alignas(64) unsigned char arena[ARENA];
static size_t used;

static void *
take(size_t alignment, size_t size)
{
	size_t at = __atomic_fetch_add(&used, size + alignment + sizeof(header) + 16, __ATOMIC_RELAXED);
	uintptr_t start = ((uintptr_t)arena + at + sizeof(header) + alignment - 1) & ~(uintptr_t)(alignment - 1);
	header *before = (header *)(start - sizeof(header));

	if (at + size + alignment + sizeof(header) + 16 > ARENA) {
		errno = ENOMEM;
		return NULL;
	}
	*before = (header){ MAGIC, size };
	return (void *)start;
}

static header *
header_of(void *memory)
{
	header *before = (header *)((uintptr_t)memory - sizeof(header));

	if ((unsigned char *)memory < arena || (unsigned char *)memory >= arena + ARENA || before->magic != MAGIC)
		abort();
	return before;
}

void *
malloc(size_t size)
{
	return take(16, size);
}

void *
calloc(size_t n, size_t size)
{
	return take(16, n * size);   /* the arena is zero, and never used twice */
}

void
free(void *memory)
{
	if (memory != NULL)
		header_of(memory)->magic = 0;
}

void *
realloc(void *memory, size_t size)
{
	void *larger = take(16, size);

	if (memory != NULL && larger != NULL) {
		size_t before = header_of(memory)->size;

		memcpy(larger, memory, before < size ? before : size);
		free(memory);
	}
	return larger;
}

void *
memalign(size_t alignment, size_t size)
{
	return take(alignment < 16 ? 16 : alignment, size);
}

void *
aligned_alloc(size_t alignment, size_t size)
{
	return memalign(alignment, size);
}

int
posix_memalign(void **memory_out, size_t alignment, size_t size)
{
	*memory_out = memalign(alignment, size);
	return *memory_out ? 0 : ENOMEM;
}
