"""Have real pip install wheels into a virtual environment of the Python under test."""

from __future__ import annotations

import importlib.metadata
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import canonicalize_name

from factory.verify.interpreter import Interpreter, Outcome

_SECONDS = 900

# pip goes by the machine's own configuration: registries, proxies, certificates, cache.
_PASSED_ON = frozenset(
    {
        *("HOME", "XDG_CONFIG_HOME", "XDG_CONFIG_DIRS", "XDG_CACHE_HOME", "NETRC"),
        *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
        *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
    }
)
# But where it installs to is our choice.
_OURS = frozenset({"PIP_PREFIX", "PIP_PYTHON", "PIP_ROOT", "PIP_TARGET", "PIP_USER"})

_NO_WHEEL = re.compile(r"^ERROR: No matching distribution found for (\S+)", re.MULTILINE)
_NO_NETWORK = re.compile(r"^WARNING: Retrying \(", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Distribution:
    """An installed distribution and the tags of the wheel that it came in."""

    version: str
    tags: tuple[str, ...]

    @property
    def compiled(self) -> bool:
        """Whether the wheel was made for musl."""
        return any("-musllinux_" in tag for tag in self.tags)


class NoWheelError(Exception):
    """The registry has no wheel for this Python on musl; `name` is what has none."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass(frozen=True, kw_only=True)
class Environment:
    """A virtual environment, and the pip that fills it."""

    python: Path
    site_packages: Path
    pip: Interpreter

    def install(self, requirement: str) -> None:
        """Install the newest wheel; NoWheelError when there is none, RunError when pip fails."""
        outcome = self.pip.run(
            *("-P", "-s", "-m", "pip", "--python", str(self.python), "install"),
            *("--disable-pip-version-check", "--no-input", "--only-binary", ":all:"),
            requirement,
            seconds=_SECONDS,
            environment=pip_environment(os.environ),
        )
        if name := _without_wheel(outcome):
            raise NoWheelError(name)
        outcome.expect(f"pip install {requirement}")

    def distributions(self) -> dict[str, Distribution]:
        """Find everything that is installed, by canonical name."""
        found = importlib.metadata.distributions(path=[str(self.site_packages)])
        return {canonicalize_name(one.name): _distribution(one) for one in found}


def make_environment(python: Interpreter, place: Path) -> Environment:
    """Make a virtual environment, for the pip of its maker to fill."""
    made = python.run("-I", "-m", "venv", "--without-pip", str(place), seconds=120)
    made.expect("venv")
    (site_packages,) = place.glob("lib/python3.*/site-packages")
    return Environment(python=place / "bin" / "python", site_packages=site_packages, pip=python)


def pip_environment(outside: Mapping[str, str]) -> dict[str, str]:
    """Choose what of the caller's environment pip gets to see."""
    passed_on = {name: value for name, value in outside.items() if _is_for_pip(name)}
    # Neither pip may write byte code beside its own sources, which may be the user's.
    return {**passed_on, "PYTHONDONTWRITEBYTECODE": "1"}


def _is_for_pip(name: str) -> bool:
    return name.upper() in _PASSED_ON or (name.startswith("PIP_") and name not in _OURS)


def _without_wheel(outcome: Outcome) -> str | None:
    """Name what has no wheel; a registry that did not answer is something else."""
    if outcome.clean or _NO_NETWORK.search(outcome.stderr):
        return None
    found = _NO_WHEEL.search(outcome.stderr)
    return found[1] if found else None


def _distribution(one: importlib.metadata.Distribution) -> Distribution:
    lines = (one.read_text("WHEEL") or "").splitlines()
    tags = [line.removeprefix("Tag:").strip() for line in lines if line.startswith("Tag:")]
    return Distribution(version=one.version, tags=tuple(tags))
