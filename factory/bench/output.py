"""Write what a run found: the values, the reports, and files for pyperf's own commands."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

import pyperf

from factory.bench.campaign import Outcome
from factory.bench.html import html
from factory.bench.markdown import markdown
from factory.bench.run import Run
from factory.bench.text import text
from factory.errors import MachineError, UsageError

_KINDS = {".md": markdown, ".html": html, ".txt": text}


def save(outcome: Outcome, folder: Path) -> tuple[Path, ...]:
    """Write all files of a run into a folder; each appears whole."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        found = [_write(folder / "run.json", json.dumps(outcome.run.as_json(), indent=1) + "\n")]
        found += [write_report(outcome.run, folder / f"report{kind}") for kind in _KINDS]
        return (*found, *_pyperf_files(outcome.benchmarks, folder))
    except OSError as error:
        raise MachineError(f"{folder}: {error.strerror or error}") from error


def write_report(run: Run, path: Path) -> Path:
    """Write one report, of the kind that the name's ending says; UsageError for others."""
    if path.suffix not in _KINDS:
        raise UsageError(
            f"--output {path}: wanted a name that ends in {', '.join(_KINDS)}",
            hint="say --output docs/benchmarks.md",
        )
    return _write(path, _KINDS[path.suffix](run).rstrip("\n") + "\n")


def _pyperf_files(
    benchmarks: Mapping[str, list[pyperf.Benchmark]], folder: Path
) -> tuple[Path, ...]:
    """Write one file for each interpreter, for `pyperf compare_to`."""
    found = []
    for name, measured in benchmarks.items():
        if measured:
            path = folder / f"pyperf-{re.sub(r'[^A-Za-z0-9.]+', '-', name)}.json"
            half = path.with_name(f".{path.name}")
            pyperf.BenchmarkSuite(measured).dump(str(half), replace=True)
            half.replace(path)
            found.append(path)
    return tuple(found)


def _write(path: Path, content: str) -> Path:
    half = path.with_name(f".{path.name}")
    half.write_text(content, encoding="utf-8")
    half.replace(path)
    return path
