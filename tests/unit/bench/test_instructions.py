from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from factory.bench import instructions
from factory.bench.contenders import Opened
from factory.bench.facts import Ceiling, load_bench
from factory.bench.instructions import collected, count_instructions, find_valgrind, judge
from factory.bench.processes import ProcessError
from factory.bench.run import Row, Suite
from factory.errors import MachineError

WORDS = """\
==30139== Callgrind, a call-graph generating cache profiler
==30139== Events    : Ir
==30139== Collected : 44355593
==30139==
"""


def test_the_count_is_found_in_callgrinds_words() -> None:
    assert collected(WORDS) == 44_355_593
    with pytest.raises(ProcessError, match="no count"):
        collected("==1== valgrind: cannot execute")


def test_without_valgrind_the_remedy_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MachineError) as caught:
        find_valgrind()
    assert caught.value.hint == "apt-get install valgrind"


def counted(opened: tuple[Opened, ...], count: float) -> Row:
    samples = {one.name: ((count,),) for one in opened}
    return Row(suite=Suite.INSTRUCTIONS, name="-I -c pass", unit="instructions", samples=samples)


@pytest.mark.parametrize(
    ("count", "profile", "word", "too_many"),
    [
        (1000.0, "fast", "within the ceiling of 1,000", False),
        (1001.0, "fast", "over the ceiling of 1,000", True),
        (9999.0, "other", "no ceiling for 3.13 x86_64 other", False),
    ],
)
def test_a_build_for_musl_is_held_to_its_ceiling(
    opened: tuple[Opened, ...], count: float, profile: str, word: str, too_many: bool
) -> None:
    ceiling = Ceiling(python="3.13", arch="x86_64", profile="fast", instructions=1000)
    facts = dataclasses.replace(load_bench(), ceilings=(ceiling,))
    identity = dataclasses.replace(
        opened[0].identity, version="3.13.15", multiarch="x86_64-linux-musl"
    )
    subject = dataclasses.replace(opened[0], identity=identity)
    (judgement,) = judge(counted(opened, count), subject, facts, profile)
    assert word in judgement.text
    assert judgement.too_many is too_many
    other = dataclasses.replace(identity, multiarch="x86_64-linux-gnu")
    assert not list(
        judge(counted(opened, count), dataclasses.replace(subject, identity=other), facts, profile)
    )


def test_each_interpreter_of_the_host_is_counted(
    opened: tuple[Opened, ...], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tool = tmp_path / "valgrind"
    tool.write_text('#!/bin/sh\necho "==1== Collected : $#" >&2\n')
    tool.chmod(0o755)
    monkeypatch.setattr(instructions, "find_valgrind", lambda: str(tool))
    elsewhere = dataclasses.replace(opened[1], root=tmp_path)
    row = count_instructions((opened[0], elsewhere))
    assert row.samples == {opened[0].name: ((6.0,),)}
