from __future__ import annotations

import pytest

from factory.model.arch import Arch
from factory.model.recipe import PythonRelease, Source
from factory.model.target import Flavor, Link, Profile, Target

RELEASE = PythonRelease(
    source=Source(name="cpython", version="3.15.0rc1", archives=()),
    licence="PSF-2.0",
    licence_files=(),
    components=(),
    static_archives=(),
    modules_left_out={},
)


def test_names_of_artifacts() -> None:
    target = Target(python=RELEASE, arch=Arch.AARCH64)
    assert target.label == "3.15.0rc1 aarch64"
    assert [target.artifact_name(flavor) for flavor in Flavor] == [
        "cpython-3.15.0rc1-aarch64-unknown-linux-musl-install_only.tar.gz",
        "cpython-3.15.0rc1-aarch64-unknown-linux-musl-single",
        "cpython-3.15.0rc1-aarch64-unknown-linux-musl-embed.tar.gz",
    ]


def test_what_is_linked_for_comparisons_says_so_in_its_name() -> None:
    target = Target(python=RELEASE, arch=Arch.X86_64, link=Link.DYNAMIC)
    assert target.label == "3.15.0rc1 x86_64 dynamic"
    name = target.artifact_name(Flavor.INSTALL_ONLY)
    assert name == "cpython-3.15.0rc1-x86_64-unknown-linux-musl-dynamic-install_only.tar.gz"


def test_options_have_an_order() -> None:
    target = Target(python=RELEASE, arch=Arch.X86_64, link=Link.STATIC, ca_bundle=False)
    assert target.options == ("static", "without-ca-bundle")
    assert target.stem.endswith("-linux-musl-static-without-ca-bundle")
    target = Target(python=RELEASE, arch=Arch.X86_64, pie=False, ca_bundle=False)
    assert target.options == ("no-pie", "without-ca-bundle")
    target = Target(
        python=RELEASE, arch=Arch.X86_64, profile=Profile.RELEASE, bolt=True, ca_bundle=False
    )
    assert target.options == ("bolt", "without-ca-bundle")
    name = "cpython-3.15.0rc1-x86_64-unknown-linux-musl-bolt-without-ca-bundle-single"
    assert target.artifact_name(Flavor.SINGLE) == name


@pytest.mark.parametrize(
    ("profile", "link", "pie", "fixed", "options"),
    [
        (Profile.FAST, Link.SELF_HOSTED, None, False, ()),
        (Profile.FAST, Link.SELF_HOSTED, True, False, ()),
        (Profile.FAST, Link.SELF_HOSTED, False, True, ("no-pie",)),
        (Profile.RELEASE, Link.SELF_HOSTED, None, True, ()),
        (Profile.RELEASE, Link.SELF_HOSTED, False, True, ()),
        (Profile.RELEASE, Link.SELF_HOSTED, True, False, ("pie",)),
        (Profile.RELEASE, Link.STATIC, None, False, ("static",)),
        (Profile.RELEASE, Link.DYNAMIC, True, False, ("dynamic",)),
    ],
)
def test_a_release_has_a_fixed_address_and_names_tell_what_is_not_usual(
    profile: Profile, link: Link, pie: bool | None, fixed: bool, options: tuple[str, ...]
) -> None:
    target = Target(python=RELEASE, arch=Arch.X86_64, profile=profile, link=link, pie=pie)
    assert target.fixed is fixed
    assert target.options == options


def test_only_what_is_complete_is_handed_out() -> None:
    assert Link.DYNAMIC.flavors == (Flavor.INSTALL_ONLY,)
    assert Link.SELF_HOSTED.flavors == Link.STATIC.flavors == tuple(Flavor)
