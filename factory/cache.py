"""Outputs of actions by key. An entry counts only after its bytes were hashed again.

actions/KEY.tar    what the action left in out/
actions/KEY.json   name, SHA-256 and size of the archive, seconds it took to make
locks/KEY.lock     held while an action runs, so that a second build waits for the first
logs/              one log file for each action that ran
rejected/          entries whose bytes had changed
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

import requests

from factory.archives import file_sha256
from factory.console import Console
from factory.errors import BuildError
from factory.shared_cache import SharedCache

_POLL_SECONDS = 0.2


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One cached output; `size` in bytes, `seconds` of wall time, `created` in Unix time."""

    key: str
    name: str
    sha256: str
    size: int
    seconds: float
    created: float


class ActionCache:
    """The cache below one directory; safe for several processes.

    With `share` what is missing is looked for in another cache, and what is made here goes there,
    unless it is only to be read. One that does not answer is a warning, and not asked again.
    """

    def __init__(self, root: Path, console: Console) -> None:
        self.root = root
        self._console = console
        self._shared: SharedCache | None = None
        self._read_only = False
        self._checked: dict[str, Path] = {}
        for name in ("actions", "locks", "logs", "work"):
            (root / name).mkdir(parents=True, exist_ok=True)

    def find(self, key: str) -> Path | None:
        """Return the archive of an action's output, or None where it must be made (again)."""
        if key in self._checked:
            return self._checked[key]
        entry = self._entry(self._sidecar(key))
        if entry is None:
            return self._fetched(key)
        if problem := self._problem(entry):
            self._reject(entry, problem)
            return None
        self._checked[key] = self._archive(key)
        return self._checked[key]

    def share(self, cache: SharedCache, *, read_only: bool = False) -> None:
        """Look in another cache, too, from now on."""
        self._shared, self._read_only = cache, read_only

    def temporary(self, key: str) -> Path:
        """Return a name in the cache's own file system under which to write an archive."""
        return self.root / "actions" / f".{key}.{os.getpid()}.tmp"

    def admit(self, key: str, name: str, archive: Path, seconds: float) -> Path:
        """Take an archive that was written under a temporary name; it appears by rename."""
        entry = Entry(
            key=key,
            name=name,
            sha256=file_sha256(archive),
            size=archive.stat().st_size,
            seconds=round(seconds, 2),
            created=time.time(),
        )
        place = self._admitted(entry, archive)
        if not self._read_only:
            self._send(entry)
        return place

    def _admitted(self, entry: Entry, archive: Path) -> Path:
        place = self._archive(entry.key)
        archive.replace(place)
        sidecar = self.temporary(entry.key)
        with sidecar.open("w", encoding="utf-8") as file:
            json.dump(asdict(entry), file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        sidecar.replace(self._sidecar(entry.key))
        self._checked[entry.key] = place
        return place

    def send_all(self) -> tuple[Entry, ...]:
        """Put every sound entry into the shared cache; return them."""
        sound = tuple(entry for entry in self.entries() if self._problem(entry) is None)
        return tuple(entry for entry in sound if self._send(entry))

    def _send(self, entry: Entry) -> bool:
        """Store an entry in the shared cache: first the archive, then what names it."""
        if self._shared is None:
            return False
        try:
            self._shared.put(f"{entry.key}.tar", self._archive(entry.key))
            self._shared.put(f"{entry.key}.json", self._sidecar(entry.key))
        except (OSError, requests.RequestException) as error:
            self._give_up(error)
            return False
        return True

    def _fetched(self, key: str) -> Path | None:
        """Take an entry of the shared cache, when its bytes are those that it names."""
        if self._shared is None:
            return None
        archive = self.temporary(key)
        try:
            if not self._shared.get(f"{key}.json", archive):
                return None
            entry = self._read(archive)
            if entry is None or entry.key != key:
                raise OSError(f"{key}.json describes no entry of that key")
            if not self._shared.get(f"{key}.tar", archive):
                raise OSError(f"{key}.json is there, {key}.tar is not")
            found = file_sha256(archive)
            if found != entry.sha256:
                raise OSError(f"{key}.tar: wanted SHA-256 {entry.sha256}, found {found}")
            return self._admitted(entry, archive)
        except (OSError, requests.RequestException) as error:
            self._give_up(error)
            return None
        finally:
            archive.unlink(missing_ok=True)

    def _give_up(self, error: Exception) -> None:
        """A build goes on without the shared cache."""
        self._shared = None
        self._console.warn(f"the shared cache is not used any more: {error}")

    @contextmanager
    def lock(self, key: str, stop: threading.Event | None = None) -> Iterator[None]:
        """Hold the one right to make an output; waits for another process that makes it.

        The wait ends with a BuildError when `stop` is set.
        """
        stop = stop or threading.Event()
        with (self.root / "locks" / f"{key}.lock").open("w") as file:
            if not _locked(file):
                self._console.note(f"waiting for another build that makes {key[:12]}")
                while not _locked(file):
                    if stop.wait(_POLL_SECONDS):
                        raise BuildError(f"stopped waiting for another build of {key[:12]}")
            yield

    def log(self, name: str, key: str) -> Path:
        """Return the log file of an action."""
        return self.root / "logs" / f"{name}-{key[:12]}.log"

    def entries(self) -> tuple[Entry, ...]:
        """List every entry, newest first."""
        found = [self._entry(path) for path in (self.root / "actions").glob("*.json")]
        entries = [entry for entry in found if entry is not None]
        return tuple(sorted(entries, key=lambda entry: -entry.created))

    def verify(self) -> tuple[Entry, ...]:
        """Hash every entry; put those aside whose bytes changed, and return them."""
        bad = []
        for entry in self.entries():
            if problem := self._problem(entry):
                self._reject(entry, problem)
                bad.append(entry)
        return tuple(bad)

    def remove(self, entry: Entry) -> None:
        """Forget an entry: the sidecar first, so that no half entry counts."""
        self._sidecar(entry.key).unlink(missing_ok=True)
        self._archive(entry.key).unlink(missing_ok=True)
        self._checked.pop(entry.key, None)

    def collect(self, keep_days: float) -> tuple[Entry, ...]:
        """Remove entries that were made more than `keep_days` ago; return them.

        Logs, rejected files, archives that lost their sidecar and what killed builds left go too.
        """
        self.clean_leftovers()
        limit = time.time() - keep_days * 86400
        old = tuple(entry for entry in self.entries() if entry.created <= limit)
        for entry in old:
            self.remove(entry)
        kept = {entry.key for entry in self.entries()}
        alone = [p for p in (self.root / "actions").glob("*.tar") if p.stem not in kept]
        for file in (*alone, *self.root.glob("logs/*"), *self.root.glob("rejected/*")):
            if file.stat().st_mtime <= limit:
                file.unlink(missing_ok=True)
        return old

    def clean_leftovers(self) -> int:
        """Remove what killed builds left behind; return how many things went."""
        left = [*(self.root / "actions").glob(".*.tmp"), *(self.root / "work").iterdir()]
        gone = 0
        for path in left:
            if _in_use(path):
                continue
            shutil.rmtree(path) if path.is_dir() else path.unlink()
            gone += 1
        return gone

    def _problem(self, entry: Entry) -> str | None:
        archive = self._archive(entry.key)
        if not archive.is_file():
            return "its archive is missing"
        found = file_sha256(archive)
        return None if found == entry.sha256 else f"wanted SHA-256 {entry.sha256}, found {found}"

    def _reject(self, entry: Entry, problem: str) -> None:
        aside = self.root / "rejected"
        aside.mkdir(exist_ok=True)
        archive = self._archive(entry.key)
        self._console.warn(f"cache entry {archive} ({entry.name}) is damaged: {problem}")
        if archive.exists():
            archive.replace(aside / archive.name)
        self._sidecar(entry.key).unlink(missing_ok=True)
        self._checked.pop(entry.key, None)

    def _entry(self, sidecar: Path) -> Entry | None:
        entry = self._read(sidecar)
        return entry if entry is not None and entry.key == sidecar.stem else None

    def _read(self, sidecar: Path) -> Entry | None:
        try:
            return Entry(**json.loads(sidecar.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def _archive(self, key: str) -> Path:
        return self.root / "actions" / f"{key}.tar"

    def _sidecar(self, key: str) -> Path:
        return self.root / "actions" / f"{key}.json"


def _locked(file: IO[str]) -> bool:
    """Take the lock if nobody holds it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _in_use(path: Path) -> bool:
    """Tell whether the process that owns a leftover still runs; its id is in the name."""
    owner = path.name.removesuffix(".tmp").rsplit(".", 1)[-1]
    return owner.isdigit() and Path("/proc", owner).exists()
