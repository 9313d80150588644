"""Instructions of start-up, counted by valgrind: a figure that the machine's noise cannot move."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass

from factory.bench.contenders import Opened
from factory.bench.facts import BenchFacts
from factory.bench.processes import ProcessError
from factory.bench.run import Row, Suite
from factory.errors import MachineError

_COLLECTED = re.compile(r"^==\d+== Collected : (\d+)", re.MULTILINE)
_SECONDS = 300
NAME = "-I -c pass"


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """The count against its ceiling; `text` says it in words."""

    text: str
    too_many: bool


def find_valgrind() -> str:
    """Return valgrind's path; MachineError where there is none."""
    program = shutil.which("valgrind")
    if program is None:
        raise MachineError(
            "no valgrind, which counts instructions", hint="apt-get install valgrind"
        )
    return program


def count_instructions(contenders: tuple[Opened, ...]) -> Row:
    """Count for each interpreter on the host; those in a root of their own have no valgrind."""
    program = find_valgrind()
    counted = {
        one.name: ((float(_count(program, one)),),) for one in contenders if one.root.samefile("/")
    }
    return Row(suite=Suite.INSTRUCTIONS, name=NAME, unit="instructions", samples=counted)


def _count(valgrind: str, one: Opened) -> int:
    used = one.spawner.run(
        (valgrind, "--tool=callgrind", "--callgrind-out-file=/dev/null", one.python, *NAME.split()),
        cwd=one.workspace,
        environment={"PATH": "/usr/bin:/bin", "HOME": one.workspace, "LC_ALL": "C.UTF-8"},
        seconds=_SECONDS,
    ).expect(f"{one.name} under callgrind")
    return collected(used.err)


def collected(text: str) -> int:
    """Find the count in callgrind's words; ProcessError where there is none."""
    found = _COLLECTED.search(text)
    if found is None:
        raise ProcessError(f"callgrind says no count: {text[-300:].strip()}")
    return int(found[1])


def judge(row: Row, subject: Opened, facts: BenchFacts, profile: str) -> Iterator[Judgement]:
    """Hold the subject to its ceiling; only builds against musl have one."""
    arch, _, libc = subject.identity.multiarch.partition("-linux-")
    if libc != "musl":
        return
    count = int(row.samples[subject.name][0][0])
    build = f"{subject.identity.minor} {arch} {profile}"
    ceiling = facts.ceiling(python=subject.identity.minor, arch=arch, profile=profile)
    if ceiling is None:
        yield Judgement(
            text=f"start-up: {count:,} instructions; no ceiling for {build}", too_many=False
        )
        return
    word = "over" if count > ceiling else "within"
    yield Judgement(
        text=f"start-up: {count:,} instructions, {word} the ceiling of {ceiling:,} for {build}",
        too_many=count > ceiling,
    )
