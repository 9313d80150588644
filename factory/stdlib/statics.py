"""Which strings an interpreter has from its start: they are part of the executable.

Runs beside freeze.py. CPython lists them in Include/internal/pycore_global_strings.h.
"""

import ast
import re

_ROW = re.compile(
    r'^ *STRUCT_FOR_(?:ID\((?P<id>\w+)\)|STR\((?P<name>\w+), (?P<literal>"[^"]*")\))', re.MULTILINE
)


def static_strings(header: str) -> dict[str, str]:
    """Map each string to the C expression of its object, in the header's order."""
    found = {}
    for row in _ROW.finditer(header):
        if row["id"]:
            found[row["id"]] = f"&_Py_ID({row['id']})"
        else:
            found[ast.literal_eval(row["literal"])] = f"&_Py_STR({row['name']})"
    if not found:
        raise ValueError("no static string in the header")
    return found
