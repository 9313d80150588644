/* permanent: the garbage collector leaves out what the start made.
   SPDX-License-Identifier: MIT */
#ifndef PERMANENT_H
#define PERMANENT_H

/* Puts off the collections until there are more objects than a start makes. */
void permanent_before_start(void);

/* Makes what there is permanent, unless code of the user's has run. Returns -1 with an exception. */
int permanent_after_start(void);

#endif
