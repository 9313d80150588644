"""Build fully static CPython distributions against musl."""

__version__ = "0.1.0"
