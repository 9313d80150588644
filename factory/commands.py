"""What each command does: requests out, results on standard output."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from factory import arguments
from factory.bench.run import Run, load_run
from factory.cache import ActionCache
from factory.catalog import DATA, load_catalog
from factory.changes import changed_jobs
from factory.console import Console
from factory.doctor import examine
from factory.engines.docker import remove_leftovers
from factory.engines.docker_daemon import connect
from factory.errors import ExitCode, MachineError, UsageError
from factory.listing import describe_all, listing_text
from factory.matrix import make_jobs
from factory.model.plan import Plan
from factory.model.report import Report
from factory.pins.report import report_data, report_text
from factory.pins.selection import pins
from factory.pins.write import write
from factory.pipeline import Built
from factory.publish.publish import open_target, publish
from factory.publish.registry import Registry, publish_images
from factory.publish.step import Step
from factory.runner import missing
from factory.shared_cache import SharedCache, SharedDirectory
from factory.verify.checks import verify
from factory.verify.cpython.suite import verify_cpython
from factory.verify.table import render
from factory.verify.wheels.suite import verify_wheels

OCI = "oci://"


def build_command(options: argparse.Namespace, console: Console) -> int:
    """Build, package and verify."""
    selection = arguments.selection(options)
    built = arguments.pipeline(options, console).build(selection)
    if options.json:
        _print_json([_built_data(one) for one in built])
    else:
        for one in built:
            print(_built_text(one))
    failed = any(report.errors for one in built for report in one.reports)
    return ExitCode.VERIFICATION if failed else ExitCode.DONE


def plan_command(options: argparse.Namespace, console: Console) -> int:
    """Show the actions in order, each with its key and whether it must run."""
    selection = arguments.selection(options)
    pipeline = arguments.pipeline(options, console)
    plan = pipeline.plan(selection)
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
    selection = arguments.selection(options)
    pipeline = arguments.pipeline(options, console)
    plan = pipeline.plan(selection)
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
    reports = SUITES[options.suite](options, console)
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
        jobs=arguments.jobs(options),
    )


def _no_tests(options: argparse.Namespace) -> None:
    if options.test:
        raise UsageError("--test names a file of CPython's suite", hint="say --suite cpython")


SUITES: Mapping[str, Callable[[argparse.Namespace, Console], Sequence[Report]]] = {
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
    jobs = make_jobs(arguments.settings(options), load_catalog())
    if options.changed_since:
        jobs = changed_jobs(jobs, options.changed_since, console)
    rows = [job.as_json() for job in jobs]
    if options.json:
        print(json.dumps({"include": rows}))  # on one line, for $GITHUB_OUTPUT
    else:
        for row in rows:
            print(f"{row['name']:24} {row['runner']:20} {row['flavor']}")
    return ExitCode.DONE


def update_pins_command(options: argparse.Namespace, console: Console) -> int:
    """Look for newer versions of what is pinned, and pin them."""
    chosen = pins(load_catalog(), DATA, options.names, options.python)
    updater = arguments.updater(options, console)
    outcomes = [updater.look(pin) for pin in chosen]
    changes = [outcome.change for outcome in outcomes if outcome.change]
    if options.execute:
        write(changes)
    if options.json:
        _print_json(report_data(outcomes))
    else:
        print(report_text(outcomes))
    for outcome in outcomes:
        if outcome.failure:
            text = f"{outcome.pin.source}: {outcome.failure.message}"
            console.error(text, outcome.failure.hint)
    done = "pinned" if options.execute else "to be pinned (say --execute)"
    console.note(f"{len(changes)} of {len(chosen)} {done}")
    if changes:
        console.note("whether patches still apply and what else changed, the next build shows")
    return ExitCode.SOURCE if any(outcome.failure for outcome in outcomes) else ExitCode.DONE


def publish_command(options: argparse.Namespace, console: Console) -> int:
    """Bring a target up to date, or say what that would do."""
    steps = _published(options, console)
    if options.json:
        _print_json([vars(step) for step in steps])
    else:
        for step in steps:
            print(f"{step.sha256[:16]}  {step.why:8} {step.name}")
        what = "tags" if options.to.startswith(OCI) else "files"
        done = "published" if options.execute else "to be published (say --execute)"
        print(f"{len(steps)} {what} {done}: {options.to}")
    return ExitCode.DONE


def _published(options: argparse.Namespace, console: Console) -> tuple[Step, ...]:
    token = os.environ.get("FACTORY_PUBLISH_TOKEN")
    if options.to.startswith(OCI):
        with contextlib.closing(Registry(options.to.removeprefix(OCI), token)) as registry:
            return publish_images(options.folder, registry, console, execute=options.execute)
    if options.to.startswith("github:"):  # GitHub's token is for nobody else
        token = token or os.environ.get("GITHUB_TOKEN")
    target = open_target(options.to, options.url, token, options.tag)
    return publish(options.folder, target, console, tag=options.tag, execute=options.execute)


def bench_command(options: argparse.Namespace, console: Console) -> int:
    """Compare an interpreter with others, or write a report of such a run."""
    try:  # pyperf, pyperformance and plotly are an extra
        from factory.bench import campaign, output
        from factory.bench.facts import load_bench
        from factory.bench.text import text
    except ModuleNotFoundError as error:
        raise MachineError(
            f"no {error.name!r} package beside the factory",
            hint="pip install '.[bench]' in a checkout, or 'static-python-factory[bench]'",
        ) from error
    if options.interpreter == "report":
        return _bench_report(options, output.write_report)
    request, cache = arguments.bench_request(options), arguments.cache_dir(options)
    outcome = campaign.measure(request, load_bench(), cache, console)
    written = output.save(outcome, options.output or Path("bench-results"))
    if options.json:
        _print_json(outcome.run.as_json())
    else:
        print(text(outcome.run))
    console.note("\n".join(["written:", *(f"  {path}" for path in written)]))
    failed = any(judgement.too_many for judgement in outcome.judgements)
    return ExitCode.VERIFICATION if failed else ExitCode.DONE


def _bench_report(options: argparse.Namespace, write: Callable[[Run, Path], Path]) -> int:
    if options.run is None or options.output is None:
        raise UsageError(
            "which run, and where does its report go?",
            hint="factory bench report bench-results/run.json --output docs/benchmarks.md",
        )
    path = write(load_run(options.run), options.output)
    if options.json:
        _print_json({"path": str(path)})
    else:
        print(path)
    return ExitCode.DONE


def cache_command(options: argparse.Namespace, console: Console) -> int:
    """List, check or shrink the cache."""
    cache = ActionCache(arguments.cache_dir(options), console)
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
    remarks = list(examine(arguments.cache_dir(options)))
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
    found = arguments.shared_cache(options.place)
    if found is None:
        raise UsageError("which other cache?", hint="say --place DIR, or set FACTORY_REMOTE_CACHE")
    return found


def _cache_verify(cache: ActionCache, options: argparse.Namespace) -> list[dict[str, object]]:
    return [vars(entry) for entry in cache.verify()]


def _cache_gc(cache: ActionCache, options: argparse.Namespace) -> list[dict[str, object]]:
    return [vars(entry) for entry in cache.collect(options.keep_days)]
