from __future__ import annotations

import pytest

from factory.errors import ExitCode, UsageError
from factory.model.arch import Arch


@pytest.mark.parametrize(
    ("text", "arch"),
    [
        ("x86_64", Arch.X86_64),
        ("amd64", Arch.X86_64),
        ("AMD64", Arch.X86_64),
        ("x64", Arch.X86_64),
        (" x86-64\n", Arch.X86_64),
        ("aarch64", Arch.AARCH64),
        ("arm64", Arch.AARCH64),
        ("ARMv8", Arch.AARCH64),
    ],
)
def test_every_name_that_users_know(text: str, arch: Arch) -> None:
    assert Arch.parse(text) is arch


def test_no_name_means_two_architectures() -> None:
    names = [name for arch in Arch for name in (arch.machine, *arch.value.aliases)]
    assert len(names) == len(set(names))
    assert all(Arch.parse(name) in Arch for name in names)


@pytest.mark.parametrize(
    ("text", "near"), [("x86_65", "x86_64"), ("arm46", "arm64"), ("aarch46", "aarch64")]
)
def test_an_unknown_name_has_near_names(text: str, near: str) -> None:
    with pytest.raises(UsageError) as caught:
        Arch.parse(text)
    assert caught.value.exit_code is ExitCode.USAGE
    assert caught.value.message.startswith(f"unknown architecture {text!r}; known: x86_64, amd64")
    assert caught.value.hint is not None
    assert caught.value.hint.startswith("did you mean ")
    assert near in caught.value.hint


def test_a_name_that_is_near_nothing() -> None:
    with pytest.raises(UsageError) as caught:
        Arch.parse("s390")
    assert caught.value.hint == "see 'factory list'"


@pytest.mark.parametrize("arch", Arch)
def test_triples(arch: Arch) -> None:
    assert arch.triple == f"{arch.machine}-linux-musl"
    assert arch.release_triple == f"{arch.machine}-unknown-linux-musl"


def test_what_others_call_the_architectures() -> None:
    facts = Arch.AARCH64.value
    assert (facts.machine, facts.oci_platform, facts.elf_machine) == (
        "aarch64",
        "linux/arm64",
        "AARCH64",
    )
    assert (facts.openssl_target, facts.qemu) == ("linux-aarch64", "qemu-aarch64")
    assert Arch.X86_64.value.kernel_headers == "x86"


def test_an_elf_file_names_its_architecture() -> None:
    assert [Arch.of_elf(arch.value.elf_machine) for arch in Arch] == list(Arch)
    assert Arch.of_elf("RISCV") is None
