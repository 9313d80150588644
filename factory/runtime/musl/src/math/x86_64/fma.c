/* fma for x86-64: one instruction where there is one, else musl's own.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include "../../internal/x86_64/processor.h"

/* Apart, as its stack frame is not for the instruction. */
__attribute__((noinline)) static double in_parts(double, double, double);
#define fma in_parts
#include "../fma.c"
#undef fma

double fma(double x, double y, double z)
{
	if (!__have_fma)
		return in_parts(x, y, z);
	__asm__("vfmadd132sd %1, %2, %0" : "+x"(x) : "x"(y), "x"(z));
	return x;
}
