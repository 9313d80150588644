"""The command line: the tree of arguments and its help."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

import factory
from factory.arguments import ENGINES, size
from factory.bench.run import Suite
from factory.commands import (
    SUITES,
    bench_command,
    build_command,
    cache_command,
    doctor_command,
    fetch_command,
    list_command,
    matrix_command,
    plan_command,
    publish_command,
    update_pins_command,
    verify_command,
)
from factory.console import Console
from factory.engines.docker_image import image_names
from factory.matrix import FILE
from factory.model.target import USUAL_FLAVORS, Flavor, Link, Profile
from factory.toolchains.choose import NAMES as TOOLCHAINS

Handler = Callable[[argparse.Namespace, Console], int]

_EXAMPLES = """\
examples:
  factory build --python 3.13 --arch x86_64
  factory build --python 3.13 3.14 --flavor single --output out
  factory build --python 3.14 --profile release
  factory build --python 3.14 --profile release --bolt --toolchain-path /usr/lib/llvm-22
  factory build --python 3.13 --engine docker --image debian
  factory plan --python 3.14 --json
  factory fetch --python 3.13 && factory build --python 3.13 --offline
  factory verify dist/cpython-3.13.15-x86_64-unknown-linux-musl-single
  factory verify --suite wheels dist/*-install_only.tar.gz dist/*-single
  factory verify --suite cpython --test test_os dist/*-install_only.tar.gz
  factory matrix --json
  factory matrix --python 3.13 --arch x86_64 aarch64 --changed-since origin/main
  factory publish dist --to /srv/www/pythons --url https://example.org/pythons --execute
  factory update-pins
  factory update-pins zlib openssl --python 3.13 --execute
  factory bench dist/*-single --peer debian:trixie --peer debian:forky
  factory bench dist/*-single --peer python3 --suite programs --program nbody richards
  factory bench dist/*-single --quick
  factory bench report bench-results/run.json --output docs/benchmarks.md
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
    _add_update_pins(commands)
    _add_bench(commands)
    _add_cache(commands)
    _add_doctor(commands)
    return top


def run(arguments: Sequence[str], console: Console) -> int:
    """Parse and carry out one command; returns the exit code."""
    options = parser().parse_args(arguments)
    handler: Handler = options.handler
    return handler(options, console)


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
        "--pie",
        action=argparse.BooleanOptionalAction,
        help="--pie: the executable's address is another one in each process; --no-pie: it is "
        "fixed, for a faster start; default: --no-pie for a release, else --pie",
    )
    command.add_argument(
        "--without-ca-bundle",
        action="store_true",
        help="leave out Mozilla's certificates, the last resort of hosts that have none",
    )
    _add_compiler(command)


def _add_compiler(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--profile",
        choices=[profile.value for profile in Profile],
        default=Profile.FAST.value,
        help="fast: compile once (default); release: train an interpreter, then compile and link "
        "with what it counted: what is published",
    )
    command.add_argument(
        "--bolt",
        action="store_true",
        help="release: rewrite the linked executable with BOLT, after a training of its own; for "
        "this machine's architecture, with an LLVM that has BOLT",
    )
    command.add_argument(
        "--trained",
        type=Path,
        metavar="FILE",
        help="release: do not train, use this profile of an earlier build: the same bytes again",
    )
    command.add_argument(
        "--trained-bolt",
        type=Path,
        metavar="FILE",
        help="with --bolt and --trained: BOLT's profile of that build, in place of its training",
    )
    command.add_argument(
        "--toolchain",
        choices=TOOLCHAINS,
        default="auto",
        help="auto: zig, and llvm for a release; 'factory doctor' says what each can do",
    )
    command.add_argument(
        "--toolchain-path",
        type=Path,
        metavar="DIR",
        help="where LLVM is installed (DIR/bin/clang), instead of where it is usually found",
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
    command.add_argument(
        "--engine",
        choices=ENGINES,
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
        "--memory", type=size, default=0, metavar="SIZE", help="docker: of each container, 4g"
    )
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
        choices=list(SUITES),
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


def _add_update_pins(commands: _Commands) -> None:
    text = "newer upstream versions of what is pinned, with their hashes"
    command = _add(commands, "update-pins", update_pins_command, text)
    command.add_argument(
        "names", nargs="*", metavar="NAME", help="a component, or cpython; default: everything"
    )
    command.add_argument(
        "--python",
        action="extend",
        nargs="+",
        default=[],
        metavar="MINOR",
        help="the patch releases of 3.13, ...; alone: of these only, no component",
    )
    command.add_argument("--execute", action="store_true", help="pin them; else only say what")


def _add_bench(commands: _Commands) -> None:
    command = _add(
        commands, "bench", bench_command, "ratios against other interpreters, with plots"
    )
    command.add_argument(
        "interpreter",
        metavar="INTERPRETER|report",
        help="an executable, an install_only archive or its tree; 'report' writes one",
    )
    command.add_argument(
        "run", nargs="?", type=Path, metavar="RUN.json", help="report: of which run"
    )
    command.add_argument(
        "--peer",
        action="append",
        default=[],
        metavar="PATH|debian:SUITE",
        help="what to compare with; debian:trixie is that release's python3, in a root directory "
        "that debootstrap makes (as root); repeat for several",
    )
    command.add_argument(
        "--suite",
        action="extend",
        nargs="+",
        choices=[suite.value for suite in Suite],
        help="default: all but instructions; with --quick programs, startup, imports, instructions",
    )
    _add_bench_amount(command)
    command.add_argument(
        "--symbols",
        type=Path,
        metavar="FILE",
        help="size: an lld map or an unstripped copy of INTERPRETER, for a split by component",
    )
    command.add_argument(
        "--profile", default="fast", help="instructions: how INTERPRETER was built (default: fast)"
    )
    command.add_argument(
        "--output",
        type=Path,
        metavar="DIR|FILE",
        help="default: bench-results; report: a file that ends in .md, .html or .txt",
    )


def _add_bench_amount(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--program",
        action="extend",
        nargs="+",
        default=[],
        metavar="NAME",
        help="programs: only these of pyperformance's",
    )
    command.add_argument(
        "--full",
        action="store_true",
        help="programs: those with requirements, too, which pip fetches",
    )
    command.add_argument("--quick", action="store_true", help="a minute's look, for CI")
    command.add_argument(
        "--rounds", type=int, metavar="N", help="default: 6; with --quick 2; an even number is best"
    )


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
