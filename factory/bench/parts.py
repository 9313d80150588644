"""What the executable is made of: by component where a map or symbols tell, else by section."""

from __future__ import annotations

import fnmatch
import functools
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from factory.bench.facts import BenchFacts, Component
from factory.bench.run import Part
from factory.errors import UsageError

OTHER = "other"
# lld's map: VMA LMA Size Align, and at this depth an input section, `path/of.o:(.text.name)`.
_INPUT = re.compile(r"^ *[0-9a-f]+ +[0-9a-f]+ +([0-9a-f]+) +\d+ {9}(\S.*:\(([^()]*)\))$")
# What takes no bytes of the file, or none once it is stripped.
_NO_BYTES = (".bss", ".tbss", ".symtab", ".strtab", ".debug")


def measure_parts(executable: Path, symbols: Path | None, facts: BenchFacts) -> tuple[Part, ...]:
    """Split the executable's bytes, largest first; UsageError where `symbols` cannot be read."""
    size = executable.stat().st_size
    if symbols is None:
        return _sorted(_sections(executable), size)
    try:
        with symbols.open("rb") as stream:
            is_elf = stream.read(4) == b"\x7fELF"
        found = _by_symbol(symbols, facts) if is_elf else _by_map(symbols, facts)
    except OSError as error:
        raise UsageError(f"--symbols {symbols}: {error.strerror}") from error
    if not found:
        raise UsageError(
            f"--symbols {symbols}: neither an lld map nor an ELF file with symbols",
            hint="link with -Wl,-Map=FILE, or without --strip-all",
        )
    return _sorted(found, size)


def _sorted(found: Counter[str], size: int) -> tuple[Part, ...]:
    rest = size - found.total()
    if rest > 0:
        found[OTHER] += rest
    return tuple(Part(name=name, size=count) for name, count in found.most_common() if count > 0)


def _sections(executable: Path) -> Counter[str]:
    found: Counter[str] = Counter()
    try:
        with executable.open("rb") as stream:
            for section in ELFFile(stream).iter_sections():
                if section["sh_type"] not in ("SHT_NOBITS", "SHT_NULL"):
                    found[section.name] += section["sh_size"]
    except ELFError:
        return Counter()  # a script, such as a virtual environment's; it has no parts
    return found


def _by_map(path: Path, facts: BenchFacts) -> Counter[str]:
    with path.open(encoding="utf-8", errors="replace") as lines:
        return parse_map(lines, facts.components)


def parse_map(lines: Iterable[str], components: tuple[Component, ...]) -> Counter[str]:
    """Add up the input sections of an lld map (`-Wl,-Map=FILE`) by component."""
    found: Counter[str] = Counter()
    belongs = functools.cache(functools.partial(_owner, components, "objects"))
    for line in lines:
        match = _INPUT.match(line.rstrip("\n"))
        if match and not match[3].startswith(_NO_BYTES):
            found[belongs(match[2])] += int(match[1], 16)
    return found


def _by_symbol(path: Path, facts: BenchFacts) -> Counter[str]:
    found: Counter[str] = Counter()
    try:
        for name, size in _symbols(path):
            found[_owner(facts.components, "symbols", name)] += size
    except ELFError as error:
        raise UsageError(f"--symbols {path}: {error}") from error
    return found


def _symbols(path: Path) -> Iterator[tuple[str, int]]:
    """Yield each address's first name and its size.

    What came from assembly may say no size: it reaches to the next symbol.
    """
    with path.open("rb") as stream:
        elf = ELFFile(stream)
        table = elf.get_section_by_name(".symtab")
        if not isinstance(table, SymbolTableSection):
            return
        names: dict[int, dict[int, tuple[str, int]]] = {}
        for symbol in table.iter_symbols():
            if isinstance(symbol["st_shndx"], int) and symbol.name:
                places = names.setdefault(symbol["st_shndx"], {})
                places.setdefault(symbol["st_value"], (symbol.name, symbol["st_size"]))
        for number, section in enumerate(elf.iter_sections()):
            if section["sh_type"] != "SHT_NOBITS":
                yield from _sized(names.get(number, {}), section["sh_addr"] + section["sh_size"])


def _sized(places: dict[int, tuple[str, int]], end: int) -> Iterator[tuple[str, int]]:
    for start, following in itertools.pairwise([*sorted(places), end]):
        name, size = places[start]
        yield name, min(size or following - start, following - start)


def _owner(components: tuple[Component, ...], kind: str, name: str) -> str:
    for component in components:
        patterns = component.objects if kind == "objects" else component.symbols
        if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns):
            return component.name
    return OTHER
