"""From parsed arguments and the environment to requests."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from docker.errors import DockerException
from docker.utils import parse_bytes

from factory.bench.request import Request, usual_rounds, usual_suites
from factory.bench.run import Suite
from factory.catalog import PACKAGE, patches_root
from factory.console import Console
from factory.doctor import machine_arch
from factory.errors import UsageError
from factory.matrix import Settings, load_settings
from factory.model.arch import Arch
from factory.model.target import USUAL_FLAVORS, Flavor, Link, Profile
from factory.pins.pages import Pages
from factory.pins.update import Updater
from factory.pipeline import Pipeline, Selection, Surroundings
from factory.shared_cache import SharedCache, open_shared_cache
from factory.sources.http import Downloader
from factory.sources.mirror import split_mirrors
from factory.sources.store import SourceStore
from factory.toolchains.choose import choose_toolchain

ENGINES = ("auto", "local", "docker")


def selection(options: argparse.Namespace) -> Selection:
    """What to build."""
    if not options.python and options.source is None:
        raise UsageError("which Python?", hint="say --python 3.13, or --source DIR")
    return Selection(
        pythons=tuple(options.python or ()),
        arches=tuple(options.arch or (machine_arch().machine,)),
        flavors=_flavors(options),
        profile=Profile(options.profile),
        trained=_trained(options),
        trained_bolt=_trained_bolt(options),
        link=Link(options.link),
        pie=_pie(options),
        bolt=_bolt(options),
        ca_bundle=not options.without_ca_bundle,
        source=options.source,
        epoch=_epoch(),
    )


def settings(options: argparse.Namespace) -> Settings:
    """Flags win over the file, which need not be there when they say enough."""
    enough = options.python and options.arch
    found = (
        Settings(pythons=(), arches=())
        if enough and not options.settings.is_file()
        else load_settings(options.settings)
    )
    changes: dict[str, Any] = {
        "pythons": tuple(options.python),
        "arches": tuple(map(Arch.parse, options.arch)),
        "flavors": tuple(map(_flavor, options.flavor)),
    }
    return replace(found, **{name: value for name, value in changes.items() if value})


def _flavor(name: str) -> Flavor:
    try:
        return Flavor(name)
    except ValueError as error:
        known = ", ".join(flavor.value for flavor in Flavor)
        raise UsageError(f"--flavor: wanted one of {known}, found {name!r}") from error


def _flavors(options: argparse.Namespace) -> tuple[Flavor, ...]:
    possible = Link(options.link).flavors
    named = tuple(Flavor(name) for name in getattr(options, "flavor", None) or ())
    for flavor in named:
        if flavor not in possible:
            raise UsageError(
                f"--link {options.link} --flavor {flavor.value}: its libc.so is not in that file",
                hint=f"say --flavor {possible[0].value}, or nothing",
            )
    return named or tuple(flavor for flavor in USUAL_FLAVORS if flavor in possible)


def _pie(options: argparse.Namespace) -> bool | None:
    pie: bool | None = options.pie
    if pie is False and Link(options.link) is not Link.SELF_HOSTED:
        raise UsageError(
            f"--link {options.link} --no-pie: what is linked so is always position-independent",
            hint="leave one of the two out",
        )
    return pie


def _bolt(options: argparse.Namespace) -> bool:
    if not options.bolt:
        return False
    if Profile(options.profile) is not Profile.RELEASE:
        raise UsageError("--bolt is for a release", hint="say --profile release")
    if options.pie or Link(options.link) is not Link.SELF_HOSTED:
        wrong = "--pie" if options.pie else f"--link {options.link}"
        raise UsageError(
            f"--bolt {wrong}: only what has a fixed address is rewritten",
            hint="leave one of the two out",
        )
    return True


def _trained(options: argparse.Namespace) -> Path | None:
    trained: Path | None = options.trained
    if trained is None:
        return None
    if Profile(options.profile) is not Profile.RELEASE:
        raise UsageError("--trained is for a release", hint="say --profile release")
    if len(options.python or ()) > 1:
        raise UsageError("--trained is for one Python", hint="build them in several calls")
    return trained.absolute()


def _trained_bolt(options: argparse.Namespace) -> Path | None:
    trained: Path | None = options.trained_bolt
    if trained is None:
        return None
    if not options.bolt:
        raise UsageError("--trained-bolt is for --bolt", hint="say --bolt, too")
    if options.trained is None:
        raise UsageError(
            "--trained-bolt: BOLT's profile fits the code of one training, and of no other",
            hint="say --trained FILE with the other profile of that build, too",
        )
    return trained.absolute()


def pipeline(options: argparse.Namespace, console: Console) -> Pipeline:
    """Open the pipeline with everything that the surroundings say."""
    engine = getattr(options, "engine", "auto")
    if engine not in ENGINES:  # argparse does not look at defaults
        raise UsageError(f"FACTORY_ENGINE: wanted one of {', '.join(ENGINES)}, found {engine!r}")
    surroundings = Surroundings(
        cache_dir=cache_dir(options),
        output=getattr(options, "output", Path("dist")),
        mirrors=(*options.mirror, *split_mirrors(os.environ.get("FACTORY_SOURCE_MIRROR", ""))),
        offline=options.offline,
        jobs=jobs(options),
        keep_going=getattr(options, "keep_going", False),
        engine="docker" if engine == "docker" else "local",
        image=getattr(options, "image", "debian"),
        memory=getattr(options, "memory", 0),
        shared_cache=shared_cache(os.environ.get("FACTORY_REMOTE_CACHE")),
        shared_read_only=os.environ.get("FACTORY_REMOTE_CACHE_MODE") == "read",
    )
    toolchain = choose_toolchain(
        options.toolchain,
        Profile(options.profile),
        options.toolchain_path,
        bolt=_bolt(options),
    )
    return Pipeline(surroundings, console, toolchain)


def updater(options: argparse.Namespace, console: Console) -> Updater:
    """Open what looks for newer pins; GITHUB_API_URL and GITHUB_TOKEN are GitHub Actions' own."""
    if options.execute and patches_root().is_relative_to(PACKAGE):
        raise UsageError(
            "--execute: these are the facts of an installed factory",
            hint="run it in a checkout, after 'pip install --editable .'",
        )
    downloader = Downloader()
    pages = Pages(
        downloader=downloader,
        api=os.environ.get("GITHUB_API_URL", "https://api.github.com").rstrip("/"),
        token=os.environ.get("GITHUB_TOKEN"),
    )
    store = SourceStore(cache_dir(options) / "sources", console)
    return Updater(read=pages.read, downloader=downloader, store=store, console=console)


def bench_request(options: argparse.Namespace) -> Request:
    """What to measure."""
    if options.run is not None:
        raise UsageError(
            f"{options.run}: what is it for?", hint="say --peer before another interpreter"
        )
    suites = tuple(Suite(name) for name in dict.fromkeys(options.suite or ()))
    return Request(
        subject=options.interpreter,
        peers=tuple(options.peer),
        suites=suites or usual_suites(quick=options.quick),
        programs=tuple(options.program),
        full=options.full,
        quick=options.quick,
        rounds=usual_rounds(options.rounds, quick=options.quick),
        profile=options.profile,
        symbols=options.symbols,
        command=("factory", *sys.argv[1:]),
    )


def size(text: str) -> int:
    """Read a size as Docker does: 512m, 4g."""
    try:
        return int(parse_bytes(text))
    except DockerException as error:
        raise argparse.ArgumentTypeError(f"wanted a size such as 4g, found {text!r}") from error


def shared_cache(text: str | None) -> SharedCache | None:
    """Open another cache, where one is named."""
    token = os.environ.get("FACTORY_REMOTE_CACHE_TOKEN")
    return open_shared_cache(text, token) if text else None


def jobs(options: argparse.Namespace) -> int:
    """How much is done at a time."""
    wanted: int | None = getattr(options, "jobs", None)
    if wanted is not None and wanted < 1:
        raise UsageError(f"--jobs: wanted 1 or more, found {wanted}")
    return wanted or len(os.sched_getaffinity(0))


def cache_dir(options: argparse.Namespace) -> Path:
    """Where the cache is: the option, the variable, or XDG's place."""
    if options.cache_dir:
        return Path(options.cache_dir).absolute()
    if given := os.environ.get("FACTORY_CACHE_DIR"):
        return Path(given).absolute()
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "static-python-factory"


def _epoch() -> int | None:
    text = os.environ.get("SOURCE_DATE_EPOCH")
    if text is None:
        return None
    if not (text.isascii() and text.isdigit()):
        raise UsageError(f"SOURCE_DATE_EPOCH: wanted seconds since 1970, found {text!r}")
    return int(text)
