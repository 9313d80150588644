"""All checks in one tuple, and the function that runs them over one artifact."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from factory.console import Console
from factory.errors import MachineError
from factory.model.report import NOT_RUN, Finding, Report
from factory.verify import runtime, static, tree
from factory.verify.case import Case, Check, Say, Stage
from factory.verify.dist import Dist, DistError, open_dist
from factory.verify.elf import ElfError, ElfFacts, read_elf
from factory.verify.interpreter import Interpreter, RunError, find_emulator, kernel_runs
from factory.verify.policy import Policy, load_policy

# How much longer things may take in an emulator.
_EMULATION_PATIENCE = 8

CHECKS: tuple[Check, ...] = (
    Check("layout", Stage.STATIC, tree.check_layout),
    Check("elf-type", Stage.STATIC, static.check_type),
    Check("elf-machine", Stage.STATIC, static.check_machine),
    Check("elf-interpreter", Stage.STATIC, static.check_interpreter),
    Check("elf-needed", Stage.STATIC, static.check_needed),
    Check("elf-undefined", Stage.STATIC, static.check_undefined),
    Check("elf-relro", Stage.STATIC, static.check_relro),
    Check("elf-bind-now", Stage.STATIC, static.check_bind_now),
    Check("elf-stack", Stage.STATIC, static.check_stack),
    Check("elf-text-relocations", Stage.STATIC, static.check_text_relocations),
    Check("stack-protector", Stage.STATIC, static.check_stack_protector),
    Check("exports", Stage.STATIC, static.check_exports),
    Check("ldd", Stage.STATIC, static.check_ldd),
    Check("host-paths", Stage.STATIC, static.check_host_paths),
    Check("version", Stage.RUNTIME, runtime.check_version),
    Check("extension-modules", Stage.RUNTIME, runtime.check_extension_modules),
    Check("imports", Stage.RUNTIME, runtime.check_imports),
    Check("empty-root", Stage.RUNTIME, runtime.check_empty_root),
    Check("relocation", Stage.RUNTIME, tree.check_relocation),
    Check("tls", Stage.RUNTIME, runtime.check_tls),
    Check("sqlite", Stage.RUNTIME, runtime.check_sqlite),
    Check("ctypes", Stage.RUNTIME, runtime.check_ctypes),
    Check("curses", Stage.RUNTIME, runtime.check_curses),
    Check("libraries", Stage.RUNTIME, runtime.check_libraries),
    Check("threads", Stage.RUNTIME, runtime.check_threads),
    Check("processes", Stage.RUNTIME, runtime.check_processes),
    Check("isolation", Stage.RUNTIME, tree.check_isolation),
    Check("venv", Stage.RUNTIME, tree.check_venv),
    Check("pip", Stage.RUNTIME, tree.check_pip),
)


def verify(
    path: Path,
    console: Console,
    *,
    suspicious_paths: Iterable[str | Path] = (),
    promised: frozenset[str] | None = None,
    fixed: bool | None = None,
    policy: Policy | None = None,
) -> Report:
    """Run every check over an archive, an unpacked tree or an executable.

    `suspicious_paths` are places of this machine that no file may name. `promised` are the
    extension modules that must be built in, by default the policy's. `fixed` tells whether the
    executable must have a fixed address; None leaves that open. Raise UsageError when there is
    nothing at `path`; whatever else is wrong is a finding.
    """
    policy = policy or load_policy()
    with tempfile.TemporaryDirectory(prefix="verify-", ignore_cleanup_errors=True) as folder:
        workspace = Path(folder).resolve()
        try:
            dist = open_dist(path, workspace, promised=promised)
            facts = read_elf(dist.executable)
        except (DistError, ElfError) as error:
            name = path.resolve().name
            say = Say("artifact", name)
            return Report(subject=name, findings=(say.error(error.message),))
        case = _case(dist, facts, policy, workspace, tuple(map(str, suspicious_paths)))
        findings = tuple(_findings(replace(case, fixed=fixed), console))
        return Report(subject=dist.subject, findings=findings)


def _case(
    dist: Dist, facts: ElfFacts, policy: Policy, workspace: Path, suspicious: tuple[str, ...]
) -> Case:
    scratch = workspace / "scratch"
    scratch.mkdir()
    return Case(
        dist=dist,
        facts=facts,
        interpreter=Interpreter(executable=str(dist.executable), scratch=scratch),
        policy=policy,
        scratch=scratch,
        suspicious_paths=suspicious,
    )


def _findings(case: Case, console: Console) -> Iterator[Finding]:
    path = case.dist.shown(case.dist.executable)
    with console.progress("verify", total=len(CHECKS), unit="check") as progress:
        for check in CHECKS:
            if check.stage is Stage.STATIC:
                yield from _run(check, case, Say(check.id, path))
                progress.advance(1)
        ready = _made_runnable(case, Say(NOT_RUN, path))
        if isinstance(ready, Finding):
            yield ready
            return
        for check in CHECKS:
            if check.stage is Stage.RUNTIME:
                yield from _run(check, ready, Say(check.id, path))
                progress.advance(1)


def _run(check: Check, case: Case, say: Say) -> Iterator[Finding]:
    try:
        yield from check.function(case, say)
    except MachineError as error:
        yield say.warning(f"not run: {error.message}")
    except RunError as error:
        yield say.error(error.message)
    except Exception as error:
        # One broken check must not hide what the others find.
        yield say.error(f"the check itself failed: {type(error).__name__}: {error}")


def _made_runnable(case: Case, say: Say) -> Case | Finding:
    """Choose how the interpreter is started here, or say why it is not."""
    facts, arch = case.facts, case.arch
    dynamic = facts.interpreter is not None or bool(facts.needed)
    if arch is None or dynamic or not any(name.startswith("Py_") for name in facts.exports):
        return say.note("run-time checks were not run: this is no static Python of the factory's")
    prefix = find_emulator(arch)
    if prefix is None:
        return say.warning(f"run-time checks were not run: no {arch.value.qemu} on this machine")
    interpreter = case.interpreter
    if prefix:
        interpreter = replace(
            interpreter,
            prefix=prefix,
            starts_children=kernel_runs(case.dist.executable, case.scratch),
            patience=_EMULATION_PATIENCE,
        )
    try:
        runtime.identify(interpreter)
    except RunError as error:
        return say.error(f"run-time checks were not run, it does not start: {error.message}")
    return replace(case, interpreter=interpreter)
