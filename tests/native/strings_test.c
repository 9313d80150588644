/* Tests the memory and string functions that factory puts into musl.
 * SPDX-License-Identifier: MIT */
/*
 * usage: strings_test sse2|avx2|rep-movsb|neon [quick]. Exit status 0: correct, 1: not, 77: no AVX2 here.
 * `rep-movsb` is avx2 with `rep movsb` for all that it may be for, on any processor.
 * `quick` is for an emulator: memcmp's differences are everywhere at fewer alignments.
 *
 * Compile this and the sources with -Dmemchr=factory_memchr and so on, lest libc's are tested. Of
 * what has no source here, memcpy and memset on aarch64, libc's are: they are musl's, too.
 *
 * Every buffer lies in an arena between pages that nobody may touch, and most of them touch its
 * start or its end, so an access to a page that is not the buffer's ends the program. Expected
 * results are by construction; nothing here calls a function under test to check another.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAX_LENGTH 512
#define MAX_OFFSET 64
#define LENGTH_OF(array) (sizeof(array) / sizeof *(array))

typedef unsigned char byte;

static void check(int ok, const char *function, size_t n, size_t x, size_t y)
{
	if (ok)
		return;
	printf("%s is wrong: length %zu, %zu, %zu\n", function, n, x, y);
	exit(1);
}

/* ---- memory ---- */

struct arena {
	byte *start, *end;
};

static struct arena one, two;

static struct arena new_arena(size_t size)
{
	size_t page = sysconf(_SC_PAGESIZE);
	byte *p;

	size = (size + page - 1) / page * page;
	p = mmap(0, size + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED || mprotect(p + page, size, PROT_READ | PROT_WRITE)) {
		perror("arena");
		exit(1);
	}
	return (struct arena){p + page, p + page + size};
}

/* n bytes, the given offset away from the start or the end of the arena. */
static byte *place(struct arena a, int at_end, size_t offset, size_t n)
{
	return at_end ? a.end - n - offset : a.start + offset;
}

/* Where the surroundings of a buffer start and end that a function must not change or heed. */
static byte *before(struct arena a, byte *p)
{
	return p - a.start < MAX_OFFSET ? a.start : p - MAX_OFFSET;
}

static byte *after(struct arena a, byte *p)
{
	return a.end - p < MAX_OFFSET ? a.end : p + MAX_OFFSET;
}

static void fill(byte *from, byte *to, byte c)
{
	while (from < to)
		*from++ = c;
}

static int filled(const byte *from, const byte *to, byte c)
{
	byte difference = 0;
	while (from < to)
		difference |= *from++ ^ c;
	return !difference;
}

static int same(const byte *a, const byte *b, size_t n)
{
	byte difference = 0;
	for (size_t i = 0; i < n; i++)
		difference |= a[i] ^ b[i];
	return !difference;
}

/* What is at position i of an arena, unless something moved it: xorshift is noise enough. */
static void fill_with_noise(byte *from, byte *to)
{
	uint32_t x = 2463534242u;
	while (from < to) {
		x ^= x << 13, x ^= x >> 17, x ^= x << 5;
		*from++ = x >> 24;
	}
}

/* ---- memcpy, memmove, memset ---- */

typedef void *copy_function(void *, const void *, size_t);

static void copy(copy_function *f, const char *name, byte *s, byte *d, size_t n)
{
	byte *from = before(two, d), *to = after(two, d + n);

	fill(from, to, 0xa5);
	check(f(d, s, n) == d, name, n, (uintptr_t)s % 64, (uintptr_t)d % 64);
	check(same(d, s, n), name, n, (uintptr_t)s % 64, (uintptr_t)d % 64);
	check(filled(from, d, 0xa5) && filled(d + n, to, 0xa5), name, n, (uintptr_t)s % 64,
	      (uintptr_t)d % 64);
}

static void test_copy(copy_function *f, const char *name)
{
	fill_with_noise(one.start, one.end);
	for (int at_end = 0; at_end < 2; at_end++)
		for (size_t n = 0; n <= MAX_LENGTH; n++)
			for (size_t i = 0; i < MAX_OFFSET; i++)
				for (size_t j = 0; j < MAX_OFFSET; j++)
					copy(f, name, place(one, at_end, i, n),
					     place(two, at_end, j, n), n);
}

/* The noise of `one` moves in `two`, within the window of n bytes and the distance. */
static void move(int at_end, size_t offset, size_t n, size_t distance, int forward)
{
	byte *low = place(two, at_end, offset, n + distance), *high = low + distance;
	byte *s = forward ? high : low, *d = forward ? low : high;
	byte *from = before(two, low), *to = after(two, high + n);
	byte *noise = one.start + (from - two.start);

	check(memmove(d, s, n) == d, "memmove", n, offset, distance);
	check(same(d, noise + (s - from), n), "memmove", n, offset, distance);
	check(same(from, noise, d - from), "memmove (before)", n, offset, distance);
	check(same(d + n, noise + (d + n - from), to - (d + n)), "memmove (after)", n, offset,
	      distance);
	for (size_t i = 0; i < n; i++)
		d[i] = noise[d - from + i];
}

static void test_overlap(void)
{
	static const size_t offsets[] = {0, 1, 7, 15, 16, 17, 31, 32, 33, 63};

	fill_with_noise(one.start, one.end);
	fill_with_noise(two.start, two.end);
	for (int at_end = 0; at_end < 2; at_end++)
		for (size_t n = 0; n <= MAX_LENGTH; n++)
			for (size_t i = 0; i < LENGTH_OF(offsets); i++)
				for (size_t k = 0; k <= MAX_LENGTH; k += k < 132 ? 1 : 19) {
					move(at_end, offsets[i], n, k, 0);
					move(at_end, offsets[i], n, k, 1);
				}
}

static void set(byte *d, size_t n, int c)
{
	byte *from = before(one, d), *to = after(one, d + n);

	fill(from, to, (byte)~c);
	check(memset(d, c, n) == d, "memset", n, (uintptr_t)d % 64, c);
	check(filled(d, d + n, (byte)c), "memset", n, (uintptr_t)d % 64, c);
	check(filled(from, d, (byte)~c) && filled(d + n, to, (byte)~c), "memset (beyond)", n,
	      (uintptr_t)d % 64, c);
}

static void test_set(void)
{
	static const int values[] = {0, 'a', 0x80, 0xff, -1, 0x1a5};

	for (int at_end = 0; at_end < 2; at_end++)
		for (size_t n = 0; n <= MAX_LENGTH; n++)
			for (size_t i = 0; i < MAX_OFFSET; i++)
				for (size_t k = 0; k < LENGTH_OF(values); k++)
					set(place(one, at_end, i, n), n, values[k]);
}

/* ---- searches ---- */

static const byte needles[] = {'a', 0, 1, 0x7f, 0x80, 0xff};

/* Bytes that are neither c nor 0, and of which careless arithmetic makes one of them. */
static byte near_miss(byte c, size_t i)
{
	const byte near[] = {c ^ 1, c ^ 0x80, c + 1, c - 1, ~c};
	byte b = near[i % LENGTH_OF(near)];
	return b ? b : c == 'x' ? 'y' : 'x';
}

/* A buffer without c, in surroundings of nothing else. */
static void hide(struct arena a, byte *s, size_t n, byte c)
{
	fill(before(a, s), s, c);
	for (size_t i = 0; i < n; i++)
		s[i] = near_miss(c, i);
	fill(s + n, after(a, s + n), c);
}

static void search(byte *s, size_t n, byte c)
{
	int same_c = c - 256;

	hide(one, s, n, c);
	check(!memchr(s, c, n) && !memrchr(s, c, n), "search for nothing", n, (uintptr_t)s % 64, c);
	for (size_t i = 0; i < n; i++) {
		byte saved = s[i];
		s[i] = c;
		check(memchr(s, c, n) == s + i, "memchr", n, (uintptr_t)s % 64, i);
		check(memchr(s, same_c, SIZE_MAX) == s + i, "memchr without end", n,
		      (uintptr_t)s % 64, i);
		check(memrchr(s, same_c, n) == s + i, "memrchr", n, (uintptr_t)s % 64, i);
		s[i] = saved;
	}
	for (size_t i = n; i-- > 0;) {
		s[i] = c;
		check(memchr(s, c, n) == s + i, "memchr of many", n, (uintptr_t)s % 64, i);
	}
	for (size_t i = n; i-- > 0;) {
		check(memrchr(s, c, n) == s + i, "memrchr of many", n, (uintptr_t)s % 64, i);
		s[i] = ~c;
	}
}

static void search_string(byte *s, size_t n, byte c)
{
	char *string = (char *)s;

	hide(one, s, n + 1, c);
	s[n] = 0;
	check(strlen(string) == n, "strlen", n, (uintptr_t)s % 64, c);
	check(strchrnul(string, 0) == string + n, "strchrnul of 0", n, (uintptr_t)s % 64, c);
	check(strchrnul(string, c) == string + n, "strchrnul of none", n, (uintptr_t)s % 64, c);
	for (size_t i = 0; c && i < n; i++) {
		byte saved = s[i];
		s[i] = c;
		check(strchrnul(string, c) == string + i, "strchrnul", n, (uintptr_t)s % 64, i);
		check(strchrnul(string, c - 256) == string + i, "strchrnul (negative)", n,
		      (uintptr_t)s % 64, i);
		s[i] = saved;
	}
}

static void test_search(void)
{
	for (int at_end = 0; at_end < 2; at_end++)
		for (size_t n = 0; n <= MAX_LENGTH; n++)
			for (size_t i = 0; i < MAX_OFFSET; i++) {
				byte c = needles[(n + i) % LENGTH_OF(needles)];
				search(place(one, at_end, i, n), n, c);
				search_string(place(one, at_end, i, n + 1), n, c);
			}
}

/* No byte may be read of a buffer that has none: it may be at the end of everything. */
static void test_nothing(void)
{
	size_t n = 0;

	check(!memchr(one.end, 0, n), "memchr", n, 0, 0);
	check(!memrchr(one.end, 0, n) && !memrchr(one.start, 0, n), "memrchr", n, 0, 0);
	check(!memcmp(one.end, two.end, n), "memcmp", n, 0, 0);
	check(memcpy(one.end, two.end, n) == one.end, "memcpy", n, 0, 0);
	check(memmove(one.end, two.end, n) == one.end, "memmove", n, 0, 0);
	check(memset(one.end, 1, n) == one.end, "memset", n, 0, 0);
}

/* ---- memcmp ---- */

/* The first difference decides, as unsigned bytes; later ones say the opposite. */
static void compare_at(byte *a, byte *b, size_t n, size_t i)
{
	static const byte low[] = {0, 0x7f, 'a', 0xfe}, high[] = {0xff, 0x80, 'b', 0xff};
	size_t k = (n + i) % LENGTH_OF(low);
	byte noise = a[i], last = b[n - 1];

	if (i < n - 1)
		b[n - 1] ^= 0xff;
	for (int swap = 0; swap < 2; swap++) {
		byte *x = swap ? b : a, *y = swap ? a : b;
		a[i] = swap ? high[k] : low[k];
		b[i] = swap ? low[k] : high[k];
		check(memcmp(x, y, n) < 0, "memcmp", n, (uintptr_t)x % 64, i);
		check(memcmp(y, x, n) > 0, "memcmp", n, (uintptr_t)y % 64, i);
		a[i] = low[k], b[i] = high[k];
		check(memcmp(a, b, n) < 0 && memcmp(b, a, n) > 0, "memcmp", n, 64, i);
		check(memcmp(a, b, i) == 0, "memcmp before the difference", i, n, 0);
	}
	a[i] = b[i] = noise;
	b[n - 1] = last;
}

static void compare(byte *a, byte *b, size_t n, int everywhere)
{
	for (size_t i = 0; i < n; i++)
		b[i] = a[i];
	fill(before(two, b), b, 0x33);
	fill(b + n, after(two, b + n), 0x33);
	check(memcmp(a, b, n) == 0, "memcmp of equals", n, (uintptr_t)a % 64, (uintptr_t)b % 64);
	if (!n)
		return;
	for (size_t i = 0; everywhere && i < n; i++)
		compare_at(a, b, n, i);
	compare_at(a, b, n, 0);
	compare_at(a, b, n, n / 2);
	compare_at(a, b, n, n - 1);
}

static void test_compare(int quick)
{
	fill_with_noise(one.start, one.end);
	for (int at_end = 0; at_end < 2; at_end++)
		for (size_t n = 0; n <= MAX_LENGTH; n++)
			for (size_t i = 0; i < MAX_OFFSET; i++)
				for (size_t j = 0; j < MAX_OFFSET; j++) {
					int some = j == 63 - i && i % 8 == 5;
					int many = j == 0 || j == 17 || j == 63 - i;
					compare(place(one, at_end, i, n), place(two, at_end, j, n),
						n, quick ? some : many);
				}
}

/* ---- sizes that the loops are for ---- */

static void test_size(size_t n)
{
	static const size_t offsets[] = {0, 1, 31, 32, 63};

	for (size_t i = 0; i < LENGTH_OF(offsets); i++)
		for (int at_end = 0; at_end < 2; at_end++) {
			byte *s = place(one, at_end, offsets[i], n);
			byte *d = place(two, at_end, offsets[LENGTH_OF(offsets) - 1 - i], n);
			fill_with_noise(s, s + n);
			copy(memcpy, "memcpy", s, d, n);
			copy(memmove, "memmove", s, d, n);
			check(memcmp(s, d, n) == 0, "memcmp", n, i, at_end);
			d[n - 1] ^= 1;
			check((memcmp(s, d, n) < 0) == (s[n - 1] < d[n - 1]), "memcmp", n, i, 1);
			set(s, n, 'b');
			check(!memchr(s, 'c', n) && !memrchr(s, 'c', n), "search", n, i, at_end);
			s[n - 1] = 'c';
			check(memchr(s, 'c', n) == s + n - 1, "memchr", n, i, at_end);
			check(memchr(s, 'c', SIZE_MAX) == s + n - 1, "memchr", n, i, at_end);
			check(!memchr(s, 'c', n - 1), "memchr", n - 1, i, at_end);
			s[n - 1] = 'b', s[0] = 'c';
			check(memrchr(s, 'c', n) == s, "memrchr", n, i, at_end);
			check(!memrchr(s + 1, 'c', n - 1), "memrchr", n - 1, i, at_end);
			s[n / 2] = s[n / 2 + 64] = s[n - 1] = 'c';
			check(memchr(s + 1, 'c', n - 1) == s + n / 2, "memchr", n, i, at_end);
			check(memrchr(s, 'c', n - 1) == s + n / 2 + 64, "memrchr", n, i, at_end);
			s[n - 1] = 0;
			check(strlen((char *)s) == n - 1, "strlen", n, i, at_end);
			check(strchrnul((char *)s, 'x') == (char *)s + n - 1, "strchrnul", n, i, 0);
		}
}

static void test_sizes(void)
{
	static const size_t sizes[] = {
		2047, 2048, 2049, 4095, 4096, 4097, 65536 + 7, 262144, 1000003, (4 << 20) + 13
	};
	static const size_t distances[] = {1, 16, 31, 32, 129, 4095, 4096, 100000};

	for (size_t n = MAX_LENGTH; n < 1200; n++)
		test_size(n);
	for (size_t i = 0; i < LENGTH_OF(sizes); i++)
		test_size(sizes[i]);
	fill_with_noise(one.start, one.end);
	fill_with_noise(two.start, two.end);
	for (size_t i = 0; i < LENGTH_OF(sizes); i++)
		for (size_t j = 0; j < LENGTH_OF(distances); j++) {
			move(j & 1, i, sizes[i], distances[j], 0);
			move(j & 1, i, sizes[i], distances[j], 1);
		}
}

/* ---- what the processor offers ---- */

#ifdef __x86_64__
extern __attribute__((visibility("hidden"))) int __have_avx2;
extern __attribute__((visibility("hidden"))) size_t __rep_movsb_from;

/* The kernel lists avx2 only where it saves the registers. */
static void test_detection(void)
{
	char line[8192];
	int intel = 0;
	FILE *info = fopen("/proc/cpuinfo", "r");

	if (!info)
		return;
	while (fgets(line, sizeof line, info)) {
		if (strstr(line, "vendor_id\t") == line)
			intel = strstr(line, ": GenuineIntel\n") != 0;
		if (strstr(line, "flags\t") == line) {
			int rep = intel && strstr(line, " erms ");
			check(!strstr(line, " avx2 ") == !__have_avx2, "avx2", 0, 0, 0);
			check(rep == (__rep_movsb_from != SIZE_MAX), "rep movsb", 0, 0, 0);
		}
	}
	fclose(info);
}

static void choose(const char *path)
{
	int rep_movsb = !strcmp(path, "rep-movsb");
	int avx2 = rep_movsb || !strcmp(path, "avx2");

	test_detection();
	if (avx2 && !__have_avx2)
		exit(77);
	__have_avx2 = avx2;
	__rep_movsb_from = rep_movsb ? 32 : SIZE_MAX;
}
#else
/* There is one form of each function. */
static void choose(const char *path)
{
	(void)path;
}
#endif

int main(int argc, char **argv)
{
	choose(argc > 1 ? argv[1] : "");
	one = new_arena(8192);
	two = new_arena(8192);
	test_nothing();
	test_copy(memcpy, "memcpy");
	test_copy(memmove, "memmove");
	test_overlap();
	test_set();
	test_search();
	test_compare(argc > 2 && !strcmp(argv[2], "quick"));
	one = new_arena((4 << 20) + 200000);
	two = new_arena((4 << 20) + 200000);
	test_sizes();
	return 0;
}
