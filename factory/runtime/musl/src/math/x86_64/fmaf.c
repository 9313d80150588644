/* fmaf for x86-64: one instruction where there is one, else musl's own.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include "../../internal/x86_64/processor.h"

/* Apart, as its stack frame is not for the instruction. */
__attribute__((noinline)) static float in_parts(float, float, float);
#define fmaf in_parts
#include "../fmaf.c"
#undef fmaf

float fmaf(float x, float y, float z)
{
	if (!__have_fma)
		return in_parts(x, y, z);
	__asm__("vfmadd132ss %1, %2, %0" : "+x"(x) : "x"(y), "x"(z));
	return x;
}
