from __future__ import annotations

from pathlib import Path

import pytest

from factory.errors import UsageError
from factory.verify.policy import load_policy


def write(folder: Path, text: str) -> Path:
    path = folder / "policy.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_own_policy() -> None:
    policy = load_policy()

    assert policy.imports("json.decoder")
    assert not policy.imports("tkinter.ttk")
    assert not policy.imports("json.__main__")
    assert policy.allows_path("/tmp")
    assert not policy.allows_path("/tmp/build/musl")


def test_no_rule_covers_everything() -> None:
    policy = load_policy()

    for name in ("", "ssl", "_ssl", "/root/x", "malloc"):
        assert policy.imports(name)
        assert not policy.allows_path(name)


@pytest.mark.parametrize(
    ("version", "has", "has_not"),
    [
        ("3.11.16", {"_ssl", "_sha256", "spwd"}, {"_sha2", "_zstd"}),
        ("3.12.14", {"_sha2", "audioop"}, {"_sha256", "_sysconfig"}),
        ("3.13.15", {"_sysconfig", "_sha2"}, {"audioop", "_zstd"}),
        ("3.14.7", {"_zstd", "_types"}, {"_math_integer"}),
        ("3.15.0rc1", {"_zstd", "_math_integer"}, {"_crypt"}),
    ],
)
def test_promised_modules(version: str, has: set[str], has_not: set[str]) -> None:
    promised = load_policy().promised(version)

    assert has <= promised
    assert not has_not & promised


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("allowed_pathes: []", "allowed_pathes"),
        ("allowed_paths: [{path: /x}]", "reason"),
        ("allowed_paths: [{reason: none}]", "path"),
        ("allowed_paths: [{path: /x, reason: y, since: z}]", "since"),
        ("allowed_paths: /tmp", "allowed_paths"),
        ("extension_modules: [{modules: [_ssl], reason: y, when: 'new'}]", "when"),
        ("extension_modules: [{modules: [_ssl], reason: y, when: 3.10}]", "when"),
        ("allowed_paths: []\nallowed_paths: []", "allowed_paths"),
        ("not_imported: [{module: _ssl, reason: x}]\n"
         "extension_modules: [{modules: [_ssl], reason: y}]", "_ssl"),
        ("[]", "mapping"),
        ("{", "policy.yaml"),
    ],
)  # fmt: skip
def test_mistakes_name_file_and_key(tmp_path: Path, text: str, named: str) -> None:
    path = write(tmp_path, text)

    with pytest.raises(UsageError) as caught:
        load_policy(path)
    assert str(path) in caught.value.message
    assert named in caught.value.message
