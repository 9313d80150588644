"""pip is a shell script here; the environment that it fills is a real one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from factory.verify.interpreter import Interpreter, RunError
from factory.verify.wheels.installed import (
    Environment,
    NoWheelError,
    make_environment,
    pip_environment,
)

NONE_FOUND = """\
ERROR: Could not find a version that satisfies the requirement nap (from versions: none)
ERROR: No matching distribution found for nap
"""


def environment(folder: Path, script: str) -> Environment:
    pip = folder / "pip"
    pip.write_text("#!/bin/sh\n" + script)
    pip.chmod(0o755)
    return Environment(
        python=folder / "venv/bin/python",
        site_packages=folder / "site-packages",
        pip=Interpreter(executable=str(pip), scratch=folder),
    )


def failing(folder: Path, said: str) -> Environment:
    (folder / "said").write_text(said)
    return environment(folder, f"cat {folder}/said >&2; exit 1\n")


def test_pip_is_told_where_and_what(tmp_path: Path) -> None:
    environment(tmp_path, f'echo "$@" > {tmp_path}/arguments\n').install("psycopg[binary]")
    arguments = (tmp_path / "arguments").read_text().split()
    assert arguments[arguments.index("--python") + 1] == f"{tmp_path}/venv/bin/python"
    assert arguments[arguments.index("--only-binary") + 1] == ":all:"
    assert arguments[-1] == "psycopg[binary]"


def test_no_wheel_is_told_from_failure(tmp_path: Path) -> None:
    with pytest.raises(NoWheelError) as caught:
        failing(tmp_path, NONE_FOUND).install("something that depends on nap")
    assert caught.value.name == "nap"
    with pytest.raises(RunError, match="pip install nap: exit code 1: ERROR: no space"):
        failing(tmp_path, "ERROR: no space left").install("nap")


def test_a_silent_registry_is_no_missing_wheel(tmp_path: Path) -> None:
    retries = "WARNING: Retrying (Retry(total=4)) after connection broken\n"
    with pytest.raises(RunError, match="No matching distribution"):
        failing(tmp_path, retries + NONE_FOUND).install("nap")


def test_pip_sees_its_own_configuration_and_nothing_else() -> None:
    outside = {
        "PIP_INDEX_URL": "https://index.invalid/simple",
        "PIP_TARGET": "/somewhere",
        "https_proxy": "http://proxy.invalid",
        "SSL_CERT_FILE": "/etc/ssl/cert.pem",
        "HOME": "/home/me",
        "PYTHONHOME": "/usr",
        "LD_LIBRARY_PATH": "/usr/lib",
    }
    inside = pip_environment(outside)
    assert inside.pop("PYTHONDONTWRITEBYTECODE") == "1"
    assert inside.keys() == {"PIP_INDEX_URL", "https_proxy", "SSL_CERT_FILE", "HOME"}


def test_distributions_say_which_wheels_they_came_in(tmp_path: Path) -> None:
    python = Interpreter(executable=sys.executable, scratch=tmp_path)
    made = make_environment(python, tmp_path / "venv")
    assert made.python.exists()
    assert made.distributions() == {}
    tags = {"Fast_Thing": "cp313-cp313-musllinux_1_2_x86_64", "slow.thing": "py3-none-any"}
    for name, tag in tags.items():
        info = made.site_packages / f"{name}-1.5.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.5\n")
        (info / "WHEEL").write_text(f"Wheel-Version: 1.0\nTag: {tag}\n")
    found = made.distributions()
    assert {name: one.compiled for name, one in found.items()} == {
        "fast-thing": True,
        "slow-thing": False,
    }
    assert found["fast-thing"].version == "1.5"
