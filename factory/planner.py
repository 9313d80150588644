"""Request + Catalog + Toolchain -> Plan. Pure: no file is read, nothing is run."""

from __future__ import annotations

import graphlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from factory.catalog import Catalog
from factory.errors import UsageError
from factory.model.arch import Arch
from factory.model.plan import Action, Command, Dependency, File, LocalSource, Plan, Result
from factory.model.recipe import BuildSystem, Component, PythonRelease, Source
from factory.model.target import Profile, Target
from factory.recipes import (
    autotools,
    bolt,
    compiler_rt,
    cpython,
    direct,
    interpreter,
    libffi,
    mimalloc,
    musl,
    ncurses,
    openssl,
    optimisation,
    sqlite,
    training,
)
from factory.recipes.base import Platform, make_directories
from factory.recipes.optimisation import Optimisation
from factory.toolchains import Toolchain

# 2025-01-01T00:00:00Z, unless the caller sets SOURCE_DATE_EPOCH.
DEFAULT_EPOCH = 1735689600


class _Recipe(Protocol):
    """A module of `factory.recipes` for components; `KEYS` are the options that it reads."""

    @property
    def KEYS(self) -> frozenset[str]: ...  # noqa: N802

    def commands(self, component: Component, platform: Platform, /) -> tuple[Command, ...]: ...


_RECIPES: Mapping[BuildSystem, _Recipe] = {
    BuildSystem.AUTOTOOLS: autotools,
    BuildSystem.DIRECT: direct,
    BuildSystem.LIBFFI: libffi,
    BuildSystem.MIMALLOC: mimalloc,
    BuildSystem.MUSL: musl,
    BuildSystem.NCURSES: ncurses,
    BuildSystem.OPENSSL: openssl,
    BuildSystem.SQLITE: sqlite,
}

# What must be made on the building machine first: the name of that action, and its commands.
_FIRST: Mapping[BuildSystem, tuple[str, Callable[[], tuple[Command, ...]]]] = {
    BuildSystem.NCURSES: ("tools", ncurses.tools),
    BuildSystem.SQLITE: ("amalgamation", sqlite.amalgamation),
}


@dataclass(frozen=True, kw_only=True)
class Request:
    """What to build, where and with what.

    `interpreter_files`, `training_files` and `bolt_files` are what `files()` of
    `recipes.interpreter`, `recipes.training` and `recipes.bolt` read: planning reads no file.
    `trained` is the profile of an earlier training, and takes the place of one; `trained_bolt` is
    that of BOLT.
    """

    targets: tuple[Target, ...]
    build_arch: Arch
    toolchain: Toolchain
    interpreter_files: tuple[File, ...]
    training_files: tuple[File, ...] = ()
    bolt_files: tuple[File, ...] = ()
    trained: File | None = None
    trained_bolt: File | None = None
    local_source: LocalSource | None = None
    epoch: int = DEFAULT_EPOCH


def make_plan(request: Request, catalog: Catalog) -> Plan:
    """Resolve a request into actions, each after everything that it depends on."""
    book = _Book(request=request, catalog=catalog)
    results = tuple(book.result(target) for target in request.targets)
    order = graphlib.TopologicalSorter(
        {key: {need.key for need in action.dependencies} for key, action in book.actions.items()}
    ).static_order()
    actions = tuple(book.actions[key] for key in order)
    return Plan(
        actions=actions,
        results=results,
        trained=request.trained,
        trained_bolt=request.trained_bolt,
    )


@dataclass(frozen=True, kw_only=True)
class _Profile:
    """Where a release has its profile from: a training, or a file."""

    needs: tuple[Dependency, ...] = ()
    files: tuple[File, ...] = ()


_NO_PROFILE = _Profile()


@dataclass(kw_only=True)
class _Book:
    """The actions found so far, by key."""

    request: Request
    catalog: Catalog
    actions: dict[str, Action] = field(default_factory=dict)

    def result(self, target: Target) -> Result:
        """Plan one distribution; later parts package what these actions yield."""
        make = self._fast if target.profile is Profile.FAST else self._release
        return make(target)

    def _fast(self, target: Target) -> Result:
        """Compile once."""
        once = optimisation.plain(target.python, self.request.toolchain)
        native = replace(target, arch=self.request.build_arch)
        runner = self._cpython(native, once)
        python = self._cpython(target, once, runner=runner)
        interpreter = self._interpreter(target, once, python, runner=runner)
        return Result(target=target, interpreter=interpreter, python=python)

    def _release(self, target: Target) -> Result:
        """Compile for the training, train, compile with the profile.

        The training is on the building machine, for every architecture: most of a profile is the
        same for all. The interpreter of the training then runs what a cross build must run.
        """
        toolchain, given = self.request.toolchain, self.request.trained
        best = optimisation.optimised(target.python, toolchain)
        # One training for all that may be made of it.
        native = Target(python=target.python, arch=self.request.build_arch)
        runner, training_key = "", None
        if given is None:
            counting = optimisation.instrumented(target.python, toolchain)
            runner = self._cpython(native, counting, name="cpython-counting")
            training_key = self._training(native, counting, runner)
        elif target.arch is not self.request.build_arch:
            runner = self._cpython(native, optimisation.plain(target.python, toolchain))
        profile = _Profile(
            needs=(Dependency(key=training_key, into="profile"),) if training_key else (),
            files=(given,) if given else (),
        )
        python = self._cpython(target, best, runner=runner, name="cpython-release", profile=profile)
        interpreter = self._interpreter(
            target,
            best,
            python,
            runner=python if target.arch is self.request.build_arch else runner,
            name="interpreter-relocs" if target.bolt else "interpreter-release",
            profile=profile,
        )
        result = Result(
            target=target, interpreter=interpreter, python=python, training=training_key
        )
        return self._bolted(result) if target.bolt else result

    def _bolted(self, linked: Result) -> Result:
        """Plan BOLT's training of a linked interpreter, and what is made of it."""
        target, given = linked.target, self.request.trained_bolt
        release, tools = target.python, self.request.toolchain.bolt_files
        if target.arch is not self.request.build_arch:
            raise UsageError(
                f"--bolt --arch {target.arch.machine}: what BOLT trains must run on this machine, "
                f"which is {self.request.build_arch.machine}",
                hint="build it on such a machine, or without --bolt",
            )
        needs: tuple[Dependency, ...] = (
            Dependency(key=linked.interpreter, into="interpreter"),
            Dependency(key=linked.python, into="native"),
        )
        files = (*tools, *self.request.bolt_files)
        trained = None
        if given is None:
            trained = self._add(
                f"training-bolt-{release.minor}",
                target.arch,
                bolt.training_commands(release, self.catalog.not_trained_with(release.version)),
                files=(*files, *self.request.training_files),
                dependencies=needs,
            )
            needs = (*needs, Dependency(key=trained, into="profile"))
        interpreter = self._add(
            f"interpreter-bolt-{release.minor}",
            target.arch,
            bolt.commands(release),
            files=(*files, given) if given else files,
            dependencies=needs,
        )
        return replace(linked, interpreter=interpreter, bolt_training=trained)

    def _training(self, target: Target, counting: Optimisation, python: str) -> str:
        """Plan a training; its output is one file."""
        counter = self._interpreter(
            target, counting, python, runner=python, name="interpreter-counting"
        )
        return self._add(
            f"training-{target.python.minor}",
            target.arch,
            training.commands(target.python, self.catalog.not_trained_with(target.python.version)),
            dependencies=(
                Dependency(key=python, into="python"),
                Dependency(key=counter, into="interpreter"),
            ),
            files=self.request.training_files,
        )

    def _interpreter(
        self,
        target: Target,
        how: Optimisation,
        python: str,
        *,
        runner: str,
        name: str = "interpreter",
        profile: _Profile = _NO_PROFILE,
    ) -> str:
        """Plan the final link: CPython, our run-time support and the frozen stdlib."""
        components = [self.catalog.components[name] for name in target.python.components]
        needs = (
            *self._base(target.arch),
            *self._components(target.python.components, target.arch),
            Dependency(key=python, into="python"),
            Dependency(key=runner, into="native"),
            *profile.needs,
        )
        return self._add(
            f"{name}-{target.python.minor}",
            target.arch,
            interpreter.commands(target, components, self.catalog.components["musl"], how),
            dependencies=needs,
            files=(
                *self.request.interpreter_files,
                *(self.request.bolt_files if target.bolt else ()),
                *profile.files,
            ),
        )

    def _cpython(
        self,
        target: Target,
        how: Optimisation,
        *,
        runner: str = "",
        name: str = "cpython",
        profile: _Profile = _NO_PROFILE,
    ) -> str:
        """Plan CPython itself; a cross build needs a `runner` of the same release."""
        release, platform = target.python, self._platform(target.arch)
        native = (Dependency(key=runner, into="native"),) if platform.cross else ()
        return self._add(
            f"{name}-{release.minor}",
            target.arch,
            (
                *cpython.commands(release, platform, how),
                *_licences("cpython", release.licence_files),
            ),
            source=self.request.local_source or release.source,
            patches=self.catalog.patches_for("cpython", release.version),
            files=profile.files,
            dependencies=(
                *self._base(target.arch),
                *self._components(self._seen_by_cpython(release), target.arch),
                *native,
                *profile.needs,
            ),
        )

    def _seen_by_cpython(self, release: PythonRelease) -> tuple[str, ...]:
        """Return the components with a library; an object, the allocator, is for the last link."""
        components = self.catalog.components
        return tuple(name for name in release.components if components[name].libraries)

    def _components(self, names: tuple[str, ...], arch: Arch) -> tuple[Dependency, ...]:
        """Plan components and all that they depend on, each once."""
        found: dict[str, None] = {}
        for name in names:
            for need in self._components(self.catalog.components[name].depends, arch):
                found[need.key] = None
            found[self._component(name, arch)] = None
        return tuple(Dependency(key=key) for key in found)

    def _component(self, name: str, arch: Arch) -> str:
        component = self.catalog.components[name]
        recipe = _RECIPES[component.build]
        _check_options(component, recipe.KEYS)
        commands = recipe.commands(component, self._platform(arch))
        return self._add(
            name,
            arch,
            (*commands, *_licences(name, component.licence_files)),
            source=component.source,
            patches=self.catalog.patches_for(name, component.source.version),
            files=self.catalog.overlays[name],
            dependencies=(
                *(self._base(arch) if component.build is not BuildSystem.MUSL else ()),
                *self._components(component.depends, arch),
                *self._made_first(component),
            ),
        )

    def _made_first(self, component: Component) -> tuple[Dependency, ...]:
        if component.build not in _FIRST:
            return ()
        name, commands = _FIRST[component.build]
        arch = self.request.build_arch
        key = self._add(
            f"{component.name}-{name}",
            arch,
            commands(),
            source=component.source,
            patches=self.catalog.patches_for(component.name, component.source.version),
            files=self.catalog.overlays[component.name],
            dependencies=self._base(arch),
        )
        return (Dependency(key=key, into="first"),)

    def _base(self, arch: Arch) -> tuple[Dependency, ...]:
        """Plan what every compilation for a target needs: libc and the compiler's helpers."""
        runtime = self._add("compiler-rt", arch, compiler_rt.commands(self._platform(arch)))
        return (Dependency(key=self._component("musl", arch)), Dependency(key=runtime))

    def _platform(self, arch: Arch) -> Platform:
        return Platform(arch=arch, build_arch=self.request.build_arch)

    def _add(
        self,
        name: str,
        arch: Arch,
        commands: tuple[Command, ...],
        *,
        source: Source | LocalSource | None = None,
        patches: tuple[File, ...] = (),
        files: tuple[File, ...] = (),
        dependencies: tuple[Dependency, ...] = (),
    ) -> str:
        toolchain = self.request.toolchain
        action = Action(
            name=f"{name}-{arch.machine}",
            commands=(make_directories("out/include", "out/lib", "out/share"), *commands),
            toolchain=toolchain.identity,
            source=source,
            patches=patches,
            files=(
                *toolchain.files,
                *(toolchain.cross_files if self._platform(arch).cross else ()),
                *files,
            ),
            dependencies=dependencies,
            env=toolchain.target_environment(arch),
            epoch=self.request.epoch,
        )
        self.actions[action.key] = action
        return action.key


def _check_options(component: Component, known: frozenset[str]) -> None:
    """Refuse an option that the recipe would pass over."""
    for key in component.options:
        bare = next(
            (key.removesuffix(end) for a in Arch if key.endswith(end := f"_{a.machine}")), key
        )
        if bare not in known:
            raise UsageError(
                f"components/{component.name}.yaml: options.{key}: unknown key for build system "
                f"{component.build.value!r}; known: {', '.join(sorted(known))}"
            )


def _licences(name: str, files: tuple[str, ...]) -> tuple[Command, ...]:
    """Copy a source's licence texts to where every artifact keeps them."""
    place = f"out/share/licenses/{name}"
    return (
        make_directories(place),
        *(Command(argv=("cp", f"src/{file}", f"{place}/"), cwd=".") for file in files),
    )
