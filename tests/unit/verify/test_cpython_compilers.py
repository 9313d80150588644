from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from factory.model.arch import Arch
from factory.verify.cpython.compilers import compilers
from factory.verify.elf import read_elf


@pytest.mark.parametrize("name", ["cc", "gcc", "c++", "g++"])
def test_every_name_compiles_for_the_target(tmp_path: Path, name: str) -> None:
    environment = compilers(Arch.AARCH64, tmp_path)
    (tmp_path / "one.c").write_text("int one(void) { return 1; }")
    subprocess.run(
        ["/bin/sh", "-c", f"exec {name} -c one.c -o {name}.o"],
        cwd=tmp_path,
        env=environment,
        check=True,
    )
    assert read_elf(tmp_path / f"{name}.o").machine == "AARCH64"
