"""The places where wheels are used: the host, and a root directory with nothing else in it."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from factory.verify.dist import Dist
from factory.verify.empty_root import check_permission, way_in
from factory.verify.interpreter import Answer, Interpreter, read_answers, script
from factory.verify.wheels.listed import EMPTY_ROOT, HOST, Package

_SECONDS = 300


@dataclass(frozen=True, kw_only=True)
class Place:
    """A way to start the interpreter, and where it finds the wheels.

    `root` is the directory that the interpreter takes for `/`, None on the host.
    """

    name: str
    interpreter: Interpreter
    site_packages: str
    root: Path | None = None

    def use(self, package: Package) -> tuple[Answer, ...]:
        """Run the probe of a package; RunError when it crashes or gives no answer."""
        with self._lent(package) as interpreter:
            outcome = interpreter.run(
                *("-P", "-s", "-"),
                stdin=script(package.use),
                seconds=_SECONDS,
                environment=self._environment(),
            )
        return read_answers(outcome, package.use.stem)

    @contextlib.contextmanager
    def _lent(self, package: Package) -> Iterator[Interpreter]:
        """Show what the package demands in the empty root, as long as it runs."""
        if self.root is None or not package.needs:
            yield self.interpreter
            return
        paths = {need.path: need.path for need in package.needs}
        points = [_mount_point(self.root, path) for path in paths]
        try:
            yield replace(self.interpreter, prefix=way_in(self.root, show=paths))
        finally:
            for point in points:
                point.rmdir() if point.is_dir() else point.unlink()

    def _environment(self) -> dict[str, str]:
        chosen = {name: text for name, text in os.environ.items() if name.startswith("OPENBLAS_")}
        # There is no home directory in the empty root but the root itself.
        home = {"HOME": "/", "TMPDIR": "/"} if self.root else {}
        return {"PYTHONPATH": self.site_packages, **chosen, **home}


def _mount_point(root: Path, path: str) -> Path:
    point = root / path.lstrip("/")
    point.parent.mkdir(parents=True, exist_ok=True)
    if Path(path).is_dir():
        point.mkdir()
    else:
        point.touch()
    return point


def on_the_host(interpreter: Interpreter, site_packages: Path) -> Place:
    """The interpreter where it lies."""
    return Place(name=HOST, interpreter=interpreter, site_packages=str(site_packages))


def in_an_empty_root(dist: Dist, interpreter: Interpreter, site_packages: Path) -> Place:
    """Lay out a root directory with the distribution and the wheels; MachineError if not allowed.

    All files are links to the ones outside where that is possible, but never to the user's own.
    """
    root = Path(tempfile.mkdtemp(prefix="wheels-root-", dir=interpreter.scratch))
    check_permission(root, interpreter.scratch)
    if dist.root is None:
        inside = Path("bin", "python")
        (root / "bin").mkdir()
        shutil.copy2(dist.executable, root / inside)
    else:
        inside = "python" / dist.executable.relative_to(dist.root)
        copy = _link if dist.disposable else shutil.copy2
        shutil.copytree(dist.root, root / "python", symlinks=True, copy_function=copy)
    shutil.copytree(site_packages, root / "wheels", symlinks=True, copy_function=_link)
    return Place(
        name=EMPTY_ROOT,
        interpreter=replace(interpreter, prefix=way_in(root), executable=f"/{inside}"),
        site_packages="/wheels",
        root=root,
    )


def _link(source: str, target: str) -> str:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
    return target
