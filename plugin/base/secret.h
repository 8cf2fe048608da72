/* secret.h - octets that nobody outside can foresee: keys of hashes, names that only we recognise. */
#ifndef MG_BASE_SECRET_H
#define MG_BASE_SECRET_H

#include <glib.h>

/* @length: up to 256, which the kernel gives whole or not at all. */
void mg_secret_fill(void *octets, gsize length);

#endif
