/* Finds out what the x86-64 memory and string functions may use: AVX2, `rep movsb`.
 * SPDX-License-Identifier: MIT */
/*
 * A plain flag, no ifunc: musl has no IRELATIVE relocations. A constructor, no .preinit_array:
 * musl does not run that. 101 is the first priority that is not the implementation's own.
 */
#include "vector.h"

hidden int __string_avx2;
hidden size_t __string_rep_movsb = SIZE_MAX;

struct cpuid {
	unsigned eax, ebx, ecx, edx;
};

static struct cpuid cpuid(unsigned leaf)
{
	struct cpuid r;
	__asm__("cpuid" : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx) : "a"(leaf), "c"(0));
	return r;
}

/* AVX2 needs the CPU and a kernel that saves its registers: "Detection of Intel AVX2" in Intel's
 * manual, volume 1.
 * https://www.intel.com/content/www/us/en/developer/articles/technical/intel-sdm.html */
static int have_avx2(void)
{
	const unsigned osxsave_and_avx = 1u << 27 | 1u << 28; /* leaf 1, ECX */
	const unsigned avx2 = 1u << 5;                        /* leaf 7, EBX */
	const unsigned xmm_and_ymm = 1u << 1 | 1u << 2;       /* XCR0 */
	unsigned xcr0, xcr0_high;

	if (cpuid(0).eax < 7 || (cpuid(1).ecx & osxsave_and_avx) != osxsave_and_avx)
		return 0;
	__asm__("xgetbv" : "=a"(xcr0), "=d"(xcr0_high) : "c"(0));
	return (xcr0 & xmm_and_ymm) == xmm_and_ymm && (cpuid(7).ebx & avx2);
}

/* Intel's alone ("GenuineIntel"), and where they say that it is enhanced: on AMD Zen 4 it is never
 * clearly faster than the loop, and 12 to 30 times slower where the destination is just ahead of
 * the source in its page. https://lunnova.dev/articles/ryzen-slow-short-rep-mov/ */
static int have_fast_rep_movsb(void)
{
	const unsigned erms = 1u << 9; /* leaf 7, EBX */
	struct cpuid vendor = cpuid(0);

	return vendor.eax >= 7 && vendor.ebx == 0x756e6547 && vendor.edx == 0x49656e69
		&& vendor.ecx == 0x6c65746e && (cpuid(7).ebx & erms);
}

__attribute__((constructor(101))) static void choose(void)
{
	__string_avx2 = have_avx2();
	if (have_fast_rep_movsb())
		__string_rep_movsb = 4096;
}
