"""Build some actions of a plan: build_some.py CACHE NAME... (a program for test_two_builds)."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from factory.console import Console
from factory.model.recipe import Source
from factory.pipeline import Pipeline, Selection, Surroundings
from factory.sources.mirror import split_mirrors


def main(cache: Path, names: frozenset[str]) -> None:
    """Fetch what the named actions need, and run them."""
    surroundings = Surroundings(
        cache_dir=cache,
        output=cache / "dist",
        mirrors=split_mirrors(os.environ.get("FACTORY_SOURCE_MIRROR", "")),
        offline=False,
        jobs=2,
    )
    pipeline = Pipeline(surroundings, Console())
    plan = pipeline.plan(Selection(pythons=("3.13",), arches=(os.uname().machine,)))
    actions = tuple(action for action in plan.actions if action.name in names)
    pipeline.fetch(tuple(a.source for a in actions if isinstance(a.source, Source)))
    with pipeline.runner() as runner:
        runner.run(actions)


if __name__ == "__main__":
    main(Path(sys.argv[1]), frozenset(sys.argv[2:]))
