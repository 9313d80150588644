from __future__ import annotations

import builtins
import io
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

import factory
from factory.catalog import Catalog, Patch, load_catalog, patches_root
from factory.errors import UsageError
from factory.model.arch import Arch
from factory.model.plan import Action, Dependency, File, LocalSource, Plan
from factory.model.target import Link, Profile, Target
from factory.planner import DEFAULT_EPOCH, Request, make_plan
from factory.recipes import interpreter
from factory.toolchains import Capabilities, Tree

PACKAGE = Path(factory.__file__).parent


@dataclass(frozen=True, kw_only=True)
class FakeToolchain:
    """No compiler: plans only name it."""

    name: str = "fake"
    identity: str = "fake 1"
    files: tuple[File, ...] = (File(path=Path("/fake/cc"), sha256="c" * 64, into="tools/cc"),)
    directory: Path = Path("/fake")
    tail_call: bool = False
    ordering: bool = True
    bolt_files: tuple[File, ...] = (
        File(path=Path("/fake/bolt"), sha256="a" * 64, into="tools/bolt"),
    )

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            lto=True, pgo=True, tail_call=self.tail_call, ordering=self.ordering, bolt=True
        )

    def trees(self) -> Mapping[str, Tree]:
        return {"fake": Tree(path=self.directory, patterns=())}

    def environment(self, places: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
        return (("FAKE_HOME", places["fake"]),)

    @property
    def cross_files(self) -> tuple[File, ...]:
        return ()

    def target_environment(self, arch: Arch) -> tuple[tuple[str, str], ...]:
        return (("FAKE_TRIPLE", arch.triple),)


BOLT_FILES = (File(path=Path("/fake/spare.c"), sha256="f" * 64, into="input/spare.c"),)
TRAINING_FILES = (File(path=Path("/fake/work.py"), sha256="9" * 64, into="input/workload.py"),)
INTERPRETER_FILES = (File(path=Path("/fake/main.c"), sha256="d" * 64, into="input/main.c"),)


@pytest.fixture
def catalog() -> Catalog:
    return load_catalog()


def request(catalog: Catalog, *versions: str, arch: Arch = Arch.X86_64) -> Request:
    return Request(
        targets=tuple(Target(python=catalog.python(v), arch=arch) for v in versions),
        build_arch=Arch.X86_64,
        toolchain=FakeToolchain(),
        interpreter_files=INTERPRETER_FILES,
    )


def plan(catalog: Catalog, *versions: str, arch: Arch = Arch.X86_64) -> Plan:
    return make_plan(request(catalog, *versions, arch=arch), catalog)


def keys(plan: Plan) -> dict[str, str]:
    found = {action.name: action.key for action in plan.actions}
    assert len(found) == len(plan.actions)
    return found


def named(plan: Plan, name: str) -> Action:
    return next(action for action in plan.actions if action.name == name)


def changed(before: Plan, after: Plan) -> set[str]:
    one, two = keys(before), keys(after)
    assert one.keys() == two.keys()
    return {name for name in one if one[name] != two[name]}


def everything(catalog: Catalog) -> Iterator[Plan]:
    for build in Arch:
        targets = tuple(
            Target(python=r, arch=arch, profile=profile)
            for r in catalog.releases
            for arch in Arch
            for profile in Profile
        )
        whole = replace(request(catalog), targets=targets, build_arch=build)
        yield make_plan(whole, catalog)


def test_every_dependency_comes_first(catalog: Catalog) -> None:
    for whole in everything(catalog):
        seen: set[str] = set()
        for action in whole.actions:
            assert {need.key for need in action.dependencies} <= seen, action.name
            seen.add(action.key)


def test_every_action_stands_once_and_is_needed(catalog: Catalog) -> None:
    for whole in everything(catalog):
        every = [action.key for action in whole.actions]
        assert len(every) == len(set(every))
        needed = {key for result in whole.results for key in (result.interpreter, result.python)}
        needed |= {need.key for action in whole.actions for need in action.dependencies}
        assert set(every) == needed


def test_results_are_in_the_order_of_the_targets(catalog: Catalog) -> None:
    both = plan(catalog, "3.14", "3.13")
    names = [
        (both.action(result.interpreter).name, both.action(result.python).name)
        for result in both.results
    ]
    assert names == [
        ("interpreter-3.14-x86_64", "cpython-3.14-x86_64"),
        ("interpreter-3.13-x86_64", "cpython-3.13-x86_64"),
    ]
    assert [result.target.python.minor for result in both.results] == ["3.14", "3.13"]


def test_two_minors_share_their_components(catalog: Catalog) -> None:
    old, new = keys(plan(catalog, "3.13")), keys(plan(catalog, "3.14"))
    shared = old.keys() & new.keys()
    assert shared == old.keys() - {"cpython-3.13-x86_64", "interpreter-3.13-x86_64"}
    assert {"musl-x86_64", "zlib-x86_64", "openssl-x86_64", "compiler-rt-x86_64"} <= shared
    assert all(old[name] == new[name] for name in shared)
    assert keys(plan(catalog, "3.13", "3.14")) == old | new


def with_patch(catalog: Catalog, component: str, sha256: str) -> Catalog:
    file = File(path=Path("0001-x.patch"), sha256=sha256, into="input/patches/0001-x.patch")
    patch = Patch(file=file, versions=SpecifierSet())
    return replace(catalog, patches=catalog.patches | {component: (patch,)})


def test_a_changed_patch_of_cpython_changes_nothing_below(catalog: Catalog) -> None:
    before, after = (plan(with_patch(catalog, "cpython", d * 64), "3.13", "3.14") for d in "12")
    assert changed(before, after) == {
        *("cpython-3.13-x86_64", "interpreter-3.13-x86_64"),
        *("cpython-3.14-x86_64", "interpreter-3.14-x86_64"),
    }


def test_a_changed_patch_of_a_component_changes_what_uses_it(catalog: Catalog) -> None:
    before, after = (plan(with_patch(catalog, "ncurses", d * 64), "3.13") for d in "12")
    assert changed(before, after) == {
        *("ncurses-tools-x86_64", "ncurses-x86_64", "libedit-x86_64"),
        *("cpython-3.13-x86_64", "interpreter-3.13-x86_64"),
    }


def test_a_changed_patch_of_libc_changes_all_but_the_compilers_helpers(catalog: Catalog) -> None:
    before, after = (plan(with_patch(catalog, "musl", d * 64), "3.13") for d in "12")
    assert changed(before, after) == keys(before).keys() - {"compiler-rt-x86_64"}


def test_patches_reach_the_versions_that_they_are_for(catalog: Catalog) -> None:
    file = File(path=Path("0001-x.patch"), sha256="1" * 64, into="input/patches/0001-x.patch")
    patch = Patch(file=file, versions=SpecifierSet(">=3.14"))
    both = plan(replace(catalog, patches={"cpython": (patch,)}), "3.13", "3.14")
    assert named(both, "cpython-3.14-x86_64").patches == (file,)
    assert named(both, "cpython-3.13-x86_64").patches == ()


def test_a_changed_file_of_the_link_changes_the_interpreter_alone(catalog: Catalog) -> None:
    before = request(catalog, "3.13")
    other = (replace(INTERPRETER_FILES[0], sha256="e" * 64),)
    after = replace(before, interpreter_files=other)
    found = changed(make_plan(before, catalog), make_plan(after, catalog))
    assert found == {"interpreter-3.13-x86_64"}


def test_an_overlay_is_part_of_its_component(catalog: Catalog) -> None:
    file = File(path=Path("config.h"), sha256="f" * 64, into="src/config.h")
    other = replace(catalog, overlays=catalog.overlays | {"libedit": (file,)})
    assert file in named(plan(other, "3.13"), "libedit-x86_64").files
    assert "libedit-x86_64" in changed(plan(catalog, "3.13"), plan(other, "3.13"))
    assert "zlib-x86_64" not in changed(plan(catalog, "3.13"), plan(other, "3.13"))


@pytest.mark.parametrize(
    "toolchain",
    [
        FakeToolchain(identity="fake 2"),
        FakeToolchain(files=(replace(FakeToolchain().files[0], sha256="b" * 64),)),
    ],
)
def test_another_compiler_changes_everything(catalog: Catalog, toolchain: FakeToolchain) -> None:
    before = request(catalog, "3.13")
    other = make_plan(replace(before, toolchain=toolchain), catalog)
    assert changed(make_plan(before, catalog), other) == keys(other).keys()


def test_places_of_the_compiler_change_nothing(catalog: Catalog) -> None:
    before = request(catalog, "3.13")
    toolchain = FakeToolchain(
        directory=Path("/elsewhere"),
        files=(replace(FakeToolchain().files[0], path=Path("/elsewhere/cc")),),
    )
    other = make_plan(replace(before, toolchain=toolchain), catalog)
    assert changed(make_plan(before, catalog), other) == set()


def test_the_epoch_is_everywhere(catalog: Catalog) -> None:
    before = request(catalog, "3.13")
    assert {a.epoch for a in make_plan(before, catalog).actions} == {DEFAULT_EPOCH}
    other = make_plan(replace(before, epoch=1), catalog)
    assert {a.epoch for a in other.actions} == {1}
    assert changed(make_plan(before, catalog), other) == keys(other).keys()


def test_what_every_compilation_needs(catalog: Catalog) -> None:
    native = plan(catalog, "3.13")
    found = keys(native)
    base = {found["musl-x86_64"], found["compiler-rt-x86_64"]}
    for action in native.actions:
        if action.key not in base:
            assert base <= {need.key for need in action.dependencies if need.into == "sysroot"}
    assert named(native, "compiler-rt-x86_64").source is None
    assert named(native, "musl-x86_64").dependencies == ()


def test_dependencies_of_dependencies_are_in_the_sysroot(catalog: Catalog) -> None:
    native = plan(catalog, "3.13")
    found = keys(native)
    libedit = named(native, "libedit-x86_64").dependencies
    assert Dependency(key=found["ncurses-x86_64"]) in libedit
    cpython = named(native, "cpython-3.13-x86_64").dependencies
    expected = {*catalog.python("3.13").components, "musl", "compiler-rt"}
    link = named(native, "interpreter-3.13-x86_64").dependencies
    for needs, names in ((cpython, expected - {"mimalloc"}), (link, expected | {"cpython-3.13"})):
        assert {native.action(need.key).name for need in needs} == {f"{n}-x86_64" for n in names}
    assert len(cpython) == len(set(cpython))


def test_a_native_interpreter_is_frozen_by_itself(catalog: Catalog) -> None:
    native = plan(catalog, "3.13")
    cpython = keys(native)["cpython-3.13-x86_64"]
    needs = named(native, "interpreter-3.13-x86_64").dependencies
    assert Dependency(key=cpython, into="python") in needs
    assert Dependency(key=cpython, into="native") in needs
    assert not any("aarch64" in name for name in keys(native))


def test_a_cross_build_adds_the_native_python(catalog: Catalog) -> None:
    cross, native = plan(catalog, "3.13", arch=Arch.AARCH64), plan(catalog, "3.13")
    found = keys(cross)
    assert found["cpython-3.13-x86_64"] == keys(native)["cpython-3.13-x86_64"]
    assert "interpreter-3.13-x86_64" not in found
    own = Dependency(key=found["cpython-3.13-aarch64"], into="python")
    runs_here = Dependency(key=found["cpython-3.13-x86_64"], into="native")
    assert runs_here in named(cross, "cpython-3.13-aarch64").dependencies
    assert {own, runs_here} <= set(named(cross, "interpreter-3.13-aarch64").dependencies)


def test_what_runs_while_building_is_made_for_the_building_machine(catalog: Catalog) -> None:
    cross = plan(catalog, "3.13", arch=Arch.AARCH64)
    found = keys(cross)
    for user, first in (("sqlite", "sqlite-amalgamation"), ("ncurses", "ncurses-tools")):
        assert f"{first}-aarch64" not in found
        needs = named(cross, f"{user}-aarch64").dependencies
        assert Dependency(key=found[f"{first}-x86_64"], into="first") in needs


def test_a_patch_reaches_what_is_made_first_too(catalog: Catalog) -> None:
    before, after = (plan(with_patch(catalog, "sqlite", d * 64), "3.13") for d in "12")
    assert {"sqlite-amalgamation-x86_64", "sqlite-x86_64"} <= changed(before, after)


def test_what_is_compiled_for_a_target_knows_it(catalog: Catalog) -> None:
    for action in plan(catalog, "3.13", arch=Arch.AARCH64).actions:
        machine = action.name.rpartition("-")[2]
        assert dict(action.env) == {"FAKE_TRIPLE": f"{machine}-linux-musl"}


def test_a_local_source_takes_the_place_of_cpython_alone(catalog: Catalog) -> None:
    local = LocalSource(path=Path("/home/me/cpython"), sha256="9" * 64, version="3.13.16+")
    before = request(catalog, "3.13")
    mine = make_plan(replace(before, local_source=local), catalog)
    assert changed(make_plan(before, catalog), mine) == {
        *("cpython-3.13-x86_64", "interpreter-3.13-x86_64"),
    }
    assert named(mine, "cpython-3.13-x86_64").source is local
    assert all(source.name != "cpython" for source in mine.sources)
    elsewhere = replace(local, path=Path("/tmp/cpython"))
    assert keys(make_plan(replace(before, local_source=elsewhere), catalog)) == keys(mine)


def test_licences_go_along(catalog: Catalog) -> None:
    native = plan(catalog, "3.13")
    for component in (catalog.components["zlib"], catalog.components["libuuid"]):
        copied = [
            command.argv[1]
            for command in named(native, f"{component.name}-x86_64").commands
            if command.argv[0] == "cp" and command.argv[-1].startswith("out/share/licenses/")
        ]
        assert copied == [f"src/{file}" for file in component.licence_files]
        assert copied


def test_an_option_that_no_recipe_reads_is_refused(catalog: Catalog) -> None:
    zlib = catalog.components["zlib"]
    wrong = replace(zlib, options=zlib.options | {"cflag_x86_64": ("-O3",)})
    other = replace(catalog, components=catalog.components | {"zlib": wrong})
    with pytest.raises(UsageError) as caught:
        plan(other, "3.13")
    assert "components/zlib.yaml: options.cflag_x86_64: unknown key" in caught.value.message
    assert "cflags" in caught.value.message


def test_options_for_one_architecture_are_its_own(catalog: Catalog) -> None:
    zlib = catalog.components["zlib"]
    more = replace(zlib, options=zlib.options | {"cflags_aarch64": ("-DSPECIAL",)})
    other = replace(catalog, components=catalog.components | {"zlib": more})
    assert changed(plan(catalog, "3.13"), plan(other, "3.13")) == set()
    cross = named(plan(other, "3.13", arch=Arch.AARCH64), "zlib-aarch64")
    assert any("-DSPECIAL" in command.argv for command in cross.commands)


def test_planning_reads_no_files(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = request(catalog, "3.13", "3.14", arch=Arch.AARCH64)

    def refuse(*arguments: object, **options: object) -> None:
        raise AssertionError(f"planning touched a file: {arguments}")

    with monkeypatch.context() as patched:
        for module, name in (
            (builtins, "open"),
            (io, "open"),
            *((os, name) for name in ("open", "scandir", "listdir", "stat", "lstat")),
        ):
            patched.setattr(module, name, refuse)
        patched.setattr(Path, "read_bytes", refuse)
        actions = make_plan(whole, catalog).actions
        found = {action.key for action in actions}
    assert found


PRINT_KEYS = """\
import factory
from factory.catalog import load_catalog
from factory.model.arch import Arch
from factory.model.target import Link, Profile, Target
from factory.planner import Request, make_plan
from factory.recipes import interpreter
from factory.toolchains import Capabilities, Tree
from factory.toolchains.zig import find_zig

catalog = load_catalog()
plan = make_plan(
    Request(
        targets=(Target(python=catalog.python("3.13"), arch=Arch.AARCH64),),
        build_arch=Arch.X86_64,
        toolchain=find_zig(),
        interpreter_files=interpreter.files(),
    ),
    catalog,
)
print(factory.__file__)
for action in plan.actions:
    print(action.name, action.key)
"""


def test_keys_do_not_depend_on_where_the_package_lies(tmp_path: Path) -> None:
    def print_keys(root: Path) -> tuple[str, list[str]]:
        done = subprocess.run(
            [sys.executable, "-c", PRINT_KEYS],
            cwd=root,
            env=os.environ | {"PYTHONPATH": str(root)},
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        place, *rest = done.stdout.splitlines()
        return place, rest

    copy = tmp_path / "elsewhere"
    shutil.copytree(
        PACKAGE, copy / "factory", ignore=shutil.ignore_patterns("__pycache__", "_patches")
    )
    shutil.copytree(patches_root(), copy / "patches")
    here, there = print_keys(PACKAGE.parent), print_keys(copy)
    assert there[0] == str(copy / "factory" / "__init__.py")
    assert here[0] != there[0]
    assert here[1] == there[1]
    assert any(line.startswith("interpreter-3.13-aarch64 ") for line in here[1])


def test_the_files_of_the_link_are_there() -> None:
    found = {file.into: file.path for file in interpreter.files()}
    assert {"input/freeze.py", "input/main.c"} <= found.keys()
    assert all(path.is_file() for path in found.values())


def release(
    catalog: Catalog,
    version: str = "3.14",
    *,
    arch: Arch = Arch.X86_64,
    link: Link = Link.SELF_HOSTED,
    pie: bool | None = None,
    bolt: bool = False,
) -> Plan:
    python = catalog.python(version)
    target = Target(
        python=python, arch=arch, profile=Profile.RELEASE, link=link, pie=pie, bolt=bolt
    )
    whole = replace(
        request(catalog),
        targets=(target,),
        training_files=TRAINING_FILES,
        bolt_files=BOLT_FILES if bolt else (),
    )
    return make_plan(whole, catalog)


def flags(action: Action) -> dict[str, str]:
    (configure,) = (c for c in action.commands if c.argv[0] == "../src/configure")
    return {name: value for name, value in configure.env if name.endswith("_NODIST")}


def test_a_release_counts_trains_and_compiles_again(catalog: Catalog) -> None:
    whole = release(catalog)
    counting = named(whole, "cpython-counting-3.14-x86_64")
    training = named(whole, "training-3.14-x86_64")
    python = named(whole, "cpython-release-3.14-x86_64")
    assert "-fprofile-generate" in flags(counting)["CFLAGS_NODIST"]
    assert "libprofile_runtime.a" in flags(counting)["LDFLAGS_NODIST"]
    assert "-fprofile-use=../profile/python.profdata" in flags(python)["CFLAGS_NODIST"]
    assert "-flto=thin" in flags(python)["LDFLAGS_NODIST"]
    assert Dependency(key=training.key, into="profile") in python.dependencies
    assert Dependency(key=counting.key, into="python") in training.dependencies
    (result,) = whole.results
    assert result.training == training.key
    assert whole.action(result.python) is python
    assert whole.action(result.interpreter).name == "interpreter-release-3.14-x86_64"


def test_what_others_compile_gets_no_flag_of_a_release(catalog: Catalog) -> None:
    python = named(release(catalog), "cpython-release-3.14-x86_64")
    (configure,) = (c for c in python.commands if c.argv[0] == "../src/configure")
    own = ("_NODIST", "_NOLTO")
    others = [value for name, value in configure.env if not name.endswith(own)]
    assert not [value for value in others if "profile" in value or "lto" in value]


def test_the_training_leaves_out_what_cannot_pass(catalog: Catalog) -> None:
    for version, locales in (("3.13", True), ("3.14", False)):
        training = named(release(catalog, version), f"training-{version}-x86_64")
        (task,) = (c for c in training.commands if "--pgo" in c.argv)
        assert ("test_locale_caching" in task.argv) is locales
        assert "test_type_check_in_subinterp" in task.argv


def test_a_given_profile_takes_the_place_of_a_training(catalog: Catalog) -> None:
    given = File(path=Path("/fake/p"), sha256="e" * 64, into="profile/python.profdata")
    target = Target(python=catalog.python("3.14"), arch=Arch.X86_64, profile=Profile.RELEASE)
    plans = {}
    for arch in Arch:
        whole = replace(request(catalog), targets=(replace(target, arch=arch),), trained=given)
        plans[arch] = make_plan(whole, catalog)
        names = keys(plans[arch])
        assert not [name for name in names if "training" in name or "counting" in name]
        assert given in named(plans[arch], f"cpython-release-3.14-{arch.machine}").files
    # What a cross build runs on the way is then made without a profile.
    assert "cpython-3.14-x86_64" in keys(plans[Arch.AARCH64])
    assert "cpython-3.14-x86_64" not in keys(plans[Arch.X86_64])


def test_other_architectures_use_the_training_of_this_machine(catalog: Catalog) -> None:
    whole = release(catalog, arch=Arch.AARCH64)
    assert "training-3.14-x86_64" in keys(whole)
    assert "training-3.14-aarch64" not in keys(whole)
    counting = named(whole, "cpython-counting-3.14-x86_64")
    for name in ("cpython-release-3.14-aarch64", "interpreter-release-3.14-aarch64"):
        assert Dependency(key=counting.key, into="native") in named(whole, name).dependencies


def test_functions_are_ordered_where_the_linker_can(catalog: Catalog) -> None:
    target = Target(python=catalog.python("3.14"), arch=Arch.X86_64, profile=Profile.RELEASE)
    for can in (True, False):
        toolchain = FakeToolchain(ordering=can)
        whole = make_plan(
            replace(request(catalog), targets=(target,), toolchain=toolchain), catalog
        )
        link = named(whole, "interpreter-release-3.14-x86_64")
        words = [word for command in link.commands for word in command.argv]
        assert any("--bp-startup-sort" in word for word in words) is can
        training = named(whole, "training-3.14-x86_64")
        assert Dependency(key=training.key, into="profile") in link.dependencies


def test_links_to_compare_with_share_the_training(catalog: Catalog) -> None:
    usual, static = release(catalog), release(catalog, link=Link.STATIC)
    assert changed(usual, static) == {"interpreter-release-3.14-x86_64"}


def link_of(action: Action) -> str:
    """Return how an executable is linked; another link of the same action makes a library."""
    (link,) = (name for c in action.commands for key, name in c.env if key == "FACTORY_LINK")
    return link


def test_a_release_is_at_a_fixed_address_and_what_is_trained_is_not(catalog: Catalog) -> None:
    usual, pie = release(catalog), release(catalog, pie=True)
    assert changed(usual, pie) == {"interpreter-release-3.14-x86_64"}
    assert link_of(named(usual, "interpreter-release-3.14-x86_64")) == "fixed"
    assert link_of(named(pie, "interpreter-release-3.14-x86_64")) == "self-hosted"
    assert link_of(named(usual, "interpreter-counting-3.14-x86_64")) == "self-hosted"


def test_bolt_links_trains_and_writes_again(catalog: Catalog) -> None:
    usual, whole = release(catalog), release(catalog, bolt=True)
    more = [f"{part}-3.14-x86_64" for part in ("interpreter-relocs", "training-bolt")]
    assert keys(whole).keys() - keys(usual).keys() == {*more, "interpreter-bolt-3.14-x86_64"}
    assert keys(usual).keys() - keys(whole).keys() == {"interpreter-release-3.14-x86_64"}
    linked, training = (named(whole, name) for name in more)
    last = named(whole, "interpreter-bolt-3.14-x86_64")
    python = named(whole, "cpython-release-3.14-x86_64")
    for action in (training, last):
        assert Dependency(key=linked.key, into="interpreter") in action.dependencies
        assert Dependency(key=python.key, into="native") in action.dependencies
        assert {*FakeToolchain().bolt_files, *BOLT_FILES} <= set(action.files)
    assert Dependency(key=training.key, into="profile") in last.dependencies
    assert set(TRAINING_FILES) <= set(training.files)
    assert set(BOLT_FILES) <= set(linked.files)
    assert link_of(linked) == "fixed"
    (result,) = whole.results
    assert (result.interpreter, result.python) == (last.key, python.key)
    assert result.bolt_training == training.key


def test_a_given_profile_takes_the_place_of_bolts_training(catalog: Catalog) -> None:
    given = File(path=Path("/fake/p"), sha256="e" * 64, into="profile/python.profdata")
    bolts = File(path=Path("/fake/q"), sha256="b" * 64, into="profile/python.fdata")
    target = Target(
        python=catalog.python("3.14"), arch=Arch.X86_64, profile=Profile.RELEASE, bolt=True
    )
    whole = make_plan(
        replace(request(catalog), targets=(target,), trained=given, trained_bolt=bolts), catalog
    )
    assert not [name for name in keys(whole) if "training" in name]
    last = named(whole, "interpreter-bolt-3.14-x86_64")
    assert bolts in last.files
    assert {need.into for need in last.dependencies} == {"interpreter", "native"}
    assert (whole.results[0].bolt_training, whole.trained_bolt) == (None, bolts)


def test_without_bolt_nothing_of_it_is_in_a_key(catalog: Catalog) -> None:
    other = FakeToolchain(bolt_files=())
    target = Target(python=catalog.python("3.14"), arch=Arch.X86_64, profile=Profile.RELEASE)
    before = replace(request(catalog), targets=(target,), training_files=TRAINING_FILES)
    after = replace(before, toolchain=other, bolt_files=BOLT_FILES)
    assert changed(make_plan(before, catalog), make_plan(after, catalog)) == set()


def test_what_bolt_trains_must_run_here(catalog: Catalog) -> None:
    with pytest.raises(UsageError, match=r"--bolt --arch aarch64: .* this machine, .* x86_64"):
        release(catalog, arch=Arch.AARCH64, bolt=True)


def test_tail_calls_where_compiler_and_interpreter_know_them(catalog: Catalog) -> None:
    for version in ("3.13", "3.14"):
        for can in (True, False):
            whole = replace(request(catalog, version), toolchain=FakeToolchain(tail_call=can))
            python = named(make_plan(whole, catalog), f"cpython-{version}-x86_64")
            (configure,) = (c for c in python.commands if c.argv[0] == "../src/configure")
            has = "--with-tail-call-interp" in configure.argv
            assert has is (can and version == "3.14")
