from __future__ import annotations

from pathlib import Path

from factory.archives import pack_tree
from factory.package.embedded import lay_out_embedded
from tests.unit.package.test_layout import TARGET


def test_what_is_in_it(tmp_path: Path) -> None:
    outputs = tmp_path / "outputs"
    for name in ("python3.13", "licenses/zlib/LICENSE", "include/zlib.h"):
        (outputs / name).parent.mkdir(parents=True, exist_ok=True)
        (outputs / name).write_text(name)
    (outputs / "python3.13").chmod(0o755)
    (outputs / "lib").mkdir()
    with (tmp_path / "interpreter.tar").open("wb") as file:
        pack_tree(outputs, file, epoch=0)
    place = tmp_path / "python"
    lay_out_embedded(TARGET, tmp_path / "interpreter.tar", place)
    found = {str(path.relative_to(place)) for path in place.rglob("*") if path.is_file()}
    assert found == {"python3.13", "python3.13._pth", "licenses/zlib/LICENSE"}
    assert {path.name for path in place.iterdir()} == {"licenses", "python3.13", "python3.13._pth"}
    assert (place / "python3.13").stat().st_mode & 0o777 == 0o755
    paths = (place / "python3.13._pth").read_text().splitlines()
    assert [line for line in paths if line and not line.startswith("#")] == ["lib/python3.13", "."]
