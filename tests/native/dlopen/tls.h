/* Where a library's thread-local variables are for the thread that asks.
 * SPDX-License-Identifier: MIT */
struct variables {
	int *number;       /* starts as 40 */
	char *zeros;       /* ZEROS of them, in .tbss */
	char *large;       /* starts as "large"; 70000 bytes */
	long *aligned;     /* starts as 0x1234, at a multiple of ALIGNMENT */
	int *host_number;  /* the executable's */
};

enum { ZEROS = 300, ALIGNMENT = 256 };

typedef void look_function(struct variables *);
typedef double mix_function(double, double, long);
