/* Memory that one side of the border between executable and library makes and the other takes.
 * Both sides compile this code, each into functions of its own.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include <limits.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

enum kind {
	MALLOC, CALLOC, REALLOC, REALLOCARRAY, ALIGNED_ALLOC, POSIX_MEMALIGN, MEMALIGN, VALLOC,
	STRDUP, STRNDUP, WCSDUP, GETLINE, GETDELIM, ASPRINTF, MEMSTREAM, GETCWD, REALPATH, KINDS,
};

struct block {
	unsigned char *start;
	size_t size; /* that may be used */
	enum kind kind;
};

typedef struct block make_function(enum kind, size_t);
typedef const char *take_function(struct block);
typedef void names_function(void *[]);

enum { NAMES = 11 };

static char *read_line(size_t size, int delimiter)
{
	char *line = 0, *text = malloc(size + 1);
	size_t room = 0;
	FILE *file;

	memset(text, 'x', size);
	text[size - 1] = (char)delimiter;
	file = fmemopen(text, size, "r");
	if (delimiter == '\n')
		getline(&line, &room, file);
	else
		getdelim(&line, &room, delimiter, file);
	fclose(file);
	free(text);
	return line;
}

static char *stream(size_t size)
{
	char *text;
	size_t length;
	FILE *file = open_memstream(&text, &length);

	for (size_t i = 0; i < size; i++)
		fputc('x', file);
	fclose(file);
	return text;
}

static char *copy(enum kind kind, size_t size)
{
	char *text = malloc(size), *made = 0;

	memset(text, 'x', size - 1);
	text[size - 1] = 0;
	if (kind == STRDUP)
		made = strdup(text);
	else if (kind == STRNDUP)
		made = strndup(text, size - 1);
	else if (asprintf(&made, "%s", text) < 0)
		made = 0;
	free(text);
	return made;
}

static wchar_t *copy_wide(size_t count)
{
	wchar_t *text = malloc(count * sizeof *text), *made;

	wmemset(text, L'x', count - 1);
	text[count - 1] = 0;
	made = wcsdup(text);
	free(text);
	return made;
}

static void *aligned(enum kind kind, size_t size)
{
	void *made = 0;

	switch (kind) {
	case ALIGNED_ALLOC:
		return aligned_alloc(64, size);
	case MEMALIGN:
		return memalign(256, size);
	case VALLOC:
		return valloc(size);
	default:
		return posix_memalign(&made, 4096, size) ? 0 : made;
	}
}

static struct block make(enum kind kind, size_t size)
{
	struct block block = {0, size, kind};

	switch (kind) {
	case MALLOC:
		block.start = malloc(size);
		break;
	case CALLOC:
		block.start = calloc(1, size);
		break;
	case REALLOC:
		block.start = realloc(malloc(1), size);
		break;
	case REALLOCARRAY:
		block.start = reallocarray(0, 1, size);
		break;
	case ALIGNED_ALLOC:
	case POSIX_MEMALIGN:
	case MEMALIGN:
	case VALLOC:
		block.start = aligned(kind, size);
		break;
	case STRDUP:
	case STRNDUP:
	case ASPRINTF:
		block.start = (unsigned char *)copy(kind, size);
		break;
	case WCSDUP:
		block.start = (unsigned char *)copy_wide(size / sizeof(wchar_t) + 1);
		break;
	case GETLINE:
		block.start = (unsigned char *)read_line(size, '\n');
		break;
	case GETDELIM:
		block.start = (unsigned char *)read_line(size, ';');
		break;
	case MEMSTREAM:
		block.start = (unsigned char *)stream(size);
		break;
	case GETCWD:
		block.start = (unsigned char *)getcwd(0, 0);
		block.size = 2;
		break;
	default:
		block.start = (unsigned char *)realpath(".", 0);
		block.size = 2;
		break;
	}
	if (block.start)
		memset(block.start, (int)(block.size & 0xff), block.size);
	return block;
}

/* Uses a block, makes it larger and frees it; returns what is wrong. */
static const char *take(struct block block)
{
	size_t larger = block.size + block.size / 2 + 100;
	unsigned char *p = block.start;

	if (!p)
		return "no memory";
	if (block.kind == ALIGNED_ALLOC && (uintptr_t)p % 64)
		return "aligned_alloc is not aligned";
	if (block.kind == MEMALIGN && (uintptr_t)p % 256)
		return "memalign is not aligned";
	if ((block.kind == VALLOC || block.kind == POSIX_MEMALIGN) && (uintptr_t)p % 4096)
		return "not aligned to a page";
	if (malloc_usable_size(p) < block.size)
		return "malloc_usable_size is too small";
	for (size_t i = 0; i < block.size; i++)
		if (p[i] != (block.size & 0xff))
			return "changed before it was taken";
	p = realloc(p, larger);
	if (!p)
		return "realloc failed";
	for (size_t i = 0; i < block.size; i++)
		if (p[i] != (block.size & 0xff))
			return "changed by realloc";
	memset(p, 0xee, larger);
	free(p);
	return 0;
}

static void names(void *found[])
{
	void *const here[NAMES] = {
		(void *)malloc, (void *)calloc, (void *)realloc, (void *)free,
		(void *)reallocarray, (void *)aligned_alloc, (void *)posix_memalign,
		(void *)memalign, (void *)valloc, (void *)malloc_usable_size, (void *)strdup,
	};

	memcpy(found, here, sizeof here);
}
