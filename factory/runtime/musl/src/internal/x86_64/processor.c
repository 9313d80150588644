/* Finds out what x86-64 functions of libc may use of the processor.
 * SPDX-License-Identifier: MIT */
/*
 * Plain flags, no ifunc: musl has no IRELATIVE relocations. A constructor, no .preinit_array:
 * musl does not run that. 101 is the first priority that is not the implementation's own.
 */
#include "processor.h"

hidden int __have_avx2, __have_fma;
hidden size_t __rep_movsb_from = SIZE_MAX;

struct cpuid {
	unsigned eax, ebx, ecx, edx;
};

static struct cpuid cpuid(unsigned leaf)
{
	struct cpuid r;
	__asm__("cpuid" : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx) : "a"(leaf), "c"(0));
	return r;
}

/* AVX and what builds on it need the CPU and a kernel that saves its registers: "Detection of
 * Intel AVX" in Intel's manual, volume 1; AVX2 and FMA likewise.
 * https://www.intel.com/content/www/us/en/developer/articles/technical/intel-sdm.html */
static int have_avx(void)
{
	const unsigned osxsave_and_avx = 1u << 27 | 1u << 28; /* leaf 1, ECX */
	const unsigned xmm_and_ymm = 1u << 1 | 1u << 2;       /* XCR0 */
	unsigned xcr0, xcr0_high;

	if ((cpuid(1).ecx & osxsave_and_avx) != osxsave_and_avx)
		return 0;
	__asm__("xgetbv" : "=a"(xcr0), "=d"(xcr0_high) : "c"(0));
	return (xcr0 & xmm_and_ymm) == xmm_and_ymm;
}

/* `rep movsb` is for "GenuineIntel" alone, where it says that it is enhanced: on AMD Zen 4 it is
 * never clearly faster than a loop, and 12 to 30 times slower where the destination is just ahead
 * of the source in its page. https://lunnova.dev/articles/ryzen-slow-short-rep-mov/ */
static int is_intel(struct cpuid vendor)
{
	return vendor.ebx == 0x756e6547 && vendor.edx == 0x49656e69 && vendor.ecx == 0x6c65746e;
}

__attribute__((constructor(101))) static void choose(void)
{
	const unsigned fma = 1u << 12;                 /* leaf 1, ECX */
	const unsigned avx2 = 1u << 5, erms = 1u << 9; /* leaf 7, EBX */
	struct cpuid vendor = cpuid(0);
	unsigned features = vendor.eax >= 7 ? cpuid(7).ebx : 0;

	if (have_avx()) {
		__have_avx2 = (features & avx2) != 0;
		__have_fma = (cpuid(1).ecx & fma) != 0;
	}
	if ((features & erms) && is_intel(vendor))
		__rep_movsb_from = 4096;
}
