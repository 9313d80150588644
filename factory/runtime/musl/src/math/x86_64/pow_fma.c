/* musl's pow as it is for processors with FMA: it has fewer steps for them.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdint.h>
#include "libm.h"
#include "../exp_data.h"
#include "../pow_data.h"

hidden double __pow_fma(double, double);

#define __FP_FAST_FMA 1
#define pow __pow_fma
#pragma clang attribute push(__attribute__((target("fma"))), apply_to = function)
#include "../pow.c"
#pragma clang attribute pop
