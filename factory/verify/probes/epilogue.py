"""Run every `probe_` function of the script that stands before this one; print one JSON line.

A probe returns its evidence as text or raises. This file is appended to a probe, so it must not
start with a `__future__` import.
"""

import json as _json
import sys as _sys
import traceback as _traceback


def _answers() -> list[tuple[str, bool, str]]:
    answers = []
    for name, function in list(globals().items()):
        if not name.startswith("probe_"):
            continue
        try:
            answers.append((name[len("probe_") :], True, str(function())))
        except BaseException as error:
            last = _traceback.extract_tb(error.__traceback__)[-1]
            place = f"{last.filename}:{last.lineno}"
            answers.append(
                (name[len("probe_") :], False, f"{type(error).__name__}: {error} ({place})")
            )
    return answers


_all_answers = _json.dumps(_answers())
# A line of its own, whatever the probes printed before.
print()
print(_all_answers)
_sys.stdout.flush()
