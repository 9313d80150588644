/* private.so: has a C++ runtime of its own, as wheels do that were linked with -static-libstdc++.
 * SPDX-License-Identifier: MIT */
#include "exceptions.h"

#include <exception>

#include "check.h"

namespace
{
struct Own : std::exception {
	int code = 7;
};

action_function *other;

void throw_own()
{
	throw Own();
}
} // namespace

/* While this runtime has an exception in flight, the shared one throws and catches, too. */
extern "C" void catch_private(action_function *action)
{
	int sum = 0;

	other = action;
	for (int i = 0; i < 10; i++) {
		try {
			host_call(throw_own);
		} catch (const std::exception &exception) {
			other();
			sum += dynamic_cast<const Own &>(exception).code;
		}
	}
	WANT(70, sum);
}
