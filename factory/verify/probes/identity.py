"""Who the interpreter is: printed as evidence, compared by the check that asks."""

from __future__ import annotations

import json
import platform
import sys


def probe_identity() -> str:
    """Give version, platform and built-in modules as JSON."""
    return json.dumps(
        {
            "version": platform.python_version(),
            "implementation": sys.implementation.name,
            "platform": sys.platform,
            "machine": platform.machine(),
            "minor": "{}.{}".format(*sys.version_info[:2]),
            "builtin": sorted(sys.builtin_module_names),
        }
    )
