"""Where the interpreter believes to live."""

from __future__ import annotations

import json
import sys
import sysconfig


def probe_prefix() -> str:
    """Give prefix, executable and installation paths as JSON."""
    return json.dumps(
        {
            "prefix": sys.prefix,
            "base_prefix": sys.base_prefix,
            "exec_prefix": sys.exec_prefix,
            "executable": sys.executable,
            "paths": sysconfig.get_paths(),
        }
    )
