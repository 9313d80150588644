/* start: the first code that runs, at the head of the file. It says so when the file was cut off.
   SPDX-License-Identifier: MIT

   An incomplete download or copy is mapped like the whole file, and would crash at some missing
   page. This code and all that it reads are in the file's first pages (layout.ld). Nothing is
   relocated yet: no libc, no pointers in data. https://man7.org/linux/man-pages/man3/getauxval.3.html */
#include <elf.h>
#include <stddef.h>
#include <stdint.h>

#define END_MARK 0x21646e6520656854 /* "The end!" */

/* Not optimised: a constant for vector instructions would be in .rodata, far behind. */
#define AT_HEAD __attribute__((section(".factory.head"), used, no_stack_protector, optnone, noinline))

/* layout.ld puts this at the end of what is loaded from the file. */
__attribute__((section(".factory.end"), used)) static volatile uint64_t end_mark = END_MARK;

/* _dlstart: the dynamic linker inside (patches/musl/0001). */
#if defined __x86_64__
__asm__(".section .factory.head, \"ax\", @progbits\n"
	".globl factory_start\n"
	"factory_start:\n"
	"	xor %ebp, %ebp\n"
	"	mov %rsp, %rdi\n"
	"	call factory_check_end\n"
	"	jmp _dlstart\n"
	".previous\n");
enum { SIGPROCMASK = 14, WRITE = 1, EXIT_GROUP = 231 };

AT_HEAD static long call(long number, long a, long b, long c, long d)
{
	register long fourth __asm__("r10") = d;
	long result;

	__asm__ volatile("syscall"
		: "=a"(result)
		: "a"(number), "D"(a), "S"(b), "d"(c), "r"(fourth)
		: "rcx", "r11", "memory");
	return result;
}
#elif defined __aarch64__
__asm__(".section .factory.head, \"ax\", @progbits\n"
	".globl factory_start\n"
	"factory_start:\n"
	"	mov x29, #0\n"
	"	mov x30, #0\n"
	"	mov x0, sp\n"
	"	bl factory_check_end\n"
	"	mov x30, #0\n"
	"	b _dlstart\n"
	".previous\n");
enum { SIGPROCMASK = 135, WRITE = 64, EXIT_GROUP = 94 };

AT_HEAD static long call(long number, long a, long b, long c, long d)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;

	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
	return x0;
}
#else
#error "no entry point for this architecture"
#endif

__asm__(".section .factory.head, \"ax\", @progbits\n"
	"factory_message:\n"
	"	.ascii \"python: the executable is damaged: the end of the file is missing."
	" Copy or download it again and compare its SHA-256.\\n\"\n"
	"factory_message_end:\n"
	".balign 8\n"
	".previous\n");
extern const char factory_message[] __attribute__((visibility("hidden")));
extern const char factory_message_end[] __attribute__((visibility("hidden")));

/* Returns where the part of memory that comes from the file ends; 0 without program headers. */
AT_HEAD static uintptr_t loaded_end(const size_t *auxv)
{
	size_t headers = 0, size = 0, number = 0;
	uintptr_t base = 0, end = 0;

	for (; auxv[0] != AT_NULL; auxv += 2) {
		if (auxv[0] == AT_PHDR)
			headers = auxv[1];
		else if (auxv[0] == AT_PHENT)
			size = auxv[1];
		else if (auxv[0] == AT_PHNUM)
			number = auxv[1];
	}
	for (size_t i = 0; i < number; i++) {
		const Elf64_Phdr *header = (const Elf64_Phdr *)(headers + i * size);

		if (header->p_type == PT_PHDR)
			base = headers - header->p_vaddr;
		else if (header->p_type == PT_LOAD && header->p_filesz)
			end = base + header->p_vaddr + header->p_filesz;
	}
	return end;
}

AT_HEAD void factory_check_end(const size_t *stack)
{
	const size_t *entry = stack + 1 + stack[0] + 1; /* argc, argv, NULL: then environ, NULL, auxv */
	uintptr_t end;

	while (*entry)
		entry++;
	end = loaded_end(entry + 1);
	/* The kernel reads the mask, then refuses the first argument: EFAULT says that the page is
	   not in the file, where reading it here would be SIGBUS. */
	if (end && call(SIGPROCMASK, -1, end - sizeof(uint64_t), 0, sizeof(uint64_t)) != -14
		&& *(const uint64_t *)(end - sizeof(uint64_t)) == END_MARK)
		return;
	call(WRITE, 2, (long)factory_message, factory_message_end - factory_message, 0);
	call(EXIT_GROUP, 126, 0, 0, 0);
}
