"""Checks on bytes: the executable's ELF facts, its exports, paths that leaked into the files."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from factory.catalog import RUNTIME
from factory.model.arch import Arch
from factory.model.report import Finding
from factory.verify.case import Case, Say
from factory.verify.interpreter import run

THREAD_STACK = 8 * 1024 * 1024
_EXPORTS = RUNTIME / "exports"
_PATH_BYTE = rb"[A-Za-z0-9_.+@~%{}/-]"
_PATH_BEFORE = re.compile(_PATH_BYTE + rb"{0,255}\Z")
_PATH_AFTER = re.compile(_PATH_BYTE + rb"{1,255}")
# TYPE_SHORT_ASCII and TYPE_SHORT_ASCII_INTERNED of CPython's marshal.c, without and with FLAG_REF.
_MARSHALLED_SHORT = frozenset(b"zZ\xfa\xda")
# What may touch the start of an absolute path: nothing, a compiler's flag such as -I, or the type
# and length bytes of a marshalled string, which can look like letters.
_HARMLESS_BEFORE = re.compile(rb"(?:-[A-Za-z]+|[zZ]?[^.])?", re.DOTALL)
# glibc's ldd says the first two, musl's says the third.
_LDD_STATIC = re.compile(
    "statically linked|not a dynamic executable|not a valid dynamic program", re.IGNORECASE
)
_SHOWN = 6


def check_type(case: Case, say: Say) -> Iterator[Finding]:
    """The executable is a 64-bit little-endian one, and loaded where it was meant to be.

    ET_DYN: where the kernel likes; ET_EXEC: at a fixed address.
    """
    facts = case.facts
    if facts.bits != 64 or not facts.little_endian:
        order = "little" if facts.little_endian else "big"
        yield say.error(f"{facts.bits}-bit, {order}-endian; 64-bit little-endian is wanted")
    wanted = {None: ("DYN", "EXEC"), True: ("EXEC",), False: ("DYN",)}[case.fixed]
    if facts.type not in wanted:
        yield say.error(f"type is ET_{facts.type}; wanted ET_{' or ET_'.join(wanted)}")
    elif facts.type == "EXEC":
        yield say.ok("ET_EXEC, 64-bit, little-endian: loaded at a fixed address")
    elif not facts.position_independent and facts.interpreter is None:
        yield say.warning("ET_DYN, but DF_1_PIE is not set: some tools take it for a library")
    else:
        yield say.ok("ET_DYN, 64-bit, little-endian")


def check_machine(case: Case, say: Say) -> Iterator[Finding]:
    """The machine is one the factory builds for, and the one that the name says."""
    machine, label = case.facts.machine, case.dist.label
    if case.arch is None:
        yield say.error(f"machine is {machine}; the factory builds for none such")
    elif label and label.arch is not case.arch:
        yield say.error(f"machine is {machine}, but the name says {label.machine}")
    else:
        yield say.ok(machine)


def check_interpreter(case: Case, say: Say) -> Iterator[Finding]:
    """No dynamic linker is asked for."""
    if case.facts.interpreter is None:
        yield say.ok("no PT_INTERP")
    else:
        yield say.error(f"PT_INTERP asks for {case.facts.interpreter}")


def check_needed(case: Case, say: Say) -> Iterator[Finding]:
    """No shared library is asked for."""
    facts = case.facts
    if facts.needed:
        yield say.error(f"DT_NEEDED asks for {', '.join(facts.needed)}")
    if facts.search_paths:
        yield say.error(f"DT_RPATH or DT_RUNPATH is set: {', '.join(facts.search_paths)}")
    if not facts.needed and not facts.search_paths:
        yield say.ok("no DT_NEEDED, no DT_RPATH, no DT_RUNPATH")


def check_undefined(case: Case, say: Say) -> Iterator[Finding]:
    """No dynamic symbol waits for a library that never comes."""
    if case.facts.undefined:
        yield say.error(f"undefined dynamic symbols: {_some(case.facts.undefined)}")
    else:
        yield say.ok("no undefined dynamic symbol")


def check_relro(case: Case, say: Say) -> Iterator[Finding]:
    """Relocated data is read-only after start."""
    if case.facts.relro:
        yield say.ok("PT_GNU_RELRO is there")
    else:
        yield say.error("no PT_GNU_RELRO: relocated data stays writable")


def check_bind_now(case: Case, say: Say) -> Iterator[Finding]:
    """No function is bound lazily, through a writable table."""
    facts = case.facts
    if facts.bind_now:
        yield say.ok("bound at start (BIND_NOW)")
    elif not facts.plt_relocations:
        yield say.ok("nothing to bind: no PLT relocations")
    else:
        yield say.error("PLT relocations without BIND_NOW: the table stays writable")


def check_stack(case: Case, say: Say) -> Iterator[Finding]:
    """The stack is not executable, and threads get a large one.

    musl takes the default stack size of threads from p_memsz of PT_GNU_STACK.
    """
    facts = case.facts
    if facts.stack_flags is None:
        yield say.error("no PT_GNU_STACK: the kernel maps an executable stack")
        return
    if facts.executable_stack:
        yield say.error("PT_GNU_STACK is executable")
    if facts.stack_size < THREAD_STACK:
        yield say.error(
            f"PT_GNU_STACK gives threads {facts.stack_size} bytes; {THREAD_STACK} are wanted"
        )
    elif not facts.executable_stack:
        yield say.ok(f"not executable; threads get {facts.stack_size // 1024} KiB")


def check_text_relocations(case: Case, say: Say) -> Iterator[Finding]:
    """Code is never written to: no text relocations, no writable code segment."""
    if case.facts.text_relocations:
        yield say.error("DT_TEXTREL: code is relocated in place")
    if case.facts.writable_code:
        yield say.error("a segment is both writable and executable")
    if not case.facts.text_relocations and not case.facts.writable_code:
        yield say.ok("no DT_TEXTREL, no segment both writable and executable")


def check_stack_protector(case: Case, say: Say) -> Iterator[Finding]:
    """The stack protector's handler is there, for the executable and for wheels."""
    if "__stack_chk_fail" in case.facts.exports:
        yield say.ok("__stack_chk_fail is exported")
    else:
        yield say.error("__stack_chk_fail is not among the dynamic symbols: wheels need it")


def check_exports(case: Case, say: Say) -> Iterator[Finding]:
    """The dynamic symbols are libc's and Python's, all of the former and nothing else.

    Any other name would interpose on the copy of that library that a wheel carries.
    """
    exports = case.facts.exports
    libc = _libc_names(case.arch)
    python = {name for name in exports if name.startswith(("Py", "_Py"))}
    extra = {
        name
        for name in exports - libc - python
        if not any(rule.matches(name) for rule in case.policy.extra_exports)
    }
    missing = libc - exports
    if extra:
        yield say.error(f"{len(extra)} names beyond libc's and Python's: {_some(extra)}")
    if missing:
        yield say.error(f"{len(missing)} of libc's names are missing: {_some(missing)}")
    if not python:
        yield say.error("none of the Python API is exported: no extension module can be loaded")
    if not extra and not missing and python:
        yield say.ok(f"{len(python)} names of Python, {len(exports & libc)} of libc, no others")


def _libc_names(arch: Arch | None) -> frozenset[str]:
    """Return libc's names, with those that only one architecture has."""
    files = [_EXPORTS / "musl.txt"]
    if arch is not None:
        files.append(_EXPORTS / f"musl-{arch.machine}.txt")
    texts = (file.read_text(encoding="ascii") for file in files if file.is_file())
    return frozenset(name for text in texts for name in text.split())


def check_ldd(case: Case, say: Say) -> Iterator[Finding]:
    """What the host's ldd says is that there is nothing dynamic."""
    ldd = shutil.which("ldd")
    if ldd is None:
        yield say.note("not asked: there is no ldd on this machine")
        return
    outcome = run(
        (ldd, str(case.dist.executable)),
        cwd=case.scratch,
        seconds=30,
        environment={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
    )
    word = " ".join((outcome.stdout + outcome.stderr).split())
    said = _LDD_STATIC.search(word)
    if said:
        yield say.ok(f"ldd: {said[0]}")
    else:
        yield say.error(f"ldd: {word or outcome.ending}")


def check_host_paths(case: Case, say: Say) -> Iterator[Finding]:
    """No path of a building machine is in the executable or in files that the build made.

    Generated files and the executable are searched for the places of the policy; every file is
    searched for the paths that were named when verification was asked for.
    """
    here = [_named_here(path) for path in case.suspicious_paths if path.strip("/")]
    general = [rule.pattern for rule in case.policy.forbidden_paths]
    leaks: list[tuple[Path, str]] = []
    count = 0
    for path, generated in _files_to_search(case):
        count += 1
        found = find_paths(path.read_bytes(), here + general if generated else here)
        if leaked := [item for item in found if not case.policy.allows_path(item)]:
            leaks.append((path, _some(leaked)))
    for path, leaked_paths in leaks[:_SHOWN]:
        yield say.error(f"paths of a building machine: {leaked_paths}", case.dist.shown(path))
    if len(leaks) > _SHOWN:
        yield say.error(f"and paths of a building machine in {len(leaks) - _SHOWN} more files")
    if not leaks:
        yield say.ok(f"none in {count} file{'s' if count != 1 else ''}")


def _named_here(path: str) -> str:
    """Turn a path of this machine into a prefix to look for.

    A path of one component is common text (`</root>` in XML), so something must follow it.
    """
    bare = path.rstrip("/")
    return bare if bare.count("/") > 1 else f"{bare}/"


def _files_to_search(case: Case) -> Iterator[tuple[Path, bool]]:
    """Every file that may hold a path, and whether the build itself made it."""
    yield case.dist.executable, True
    root = case.dist.root
    if root is None:
        return
    for folder, _, names in os.walk(root):
        for name in sorted(names):
            path = Path(folder) / name
            if path.is_symlink() or path == case.dist.executable:
                continue
            relative = str(path.relative_to(root))
            yield path, any(rule.matches(relative) for rule in case.policy.generated_files)


def find_paths(data: bytes, prefixes: Iterable[str]) -> frozenset[str]:
    """Find absolute paths in any bytes that start with one of the prefixes.

    A prefix that ends in a slash wants something to follow it; another one must end where a path
    component ends. `/usr/tmp/x` is not found by `/tmp/`.
    """
    found: set[str] = set()
    alternatives = [_prefix_pattern(prefix) for prefix in prefixes]
    if not alternatives:
        return frozenset()
    for match in re.finditer(b"|".join(alternatives), data):
        before = _PATH_BEFORE.search(data[max(0, match.start() - 255) : match.start()])
        if before and not _HARMLESS_BEFORE.fullmatch(before[0].rstrip(b"/")):
            continue
        rest = _PATH_AFTER.match(data, match.end(), _marshalled_end(data, match.start()))
        path = match[0] + (rest[0] if rest else b"")
        if rest or not match[0].endswith(b"/"):
            found.add(path.decode("ascii", "replace"))
    return frozenset(found)


def _marshalled_end(data: bytes, start: int) -> int:
    """Give the end of a short marshalled string: what follows it can look like more of a path."""
    if start >= 2 and data[start - 2] in _MARSHALLED_SHORT:
        return min(start + data[start - 1], len(data))
    return len(data)


def _prefix_pattern(prefix: str) -> bytes:
    literal = re.escape(os.fsencode(prefix))
    return literal + (rb"(?=[A-Za-z0-9_.@~%-])" if prefix.endswith("/") else rb"(?![A-Za-z0-9_.-])")


def _some(names: Iterable[str]) -> str:
    """Name the first few and count the rest."""
    ordered = sorted(names)
    rest = len(ordered) - _SHOWN
    return ", ".join(ordered[:_SHOWN]) + (f" and {rest} more" if rest > 0 else "")
