/* What x86-64 functions of libc may use of the processor, found out when the process starts.
 * SPDX-License-Identifier: MIT */
/*
 * Before the constructor in processor.c, and in a static PIE before relocation, all of these say
 * no: a hidden variable is addressed relative to the code.
 */
#ifndef PROCESSOR_H
#define PROCESSOR_H

#include <features.h>
#include <stddef.h>
#include <stdint.h>

extern hidden int __have_avx2, __have_fma;

/* From how many bytes on `rep movsb` copies faster than a loop: SIZE_MAX where it never does. */
extern hidden size_t __rep_movsb_from;

#endif
