/* test_siphash.c - the hash against the values that its authors published. */
#include "base/siphash.h"

#include "support.h"

/* Of the octets 00 01 02 ..., under the key 00 01 ... 0f. */
static const struct {
	gsize   length;
	guint64 expected;
} vectors[] = {
	{ 0, G_GUINT64_CONSTANT(0x726fdb47dd0e0e31) },  { 1, G_GUINT64_CONSTANT(0x74f839c593dc67fd) },
	{ 7, G_GUINT64_CONSTANT(0xab0200f58b01d137) },  { 8, G_GUINT64_CONSTANT(0x93f5f5799a932462) },
	{ 15, G_GUINT64_CONSTANT(0xa129ca6149be45e5) },
};

static void
test_vectors(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(vectors); i++) {
		/* Of exactly its length, and nowhere aligned: a look past either end is seen. */
		g_autofree guint8 *octets = g_malloc(vectors[i].length + 1);

		for (gsize k = 0; k < vectors[i].length; k++)
			octets[k + 1] = (guint8)k;
		g_assert_cmphex(mg_siphash(G_GUINT64_CONSTANT(0x0706050403020100), G_GUINT64_CONSTANT(0x0f0e0d0c0b0a0908),
		                           octets + 1, vectors[i].length), ==, vectors[i].expected);
	}
}

int
main(int argc, char **argv)
{
	test_init(&argc, &argv);
	g_test_add_func("/siphash/vectors", test_vectors);
	return g_test_run();
}
