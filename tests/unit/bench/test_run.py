from __future__ import annotations

import json
from pathlib import Path

import pytest

from factory.bench.run import Run, load_run
from factory.errors import UsageError


def test_a_run_comes_back_from_its_file(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    file.write_text(json.dumps(run.as_json()))
    assert load_run(file) == run


def test_other_files_are_refused(run: Run, tmp_path: Path) -> None:
    data = run.as_json()
    file = tmp_path / "run.json"
    for content in (
        "{",
        "[]",
        "{}",
        json.dumps(data | {"format": 99}),
        json.dumps(data | {"rows": [{"suite": "speed"}]}),
        json.dumps(data | {"contenders": [{"title": "x"}]}),
    ):
        file.write_text(content)
        with pytest.raises(UsageError, match=r"no run of 'factory bench'"):
            load_run(file)
    with pytest.raises(UsageError, match="No such file"):
        load_run(tmp_path / "nothing.json")
