/* Initial-exec: right for the executable's variables, impossible for a loaded library's own.
 * SPDX-License-Identifier: MIT */
#ifdef OWN
_Thread_local int number __attribute__((tls_model("initial-exec"))) = 3;
#else
extern _Thread_local int number __asm__("host_number") __attribute__((tls_model("initial-exec")));
#endif

int *where(void)
{
	return &number;
}
