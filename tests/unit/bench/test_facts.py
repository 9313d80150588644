from __future__ import annotations

from pathlib import Path

import pytest
from packaging.requirements import Requirement

from factory.bench.facts import load_bench
from factory.bench.programs import known_programs
from factory.errors import UsageError


@pytest.fixture(scope="module")
def known() -> set[str]:
    return set(known_programs())


def test_every_program_is_one_of_pyperformance(known: set[str]) -> None:
    facts = load_bench()
    assert set(facts.programs) | set(facts.left_out) <= known


def test_the_subset_requires_nothing_and_is_large_enough() -> None:
    facts, known = load_bench(), known_programs()
    assert [name for name in facts.programs if known[name].requirements] == []
    assert len(facts.programs) >= 25


def test_a_program_that_needs_nothing_is_in_the_subset_or_a_variant() -> None:
    """Nobody can choose the rows that look well."""
    facts, known = load_bench(), known_programs()
    scripts = {known[name].script for name in (*facts.programs, *facts.left_out)}
    missing = {p.name for p in known.values() if not p.requirements and p.script not in scripts}
    assert missing == set()


def test_requirements_are_pinned() -> None:
    for program in known_programs().values():
        for text in program.requirements:
            assert [s.operator for s in Requirement(text).specifier] == ["=="], program.name


def test_micro_rows_compile() -> None:
    for micro in load_bench().micro:
        compile(micro.setup, micro.name, "exec")
        compile(micro.code, micro.name, "exec")


def test_a_ceiling_is_found_by_all_three() -> None:
    facts = load_bench()
    first = facts.ceilings[0]
    found = facts.ceiling(python=first.python, arch=first.arch, profile=first.profile)
    assert found == first.instructions
    assert facts.ceiling(python=first.python, arch="m68k", profile=first.profile) is None


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("programs: [go, go]", "programs: go stands twice"),
        ("programs: [go]\nquick_programs: [goo]", "unknown: 'goo'; did you mean go?"),
        ("programs: [go]\nleft_out: [{programs: [go], reason: x}]", "go is among the programs"),
        ("left_out: [{programs: [go]}]", "reason: missing"),
        ("programms: [go]", "unknown key; did you mean programs?"),
        ("micro: [{name: a, group: b}]", "code: missing"),
        ("startup: [{name: a, code: b, option: []}]", "startup[0].option: unknown key"),
        ("ceilings: [{python: 3.13, arch: a, profile: b, instructions: 1}]", "quoted string"),
        ("ceilings: [{python: '3', arch: a, profile: b, instructions: -1}]", "positive whole"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, text: str, complaint: str) -> None:
    file = tmp_path / "bench.yaml"
    file.write_text(text)
    with pytest.raises(UsageError) as caught:
        load_bench(file)
    assert complaint in caught.value.message
