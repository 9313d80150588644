/* dl_iterate_phdr() knows the executable and every library; what was relocated is read-only.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include <link.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>

#include "check.h"

static _Thread_local int number = 4;
static const char text[] = "text";
static const char *const relocated[] = {text};

struct search {
	const void *address; /* in the wanted object */
	int objects;
	int found;
	unsigned long long adds;
	struct dl_phdr_info info;
};

static int in_segment(const struct dl_phdr_info *info, const ElfW(Phdr) *segment, const void *p)
{
	return (uintptr_t)p - info->dlpi_addr - segment->p_vaddr < segment->p_memsz;
}

static int look(struct dl_phdr_info *info, size_t size, void *argument)
{
	struct search *search = argument;

	WANT(sizeof *info, size);
	CHECK(info->dlpi_name);
	search->objects++;
	search->adds = info->dlpi_adds;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &info->dlpi_phdr[i];

		if (segment->p_type == PT_LOAD && in_segment(info, segment, search->address)) {
			search->found++;
			search->info = *info;
		}
	}
	return 0;
}

static struct search search(const void *address)
{
	struct search result = {.address = address};

	WANT(0, dl_iterate_phdr(look, &result));
	return result;
}

static const ElfW(Phdr) *segment(const struct dl_phdr_info *info, ElfW(Word) type)
{
	for (int i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == type)
			return &info->dlpi_phdr[i];
	FAIL("%s has no segment of type %#x", info->dlpi_name, type);
}

static void check_object(const void *address, const void *thread_local)
{
	struct search result = search(address);
	const ElfW(Phdr) *tls;

	WANT(1, result.found);
	segment(&result.info, PT_DYNAMIC);
	tls = segment(&result.info, PT_TLS);
	CHECK(result.info.dlpi_tls_modid);
	CHECK((uintptr_t)thread_local - (uintptr_t)result.info.dlpi_tls_data < tls->p_memsz);
}

static jmp_buf place;

static void stop(int number)
{
	(void)number;
	siglongjmp(place, 1);
}

/* RELRO: whoever finds a way to write cannot bend pointers that were relocated at the start. */
static void check_read_only(const void *p)
{
	struct dl_phdr_info info = search(p).info;
	volatile int written = 0;

	CHECK(in_segment(&info, segment(&info, PT_GNU_RELRO), p));
	signal(SIGSEGV, stop);
	if (!sigsetjmp(place, 1)) {
		*(void *volatile *)p = 0;
		written = 1;
	}
	signal(SIGSEGV, SIG_DFL);
	if (written)
		FAIL("%s: relocated data can be written", info.dlpi_name);
}

int *(*lib_number)(void);

static void *in_thread(void *library)
{
	check_object((void *)search, &number);
	check_object(find(library, "lib_number"), lib_number());
	return 0;
}

int main(void)
{
	struct search before = search((void *)search), after;
	pthread_t thread;
	void *library;

	WANT_TEXT(getenv("PROGRAM"), before.info.dlpi_name);
	segment(&before.info, PT_GNU_EH_FRAME);
	WANT(1, before.info.dlpi_tls_modid);
	check_object((void *)search, &number);
	check_read_only(relocated);
	WANT_TEXT("text", relocated[0]);

	library = load("./lib.so");
	lib_number = find(library, "lib_number");
	after = search((void *)lib_number);
	WANT(before.objects + 1, after.objects);
	CHECK(after.adds > before.adds);
	WANT_TEXT("./lib.so", after.info.dlpi_name);
	WANT(2, after.info.dlpi_tls_modid);
	check_object((void *)lib_number, lib_number());
	check_read_only(find(library, "lib_relocated"));
	pthread_create(&thread, 0, in_thread, library);
	pthread_join(thread, 0);
	return 0;
}
