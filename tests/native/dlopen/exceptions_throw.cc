/* throw.so: throws, and has objects with destructors.
 * SPDX-License-Identifier: MIT */
#include "exceptions.h"

#include <typeinfo>

#include "check.h"

Problem::~Problem() {}

const char *Problem::what() const noexcept
{
	return "a problem";
}

namespace
{
thread_local int alive;

struct Counted {
	Counted() { alive++; }
	~Counted() { alive--; }
};

struct Witness {
	enum event event;
	int number = 5;
	~Witness() { host_event(event); }
};

Witness in_library{STATIC_DESTROYED};
thread_local Witness in_thread{THREAD_DESTROYED};

__attribute__((noinline)) void dive(int depth)
{
	Counted counted;

	if (depth == 0)
		throw Problem(42);
	dive(depth - 1);
	CHECK(!"came back");
}
} // namespace

extern "C" void throw_problem()
{
	dive(50);
}

extern "C" void throw_number()
{
	Counted counted;

	throw 99;
}

extern "C" int alive_objects()
{
	return alive;
}

/* Within one library. */
extern "C" void catch_own()
{
	int sum = 0;

	for (int i = 0; i < 100; i++) {
		try {
			dive(20);
		} catch (const Problem &problem) {
			sum += problem.code;
		}
	}
	WANT(4200, sum);
	WANT(0, alive);
}

/* What the runtime itself throws. */
extern "C" void catch_standard()
{
	static const Problem problem(1);
	const std::exception &exception = problem;

	try {
		(void)dynamic_cast<const std::bad_cast &>(exception);
		CHECK(!"a bad cast");
	} catch (const std::bad_cast &) {
	}
}

extern "C" int *new_number()
{
	return new int(3);
}

/* The witness is destroyed with its thread; a local static object is made once. */
extern "C" void use_thread_local(int is_main)
{
	static int made;
	static const int number = ++made;

	WANT(1, number);
	WANT(1, made);
	WANT(5, in_library.number);
	WANT(5, in_thread.number);
	if (is_main)
		in_thread.event = MAIN_DESTROYED;
}
