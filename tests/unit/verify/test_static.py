from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from factory.model.arch import Arch
from factory.model.report import Severity
from factory.verify import static
from factory.verify.case import Case, Say
from factory.verify.dist import Dist, Label
from factory.verify.elf import read_elf
from factory.verify.policy import Rule

Change = Callable[..., Case]


def errors(found: object) -> list[str]:
    assert hasattr(found, "__iter__")
    return [item.message for item in found if item.severity is Severity.ERROR]


@pytest.mark.parametrize(
    ("check", "facts", "said"),
    [
        (static.check_type, {"bits": 32}, "32-bit"),
        (static.check_type, {"little_endian": False}, "big-endian"),
        (static.check_type, {"type": "REL"}, "type is ET_REL; wanted ET_DYN or ET_EXEC"),
        (static.check_machine, {"machine": "RISCV"}, "RISCV"),
        (static.check_interpreter, {"interpreter": "/lib/ld.so"}, "/lib/ld.so"),
        (static.check_needed, {"needed": ("libc.so.6",)}, "libc.so.6"),
        (static.check_needed, {"search_paths": ("/opt/lib",)}, "/opt/lib"),
        (static.check_undefined, {"undefined": frozenset({"dlopen"})}, "dlopen"),
        (static.check_relro, {"relro": False}, "PT_GNU_RELRO"),
        (static.check_bind_now, {"bind_now": False, "plt_relocations": True}, "BIND_NOW"),
        (static.check_stack, {"stack_flags": None}, "no PT_GNU_STACK"),
        (static.check_stack, {"stack_flags": 7}, "executable"),
        (static.check_stack, {"stack_size": 131072}, "131072"),
        (static.check_text_relocations, {"text_relocations": True}, "DT_TEXTREL"),
        (static.check_text_relocations, {"writable_code": True}, "writable"),
        (static.check_stack_protector, {"exports": frozenset()}, "__stack_chk_fail"),
    ],
)
def test_faults(
    with_facts: Change, say: Say, check: Callable[..., object], facts: dict[str, object], said: str
) -> None:
    assert any(said in message for message in errors(check(with_facts(**facts), say)))


@pytest.mark.parametrize(
    "check",
    [
        static.check_type,
        static.check_machine,
        static.check_interpreter,
        static.check_needed,
        static.check_undefined,
        static.check_relro,
        static.check_bind_now,
        static.check_stack,
        static.check_text_relocations,
        static.check_stack_protector,
    ],
)
def test_sound_facts_give_one_ok(case: Case, say: Say, check: Callable[..., object]) -> None:
    found = list(check(case, say))  # type: ignore[call-overload]

    assert [item.severity for item in found] == [Severity.OK]


@pytest.mark.parametrize("fixed", [None, True, False])
@pytest.mark.parametrize("kind", ["DYN", "EXEC"])
def test_the_address_is_as_it_was_meant(
    with_facts: Change, say: Say, kind: str, fixed: bool | None
) -> None:
    case = dataclasses.replace(with_facts(type=kind), fixed=fixed)
    (found,) = static.check_type(case, say)
    if fixed in (None, kind == "EXEC"):
        assert found.severity is Severity.OK
        assert found.message.startswith(f"ET_{kind}, 64-bit, little-endian")
        assert ("loaded at a fixed address" in found.message) is (kind == "EXEC")
    else:
        wanted = "ET_EXEC" if fixed else "ET_DYN"
        assert (found.severity, found.message) == (
            Severity.ERROR,
            f"type is ET_{kind}; wanted {wanted}",
        )


def test_no_plt_needs_no_bind_now(with_facts: Change, say: Say) -> None:
    assert not errors(static.check_bind_now(with_facts(bind_now=False), say))


def test_machine_of_another_name(case: Case, say: Say) -> None:
    dist = dataclasses.replace(case.dist, label=Label(version="3.13.15", machine="aarch64"))

    messages = errors(static.check_machine(dataclasses.replace(case, dist=dist), say))
    assert messages == ["machine is X86_64, but the name says aarch64"]


class TestExports:
    LIBC = frozenset({"malloc", "__stack_chk_fail"})

    @pytest.fixture(autouse=True)
    def libc(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        for name, names in (("musl", {"malloc"}), ("musl-x86_64", {"__stack_chk_fail"})):
            (tmp_path / f"{name}.txt").write_text("".join(f"{line}\n" for line in names))
        monkeypatch.setattr(static, "_EXPORTS", tmp_path)

    def test_exact(self, case: Case, say: Say) -> None:
        assert not errors(static.check_exports(case, say))

    def test_foreign_name(self, with_facts: Change, say: Say) -> None:
        exports = self.LIBC | {"PyList_New", "_Py_Dealloc", "inflate", "SSL_read"}

        messages = errors(static.check_exports(with_facts(exports=exports), say))
        assert messages == ["2 names beyond libc's and Python's: SSL_read, inflate"]

    def test_allowed_name(self, with_facts: Change, say: Say) -> None:
        case = with_facts(exports=self.LIBC | {"PyList_New", "__extra"})
        rules = (Rule(pattern="__extra", reason="a test"),)
        policy = dataclasses.replace(case.policy, extra_exports=rules)

        assert not errors(static.check_exports(dataclasses.replace(case, policy=policy), say))

    def test_missing_names(self, with_facts: Change, say: Say) -> None:
        messages = errors(static.check_exports(with_facts(exports=frozenset({"malloc"})), say))

        assert any("1 of libc's names are missing: __stack_chk_fail" in item for item in messages)
        assert any("none of the Python API" in item for item in messages)


def test_own_list_of_libc_names() -> None:
    common, ours = static._libc_names(None), static._libc_names(Arch.X86_64)

    assert {"malloc", "dlopen", "__stack_chk_fail"} <= common
    assert ours - common == {"arch_prctl", "ioperm", "iopl"}
    assert not any(name.startswith(("Py", "_Py")) for name in ours)


def on(case: Case, executable: Path) -> Case:
    dist = Dist(subject="test", root=None, executable=executable)
    return dataclasses.replace(case, dist=dist, facts=read_elf(executable))


def test_ldd(case: Case, say: Say, static_pie: Path, fixed: Path, dynamic: Path) -> None:
    for executable in (static_pie, fixed):
        good = list(static.check_ldd(on(case, executable), say))
        assert [item.severity for item in good] == [Severity.OK]
    assert errors(static.check_ldd(on(case, dynamic), say))


def test_no_ldd(case: Case, say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    (found,) = static.check_ldd(case, say)

    assert found.severity is Severity.NOTE
    assert "no ldd" in found.message


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"x = '/home/me/x.c'", {"/home/me/x.c"}),
        (b"-I/home/me/include -L/home/me/lib", {"/home/me/include", "/home/me/lib"}),
        (b"--prefix=/home/me\0", {"/home/me"}),
        (b"file:///home/me", {"/home/me"}),
        (b"\xda\x0c/home/me/x.cr", {"/home/me/x.c"}),
        (b"\xfa\x06/home/z", set()),
        (b"\xdaA/home/me/x.c", {"/home/me/x.c"}),
        (b"zA/home/me/x.c", {"/home/me/x.c"}),
        (b"/usr/home/me", set()),
        (b"share/home/me", set()),
        (b"./home/me ../home/me", set()),
        (b"/home/", set()),
        (b"/homer/me", set()),
        (b"/source", {"/source"}),
        (b"/source/x", {"/source/x"}),
        (b"/sourcery/x", set()),
    ],
)
def test_find_paths(data: bytes, found: set[str]) -> None:
    assert static.find_paths(data, ["/home/", "/source"]) == found


def test_find_no_paths() -> None:
    assert static.find_paths(b"/home/me", []) == frozenset()


def test_host_path_in_executable(case: Case, say: Say, static_pie: Path) -> None:
    (message,) = errors(static.check_host_paths(on(case, static_pie), say))

    assert "/home/builder/src/module.c" in message


def test_host_paths_in_tree(case: Case, say: Say, tmp_path: Path) -> None:
    root = tmp_path / "python"
    library = root / "lib" / "python3.13"
    library.mkdir(parents=True)
    (root / "bin").mkdir()
    executable = root / "bin" / "python3.13"
    executable.write_bytes(b"/tmp\0")
    # Generated: any place of a building machine counts. Upstream's: only the paths named.
    (library / "_sysconfigdata_x.py").write_text("'CC': '/home/me/bin/cc'")
    (library / "doc.py").write_text("'''Try /home/guido.'''")
    (library / "leak.py").write_text("HERE = '/cache/of/factory/x'")
    dist = Dist(subject="test", root=root, executable=executable)
    case = dataclasses.replace(case, dist=dist, suspicious_paths=("/cache/of/factory/", "/"))

    found = list(static.check_host_paths(case, say))
    assert {(item.path, item.message.split(": ")[1]) for item in found} == {
        ("python/lib/python3.13/_sysconfigdata_x.py", "/home/me/bin/cc"),
        ("python/lib/python3.13/leak.py", "/cache/of/factory/x"),
    }


def test_a_short_path_of_this_machine_must_be_followed(
    case: Case, say: Say, tmp_path: Path
) -> None:
    executable = tmp_path / "python"
    executable.write_bytes(b"<a></root> /root/x")
    dist = Dist(subject="test", root=None, executable=executable)
    case = dataclasses.replace(case, dist=dist, suspicious_paths=("/root",))

    (message,) = errors(static.check_host_paths(case, say))
    assert message.endswith(": /root/x")


def test_many_leaks_are_counted(case: Case, say: Say, tmp_path: Path) -> None:
    root = tmp_path / "python"
    (root / "bin").mkdir(parents=True)
    for number in range(9):
        (root / "bin" / f"script{number}").write_text("#!/home/me/bin/python")
    dist = Dist(subject="test", root=root, executable=root / "bin" / "script0")

    messages = errors(static.check_host_paths(dataclasses.replace(case, dist=dist), say))
    assert len(messages) == 7
    assert messages[-1] == "and paths of a building machine in 3 more files"
