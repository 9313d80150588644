/* pow for x86-64, with FMA where the processor has it.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include "../../internal/x86_64/processor.h"

hidden double __pow_fma(double, double);

__attribute__((noinline)) static double without_fma(double, double);
#define pow without_fma
#include "../pow.c"
#undef pow

double pow(double x, double y)
{
	return __have_fma ? __pow_fma(x, y) : without_fma(x, y);
}
