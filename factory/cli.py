"""The command line: arguments in, requests out, results on standard output."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

from docker.errors import DockerException
from docker.utils import parse_bytes

import factory
from factory.cache import ActionCache
from factory.catalog import load_catalog
from factory.changes import changed_jobs
from factory.console import Console
from factory.doctor import examine, machine_arch
from factory.engines.docker import remove_leftovers
from factory.engines.docker_daemon import connect
from factory.engines.docker_image import image_names
from factory.errors import ExitCode, UsageError
from factory.listing import describe_all, listing_text
from factory.matrix import FILE, Settings, load_settings, make_jobs
from factory.model.arch import Arch
from factory.model.plan import Plan
from factory.model.report import Report
from factory.model.target import USUAL_FLAVORS, Flavor, Link
from factory.pipeline import Built, Pipeline, Selection, Surroundings
from factory.publish.publish import open_target, publish
from factory.publish.registry import Registry, publish_images
from factory.publish.step import Step
from factory.runner import missing
from factory.shared_cache import SharedCache, SharedDirectory, open_shared_cache
from factory.sources.mirror import split_mirrors
from factory.verify.checks import verify
from factory.verify.cpython.suite import verify_cpython
from factory.verify.table import render
from factory.verify.wheels.suite import verify_wheels

Handler = Callable[[argparse.Namespace, Console], int]

_EXAMPLES = """\
examples:
  factory build --python 3.13 --arch x86_64
  factory build --python 3.13 3.14 --flavor single --output out
  factory build --python 3.13 --engine docker --image debian
  factory plan --python 3.14 --json
  factory fetch --python 3.13 && factory build --python 3.13 --offline
  factory verify dist/cpython-3.13.15-x86_64-unknown-linux-musl-single
  factory verify --suite wheels dist/*-install_only.tar.gz dist/*-single
  factory verify --suite cpython --test test_os dist/*-install_only.tar.gz
  factory matrix --json
  factory matrix --python 3.13 --arch x86_64 aarch64 --changed-since origin/main
  factory publish dist --to /srv/www/pythons --url https://example.org/pythons --execute
  factory doctor

exit codes:
  0 done   1 unexpected error   2 wrong usage   3 the machine lacks something
  4 a source could not be had or has the wrong bytes   5 a build step failed
  6 verification found errors   7 publishing failed   130 interrupted
"""


def parser() -> argparse.ArgumentParser:
    """Make the argument parser with all subcommands."""
    top = argparse.ArgumentParser(
        prog="factory",
        description="Build fully static CPython distributions against musl.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"factory {factory.__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_build(commands)
    _add_plan(commands)
    _add_fetch(commands)
    _add_verify(commands)
    _add(commands, "list", list_command, "what can be built: versions, flavors, components")
    _add_matrix(commands)
    _add_publish(commands)
    _add_cache(commands)
    _add_doctor(commands)
    return top


def run(arguments: Sequence[str], console: Console) -> int:
    """Parse and carry out one command; returns the exit code."""
    options = parser().parse_args(arguments)
    handler: Handler = options.handler
    return handler(options, console)


# --- commands -----------------------------------------------------------------------------------


def build_command(options: argparse.Namespace, console: Console) -> int:
    """Build, package and verify."""
    built = _pipeline(options, console).build(_selection(options))
    if options.json:
        _print_json([_built_data(one) for one in built])
    else:
        for one in built:
            print(_built_text(one))
    failed = any(report.errors for one in built for report in one.reports)
    return ExitCode.VERIFICATION if failed else ExitCode.DONE


def plan_command(options: argparse.Namespace, console: Console) -> int:
    """Show the actions in order, each with its key and whether it must run."""
    pipeline = _pipeline(options, console)
    plan = pipeline.plan(_selection(options))
    must_run = {action.key for action in missing(plan, pipeline.cache)}
    cached = {action.key for action in plan.actions if pipeline.cache.find(action.key)}
    rows = [
        {"name": a.name, "key": a.key, "state": _state(a.key, must_run, cached)}
        for a in plan.actions
    ]
    if options.json:
        _print_json({"actions": rows, "results": _results(plan)})
    else:
        for row in rows:
            print(f"{row['key'][:16]}  {row['name']:32} {row['state']}")
    return ExitCode.DONE


def fetch_command(options: argparse.Namespace, console: Console) -> int:
    """Bring every source of a selection into the store."""
    pipeline = _pipeline(options, console)
    plan = pipeline.plan(_selection(options))
    fetched = pipeline.fetch(plan.sources)
    rows = [
        {"source": str(one.source), "sha256": one.archive.sha256, "path": str(one.path)}
        for one in fetched
    ]
    if options.json:
        _print_json(rows)
    else:
        for row in rows:
            print(f"{row['sha256'][:16]}  {row['source']}")
    return ExitCode.DONE


def verify_command(options: argparse.Namespace, console: Console) -> int:
    """Run the checks, or another suite, over every artifact that is named."""
    reports = _SUITES[options.suite](options, console)
    if options.json:
        _print_json([report.as_json() for report in reports])
    else:
        for report in reports:
            print(render(report))
    failed = any(report.errors for report in reports)
    return ExitCode.VERIFICATION if failed else ExitCode.DONE


def _verify_checks(options: argparse.Namespace, console: Console) -> Sequence[Report]:
    if options.quick:
        raise UsageError("--quick is a part of a suite", hint="say --suite wheels --quick")
    _no_tests(options)
    return [verify(path, console) for path in options.artifacts]


def _verify_wheels(options: argparse.Namespace, console: Console) -> Sequence[Report]:
    _no_tests(options)
    return verify_wheels(options.artifacts, console, quick=options.quick)


def _verify_cpython(options: argparse.Namespace, console: Console) -> Sequence[Report]:
    return verify_cpython(
        options.artifacts,
        console,
        tests=options.test,
        quick=options.quick,
        jobs=_jobs(options),
    )


def _no_tests(options: argparse.Namespace) -> None:
    if options.test:
        raise UsageError("--test names a file of CPython's suite", hint="say --suite cpython")


_SUITES: Mapping[str, Callable[[argparse.Namespace, Console], Sequence[Report]]] = {
    "checks": _verify_checks,
    "wheels": _verify_wheels,
    "cpython": _verify_cpython,
}


def list_command(options: argparse.Namespace, console: Console) -> int:
    """Show everything that the catalog knows."""
    data = describe_all(load_catalog())
    if options.json:
        _print_json(data)
    else:
        print(listing_text(data))
    return ExitCode.DONE


def matrix_command(options: argparse.Namespace, console: Console) -> int:
    """Print the jobs for GitHub Actions."""
    jobs = make_jobs(_settings(options), load_catalog())
    if options.changed_since:
        jobs = changed_jobs(jobs, options.changed_since, console)
    rows = [job.as_json() for job in jobs]
    if options.json:
        print(json.dumps({"include": rows}))  # on one line, for $GITHUB_OUTPUT
    else:
        for row in rows:
            print(f"{row['name']:24} {row['runner']:20} {row['flavor']}")
    return ExitCode.DONE


def publish_command(options: argparse.Namespace, console: Console) -> int:
    """Bring a target up to date, or say what that would do."""
    token = os.environ.get("FACTORY_PUBLISH_TOKEN") or os.environ.get("GITHUB_TOKEN")
    steps = _published(options, token, console)
    if options.json:
        _print_json([vars(step) for step in steps])
    else:
        for step in steps:
            print(f"{step.sha256[:16]}  {step.why:8} {step.name}")
        what = "tags" if options.to.startswith(_OCI) else "files"
        done = "published" if options.execute else "to be published (say --execute)"
        print(f"{len(steps)} {what} {done}: {options.to}")
    return ExitCode.DONE


def _published(
    options: argparse.Namespace, token: str | None, console: Console
) -> tuple[Step, ...]:
    if options.to.startswith(_OCI):
        with contextlib.closing(Registry(options.to.removeprefix(_OCI), token)) as registry:
            return publish_images(options.folder, registry, console, execute=options.execute)
    target = open_target(options.to, options.url, token, options.tag)
    return publish(options.folder, target, console, tag=options.tag, execute=options.execute)


def cache_command(options: argparse.Namespace, console: Console) -> int:
    """List, check or shrink the cache."""
    cache = ActionCache(_cache_dir(options), console)
    action: Callable[[ActionCache, argparse.Namespace], list[dict[str, object]]] = {
        "ls": _cache_ls,
        "verify": _cache_verify,
        "gc": _cache_gc,
        "export": _cache_export,
        "import": _cache_import,
    }[options.action]
    rows = action(cache, options)
    if options.json:
        _print_json(rows)
    else:
        for row in rows:
            print(f"{str(row['key'])[:16]}  {row['size']:>12}  {row['name']}")
        print(f"{len(rows)} entries")
    damaged = options.action == "verify" and rows
    return ExitCode.VERIFICATION if damaged else ExitCode.DONE


def doctor_command(options: argparse.Namespace, console: Console) -> int:
    """Say what the machine has and lacks."""
    if options.clean:
        return _clean(options)
    remarks = list(examine(_cache_dir(options)))
    if options.json:
        _print_json([vars(remark) for remark in remarks])
    else:
        for remark in remarks:
            print(f"{'ok  ' if remark.good else 'BAD '} {remark.subject:12} {remark.message}")
            if remark.remedy and not remark.good:
                print(f"     {'':12} -> {remark.remedy}")
    return ExitCode.DONE if all(remark.good for remark in remarks) else ExitCode.MACHINE


def _clean(options: argparse.Namespace) -> int:
    with contextlib.closing(connect()) as client:
        removed = remove_leftovers(client)
    if options.json:
        _print_json(removed)
    else:
        print(f"removed {len(removed)} containers{': ' if removed else ''}{', '.join(removed)}")
    return ExitCode.DONE


# --- arguments ----------------------------------------------------------------------------------

_OCI = "oci://"
_ENGINES = ("auto", "local", "docker")
_Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def _add(commands: _Commands, name: str, handler: Handler, text: str) -> argparse.ArgumentParser:
    command = commands.add_parser(
        name,
        help=text,
        description=text[0].upper() + text[1:] + ".",
        epilog=_example(name),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.set_defaults(handler=handler)
    command.add_argument("--json", action="store_true", help="print the result as JSON")
    command.add_argument("--quiet", action="store_true", help="say nothing but warnings and errors")
    command.add_argument(
        "--cache-dir", type=Path, metavar="DIR", help="default: $FACTORY_CACHE_DIR, or XDG's cache"
    )
    return command


def _example(name: str) -> str:
    lines = [line for line in _EXAMPLES.splitlines() if f"factory {name}" in line]
    return "\n".join(["example:", *lines]) if lines else ""


def _add_selection(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--python",
        action="extend",
        nargs="+",
        metavar="VERSION",
        help="3.13 (the newest known patch release) or 3.13.15; several are built in one call",
    )
    command.add_argument(
        "--arch",
        action="extend",
        nargs="+",
        metavar="ARCH",
        help="x86_64, amd64, aarch64, arm64; default: this machine's",
    )
    command.add_argument(
        "--source",
        type=Path,
        metavar="DIR|ARCHIVE",
        help="build this CPython tree or archive instead of the pinned release",
    )
    command.add_argument(
        "--mirror",
        action="append",
        default=[],
        metavar="DIR|URL",
        help="look here first for sources; also $FACTORY_SOURCE_MIRROR",
    )
    command.add_argument(
        "--offline", action="store_true", help="use mirrors and the store only, no network"
    )
    command.add_argument(
        "--link",
        choices=[link.value for link in Link],
        default=Link.SELF_HOSTED.value,
        help="self-hosted: with the dynamic linker inside (default); dynamic, static: the same "
        "objects linked with a libc.so beside them, or without dlopen, for comparisons",
    )
    command.add_argument(
        "--without-ca-bundle",
        action="store_true",
        help="leave out Mozilla's certificates, the last resort of hosts that have none",
    )


def _add_build(commands: _Commands) -> None:
    command = _add(commands, "build", build_command, "build, package and verify distributions")
    _add_selection(command)
    command.add_argument(
        "--flavor",
        action="extend",
        nargs="+",
        choices=[flavor.value for flavor in Flavor],
        help="default: " + " and ".join(one.value for one in USUAL_FLAVORS),
    )
    command.add_argument("--profile", choices=["fast"], default="fast", help="how to optimise")
    command.add_argument(
        "--engine",
        choices=_ENGINES,
        default=os.environ.get("FACTORY_ENGINE", "auto"),
        help="where commands run: on this machine (auto, local) or in containers of the daemon "
        "that $DOCKER_HOST names; also $FACTORY_ENGINE",
    )
    command.add_argument(
        "--image",
        choices=image_names(),
        default="debian",
        help="docker: the builder image, which is made when the daemon does not have it",
    )
    command.add_argument(
        "--memory", type=_bytes, default=0, metavar="SIZE", help="docker: of each container, 4g"
    )
    command.add_argument("--toolchain", choices=["auto", "zig"], default="auto")
    command.add_argument(
        "--keep-going", action="store_true", help="finish what does not depend on a failed step"
    )
    command.add_argument("--jobs", type=int, metavar="N", help="default: the number of CPUs")
    command.add_argument(
        "--output", type=Path, default=Path("dist"), metavar="DIR", help="default: dist"
    )


def _add_plan(commands: _Commands) -> None:
    command = _add(commands, "plan", plan_command, "the actions of a build, cached or to be run")
    _add_selection(command)


def _add_fetch(commands: _Commands) -> None:
    command = _add(commands, "fetch", fetch_command, "fill the source store for a selection")
    _add_selection(command)


def _add_verify(commands: _Commands) -> None:
    command = _add(commands, "verify", verify_command, "run every check over artifacts")
    command.add_argument("artifacts", nargs="+", type=Path, metavar="ARCHIVE-OR-DIR")
    command.add_argument(
        "--suite",
        choices=list(_SUITES),
        default="checks",
        help="checks: of the files themselves (default); "
        "wheels: real pip installs the newest musllinux wheels, which are then used; "
        "cpython: CPython's own test suite",
    )
    command.add_argument(
        "--quick", action="store_true", help="wheels, cpython: only a part that takes minutes"
    )
    command.add_argument(
        "--test",
        action="append",
        default=[],
        metavar="NAME",
        help="cpython: only this file of the suite, such as test_os; repeat for several",
    )
    command.add_argument(
        "--jobs", type=int, metavar="N", help="cpython: files at a time; default: number of CPUs"
    )


def _add_matrix(commands: _Commands) -> None:
    command = _add(commands, "matrix", matrix_command, "the jobs of a GitHub Actions matrix")
    command.add_argument(
        "--settings", type=Path, default=FILE, metavar="FILE", help=f"default: {FILE}"
    )
    for name in ("python", "arch", "flavor"):
        command.add_argument(
            f"--{name}",
            action="extend",
            nargs="+",
            default=[],
            metavar=name.upper(),
            help="instead of what the file says",
        )
    command.add_argument(
        "--changed-since",
        metavar="REF",
        help="only what differs from what a commit of this checkout would build",
    )


def _add_publish(commands: _Commands) -> None:
    command = _add(commands, "publish", publish_command, "hand artifacts out, with their lists")
    command.add_argument("folder", type=Path, metavar="DIR", help="what 'factory build' wrote")
    command.add_argument(
        "--to",
        required=True,
        metavar="DIR|URL|github:OWNER/REPO|oci://HOST/REPOSITORY",
        help="a directory, a server that takes PUT, a GitHub release, or an image registry",
    )
    command.add_argument(
        "--url", metavar="URL", help="where a directory can be downloaded; default: its file:// URL"
    )
    command.add_argument("--tag", help="the release's name; default: the day of SOURCE_DATE_EPOCH")
    command.add_argument("--execute", action="store_true", help="do it; else only say what")


def _add_cache(commands: _Commands) -> None:
    command = _add(
        commands, "cache", cache_command, "list, check, shrink or share the cache of actions"
    )
    command.add_argument("action", choices=["ls", "verify", "gc", "export", "import"])
    command.add_argument(
        "--place",
        metavar="DIR|URL",
        default=os.environ.get("FACTORY_REMOTE_CACHE"),
        help="export, import: the other cache; default: $FACTORY_REMOTE_CACHE",
    )
    command.add_argument(
        "--keep-days",
        type=float,
        default=30.0,
        metavar="N",
        help="gc: remove what was made longer ago (default: 30); 0 removes everything",
    )


def _add_doctor(commands: _Commands) -> None:
    text = "what this machine can build with, what is missing"
    command = _add(commands, "doctor", doctor_command, text)
    command.add_argument(
        "--clean", action="store_true", help="remove the containers that killed builds have left"
    )


# --- from arguments to requests -----------------------------------------------------------------


def _selection(options: argparse.Namespace) -> Selection:
    if not options.python and options.source is None:
        raise UsageError("which Python?", hint="say --python 3.13, or --source DIR")
    return Selection(
        pythons=tuple(options.python or ()),
        arches=tuple(options.arch or (machine_arch().machine,)),
        flavors=_flavors(options),
        link=Link(options.link),
        ca_bundle=not options.without_ca_bundle,
        source=options.source,
        epoch=_epoch(),
    )


def _settings(options: argparse.Namespace) -> Settings:
    """Flags win over the file, which need not be there when they say enough."""
    enough = options.python and options.arch
    settings = (
        Settings(pythons=(), arches=())
        if enough and not options.settings.is_file()
        else load_settings(options.settings)
    )
    changes: dict[str, Any] = {
        "pythons": tuple(options.python),
        "arches": tuple(map(Arch.parse, options.arch)),
        "flavors": tuple(map(_flavor, options.flavor)),
    }
    return replace(settings, **{name: value for name, value in changes.items() if value})


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


def _pipeline(options: argparse.Namespace, console: Console) -> Pipeline:
    engine = getattr(options, "engine", "auto")
    if engine not in _ENGINES:  # argparse does not look at defaults
        raise UsageError(f"FACTORY_ENGINE: wanted one of {', '.join(_ENGINES)}, found {engine!r}")
    surroundings = Surroundings(
        cache_dir=_cache_dir(options),
        output=getattr(options, "output", Path("dist")),
        mirrors=(*options.mirror, *split_mirrors(os.environ.get("FACTORY_SOURCE_MIRROR", ""))),
        offline=options.offline,
        jobs=_jobs(options),
        keep_going=getattr(options, "keep_going", False),
        engine="docker" if engine == "docker" else "local",
        image=getattr(options, "image", "debian"),
        memory=getattr(options, "memory", 0),
        shared_cache=_shared_cache(os.environ.get("FACTORY_REMOTE_CACHE")),
        shared_read_only=os.environ.get("FACTORY_REMOTE_CACHE_MODE") == "read",
    )
    return Pipeline(surroundings, console)


def _bytes(text: str) -> int:
    """Read a size as Docker does: 512m, 4g."""
    try:
        return int(parse_bytes(text))
    except DockerException as error:
        raise argparse.ArgumentTypeError(f"wanted a size such as 4g, found {text!r}") from error


def _shared_cache(text: str | None) -> SharedCache | None:
    token = os.environ.get("FACTORY_REMOTE_CACHE_TOKEN")
    return open_shared_cache(text, token) if text else None


def _jobs(options: argparse.Namespace) -> int:
    jobs: int | None = getattr(options, "jobs", None)
    if jobs is not None and jobs < 1:
        raise UsageError(f"--jobs: wanted 1 or more, found {jobs}")
    return jobs or len(os.sched_getaffinity(0))


def _cache_dir(options: argparse.Namespace) -> Path:
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


# --- results ------------------------------------------------------------------------------------


def _print_json(data: object) -> None:
    json.dump(data, sys.stdout, indent=1, default=str)
    print()


def _state(key: str, must_run: set[str], cached: set[str]) -> str:
    if key in cached:
        return "cached"
    return "must run: not in the cache" if key in must_run else "not needed: its users are cached"


def _results(plan: Plan) -> list[dict[str, str]]:
    return [
        {"target": r.target.label, "interpreter": r.interpreter, "python": r.python}
        for r in plan.results
    ]


def _built_data(built: Built) -> dict[str, object]:
    return {
        "target": built.result.target.label,
        "seconds": round(built.seconds, 1),
        "artifacts": [
            {"path": str(a.path), "flavor": a.flavor.value, "sha256": a.sha256, "size": a.size}
            for a in built.artifacts
        ],
        "reports": [report.as_json() for report in built.reports],
    }


def _built_text(built: Built) -> str:
    lines = []
    for report in built.reports:
        lines.append(render(report))
    lines.append(f"CPython {built.result.target.label}: {built.seconds:.1f} s")
    for artifact in built.artifacts:
        lines.append(f"  {artifact.sha256}  {artifact.size / 1e6:7.1f} MB  {artifact.path}")
    return "\n".join(lines)


def _cache_ls(cache: ActionCache, options: argparse.Namespace) -> list[dict[str, object]]:
    return [vars(entry) for entry in cache.entries()]


def _cache_export(cache: ActionCache, options: argparse.Namespace) -> list[dict[str, object]]:
    cache.share(_place(options))
    return [vars(entry) for entry in cache.send_all()]


def _cache_import(cache: ActionCache, options: argparse.Namespace) -> list[dict[str, object]]:
    place = _place(options)
    if not isinstance(place, SharedDirectory):
        raise UsageError(
            "a server's cache has no list of its entries",
            hint="set FACTORY_REMOTE_CACHE: builds take from it what they need",
        )
    before = {entry.key for entry in cache.entries()}
    cache.share(place, read_only=True)
    for key in place.stored():
        cache.find(key)
    return [vars(entry) for entry in cache.entries() if entry.key not in before]


def _place(options: argparse.Namespace) -> SharedCache:
    found = _shared_cache(options.place)
    if found is None:
        raise UsageError("which other cache?", hint="say --place DIR, or set FACTORY_REMOTE_CACHE")
    return found


def _cache_verify(cache: ActionCache, options: argparse.Namespace) -> list[dict[str, object]]:
    return [vars(entry) for entry in cache.verify()]


def _cache_gc(cache: ActionCache, options: argparse.Namespace) -> list[dict[str, object]]:
    return [vars(entry) for entry in cache.collect(options.keep_days)]


__all__ = ["Arch", "parser", "run"]
