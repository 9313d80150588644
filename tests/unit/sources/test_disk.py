from __future__ import annotations

import errno
import os
import re
from pathlib import Path

import pytest

from factory.errors import MachineError
from factory.sources.disk import disk_errors


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_names_path_space_and_remedy(tmp_path: Path, number: int) -> None:
    path = tmp_path / "not-there" / "file"
    with (
        pytest.raises(MachineError, match="no space left on the disk") as caught,
        disk_errors(path),
    ):
        raise OSError(number, os.strerror(number))
    assert re.search(r"\(\d+\.\d MB free\)$", caught.value.message)
    assert str(path) in caught.value.message
    assert "FACTORY_CACHE_DIR" in (caught.value.hint or "")


def test_another_error_keeps_the_words_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(MachineError, match="Is a directory"), disk_errors(tmp_path):
        tmp_path.read_bytes()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS])
def test_the_remedy_names_what_chose_the_place(tmp_path: Path, number: int) -> None:
    with pytest.raises(MachineError) as caught, disk_errors(tmp_path, "--output"):
        raise OSError(number, os.strerror(number))
    assert "point --output to" in (caught.value.hint or "")
    assert "FACTORY_CACHE_DIR" not in (caught.value.hint or "")
