"""Import each module named on the command line; all failures come back, not only the first."""

from __future__ import annotations

import importlib
import sys
import warnings


def probe_imports() -> str:
    """Import them all."""
    warnings.simplefilter("ignore")
    failures = []
    for name in sys.argv[1:]:
        try:
            importlib.import_module(name)
        except BaseException as error:
            failures.append(f"{name} ({type(error).__name__}: {error})")
    if failures:
        raise ImportError("; ".join(failures))
    return f"{len(sys.argv) - 1} modules"
