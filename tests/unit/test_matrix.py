from __future__ import annotations

from pathlib import Path

import pytest

from factory.catalog import load_catalog
from factory.errors import UsageError
from factory.matrix import Exclusion, Settings, load_settings, make_jobs
from factory.model.arch import Arch
from factory.model.target import Flavor

BOTH = (Arch.X86_64, Arch.AARCH64)
# What the facts pin today; `factory update-pins` changes it.
NEW, OLD = (load_catalog().python(minor).version for minor in ("3.14", "3.13"))
SETTINGS = Settings(pythons=("3.14", "3.13"), arches=BOTH)


def names(settings: Settings, most: int = 256) -> list[str]:
    return [str(job.as_json()["name"]) for job in make_jobs(settings, load_catalog(), most)]


def test_a_job_for_each_python_and_architecture() -> None:
    (job, *_) = make_jobs(SETTINGS, load_catalog())
    assert job.as_json() == {
        "name": f"{NEW} x86_64",
        "runner": "ubuntu-24.04",
        "python": NEW,
        "arch": "x86_64",
        "profile": "fast",
        "flavor": "install_only single",
    }
    assert names(SETTINGS) == [
        *(f"{NEW} x86_64", f"{OLD} x86_64", f"{NEW} aarch64", f"{OLD} aarch64"),
    ]


@pytest.mark.parametrize("python", ["3.14", NEW])
def test_exclusions(python: str) -> None:
    rows = (Exclusion(python=python, arch=Arch.AARCH64, profile=None),)
    settings = Settings(pythons=SETTINGS.pythons, arches=BOTH, exclusions=rows)
    assert names(settings) == [f"{NEW} x86_64", f"{OLD} x86_64", f"{OLD} aarch64"]


def test_the_same_python_under_two_names_is_one_job() -> None:
    settings = Settings(pythons=("3.13", OLD), arches=(Arch.X86_64,))
    assert names(settings) == [f"{OLD} x86_64"]


def test_too_many_jobs_are_put_together() -> None:
    """By architecture: no machine builds what another could run."""
    assert names(SETTINGS, most=3) == [f"{NEW} {OLD} x86_64", f"{NEW} {OLD} aarch64"]
    with pytest.raises(UsageError, match="2 jobs are more than the 1 of one matrix"):
        names(SETTINGS, most=1)


def test_a_python_that_cannot_be_built() -> None:
    with pytest.raises(UsageError, match=r"CPython 3\.11\.\d+ cannot be built yet"):
        names(Settings(pythons=("3.11",), arches=BOTH))


def test_a_file(tmp_path: Path) -> None:
    (tmp_path / "factory.yaml").write_text(
        'pythons: ["3.13"]\narchitectures: [amd64, arm64]\nflavors: [single]\n'
        'exclude: [{arch: arm64, python: "3.13"}]\n'
    )
    assert load_settings(tmp_path / "factory.yaml") == Settings(
        pythons=("3.13",),
        arches=BOTH,
        flavors=(Flavor.SINGLE,),
        exclusions=(Exclusion(python="3.13", arch=Arch.AARCH64, profile=None),),
    )


def test_our_own_file() -> None:
    settings = load_settings(Path(__file__).parents[2] / "factory.yaml")
    assert len(make_jobs(settings, load_catalog())) == 4


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("python: ['3.13']", r"factory\.yaml: python: unknown key; did you mean pythons\?"),
        ("pythons: [3.13]", "pythons: wanted a list of quoted strings, found .3.13."),
        ("pythons: ['3.13']", "architectures: missing: nothing would be built"),
        ("flavors: [singel]", "flavors: unknown: 'singel'; did you mean single?"),
        ("profiles: [fats]", "profiles: unknown: 'fats'; did you mean fast?"),
        ("architectures: [x86]", "unknown architecture 'x86'"),
        ("exclude: [{}]", r"exclude\[0\]: would exclude everything"),
        ("exclude: [{pyton: '3.13'}]", r"exclude\[0\]\.pyton: unknown key; did you mean python\?"),
        ("pythons: [", "factory.yaml: "),
    ],
)
def test_mistakes(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "factory.yaml").write_text(text)
    with pytest.raises(UsageError, match=problem):
        load_settings(tmp_path / "factory.yaml")


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"factory\.yaml: .*No such file"):
        load_settings(tmp_path / "factory.yaml")
