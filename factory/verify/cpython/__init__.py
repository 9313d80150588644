"""CPython's own test suite, and what is expected to fail in it."""
