/* What memchr and memrchr for x86-64 share: a search, forwards or backwards, line by line.
 * SPDX-License-Identifier: MIT */
#ifndef SEARCH_H
#define SEARCH_H

#include "vector.h"

#define BLOCK 512

/* Clang would address by a base and an index, and an instruction with both is two for the
 * processor: "un-lamination" of Intel's optimisation manual, 248966, 2.4. */
#define KEEP_POINTER(p) __asm__("" : "+r"(p))

/* Whether a line and the next higher one have c. */
static INLINE int pair_has(const unsigned char *line, unsigned char c)
{
	return BITS(((LOAD(v32, line) == c) | (LOAD(v32, line + 32) == c))
		  | ((LOAD(v32, line + 64) == c) | (LOAD(v32, line + 96) == c))) != 0;
}

/*
 * The first line with c, and in *hits where in it, of those that the next n > 0 bytes are in; 0
 * where none has. line is where they begin, or with step = -LINE, which is backwards, end.
 *
 * Line by line up to the end of a block, as most searches end soon; then by two that are aligned,
 * hence in one page: the one not asked for may be read.
 */
static INLINE const unsigned char *find_line(const unsigned char *line, unsigned char c, size_t n,
					     ptrdiff_t step, uint64_t *hits)
{
	do {
		if (line_has(line, c)) {
			*hits = equal_in_line(line, c);
			return line;
		}
		if (n <= LINE)
			return 0;
		n -= LINE;
		line += step;
		KEEP_POINTER(line);
	} while ((uintptr_t)(step > 0 ? line : line + LINE) % BLOCK);
	while (!pair_has(step > 0 ? line : line - LINE, c)) {
		if (n <= 2 * LINE)
			return 0;
		n -= 2 * LINE;
		line += 2 * step;
		KEEP_POINTER(line);
	}
	KEEP_POINTER(line);
	*hits = equal_in_line(line, c);
	if (*hits)
		return line;
	if (n <= LINE)
		return 0;
	line += step;
	*hits = equal_in_line(line, c);
	return line;
}

#endif
