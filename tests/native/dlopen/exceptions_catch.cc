/* catch.so: catches what comes from other libraries.
 * SPDX-License-Identifier: MIT */
#include "exceptions.h"

#include <typeinfo>

#include "check.h"

namespace
{
action_function *inner;

void call_inner()
{
	inner();
}

/* Found by its base; type information has one address, or at least one name. */
void check(const std::exception &exception)
{
	const Problem *problem = dynamic_cast<const Problem *>(&exception);

	CHECK(problem);
	WANT(42, problem->code);
	WANT_TEXT("a problem", exception.what());
	CHECK(typeid(exception) == typeid(Problem));
}
} // namespace

/* From another library. */
extern "C" void catch_problem(action_function *action)
{
	bool caught = false;

	try {
		action();
	} catch (const std::exception &exception) {
		check(exception);
		caught = true;
	}
	CHECK(caught);
}

/* Through frames of C in the executable. */
extern "C" void catch_through_host(action_function *action)
{
	bool caught = false;

	inner = action;
	try {
		host_call(call_inner);
	} catch (const std::exception &exception) {
		check(exception);
		caught = true;
	}
	CHECK(caught);
}

/* Thrown again, and kept for later. */
extern "C" void catch_again(action_function *action)
{
	std::exception_ptr kept;

	try {
		try {
			host_call(action);
		} catch (...) {
			kept = std::current_exception();
			throw;
		}
		CHECK(!"not thrown again");
	} catch (const Problem &problem) {
		WANT(42, problem.code);
	}
	try {
		std::rethrow_exception(kept);
	} catch (const std::exception &exception) {
		check(exception);
	}
}

extern "C" void catch_number(action_function *action)
{
	int caught = 0;

	try {
		action();
	} catch (const std::exception &) {
		CHECK(!"not a number");
	} catch (int number) {
		caught = number;
	}
	WANT(99, caught);
}

extern "C" void delete_number(int *number)
{
	WANT(3, *number);
	delete number;
}
