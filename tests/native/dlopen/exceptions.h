/* What the executable (C) and the libraries (C++) of test `exceptions` share.
 * SPDX-License-Identifier: MIT */
#ifdef __cplusplus
#include <exception>

/* Its virtual functions, and so its type information, are in throw.so. */
struct Problem : std::exception {
	explicit Problem(int code) : code(code) {}
	~Problem() override;
	const char *what() const noexcept override;
	int code;
};

extern "C" {
#endif

typedef void action_function(void);

/* In the executable: calls a function that may throw, with this frame of C in between. */
void host_call(action_function *action);

enum event { STATIC_DESTROYED, MAIN_DESTROYED, THREAD_DESTROYED, EVENTS };
void host_event(enum event event);

#ifdef __cplusplus
}
#endif
