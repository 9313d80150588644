/* app_libs: libraries inside the executable that wheels may name in DT_NEEDED.
   SPDX-License-Identifier: MIT

   The musllinux policy lets a wheel expect libz.so.1 (PEP 656). The dynamic linker offers ours under
   that name, outside of the global scope: patches/musl/0001-ldso-inside-the-executable.patch. */

#define SYMBOL(name) extern void name(void);
#include "libz.inc"
#undef SYMBOL

struct symbol {
	const char *name;
	const void *address;
};

static const struct symbol libz[] = {
#define SYMBOL(name) {#name, (const void *)name},
#include "libz.inc"
#undef SYMBOL
	{0, 0},
};

const struct {
	const char *soname;
	const struct symbol *symbols;
} __ldso_app_libs[] = {{"libz.so.1", libz}, {0, 0}};
