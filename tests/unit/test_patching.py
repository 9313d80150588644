from __future__ import annotations

import re
from pathlib import Path

import pytest

from factory.catalog import patches_root
from factory.errors import BuildError, ExitCode
from factory.patching import apply_patch

POEM = "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\nten\n"
HEADER = """\
Subject: poem: count in words
Why: Because.
Upstream: not submitted
Drop-when: never

"""
CHANGE = (
    HEADER
    + """\
diff --git a/sub/poem.txt b/sub/poem.txt
index 1234567..89abcde 100644
--- a/sub/poem.txt
+++ b/sub/poem.txt
@@ -2,3 +2,4 @@ one
 two
-three
+drei
+drei und ein halb
 four
@@ -8,3 +9,2 @@ seven
 eight
-nine
 ten
"""
)
CHANGED = "one\ntwo\ndrei\ndrei und ein halb\nfour\nfive\nsix\nseven\neight\nten\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "src"
    (root / "sub").mkdir(parents=True)
    (root / "sub/poem.txt").write_text(POEM)
    return root


@pytest.fixture
def patch(tmp_path: Path) -> Path:
    file = tmp_path / "0001-poem.patch"
    file.write_text(CHANGE)
    return file


def refusal(patch: Path, tree: Path) -> BuildError:
    with pytest.raises(BuildError) as caught:
        apply_patch(patch, tree)
    assert caught.value.exit_code is ExitCode.BUILD
    assert str(patch) in caught.value.message
    return caught.value


def test_a_patch_changes_what_it_names(tree: Path, patch: Path) -> None:
    (tree / "other.txt").write_text(POEM)
    (tree / "sub/poem.txt").chmod(0o755)
    apply_patch(patch, tree)
    assert (tree / "sub/poem.txt").read_text() == CHANGED
    assert (tree / "sub/poem.txt").stat().st_mode & 0o777 == 0o755
    assert (tree / "other.txt").read_text() == POEM


def test_a_patch_without_gits_own_lines(tree: Path, patch: Path) -> None:
    patch.write_text(re.sub(r"(?m)^(diff|index) .*\n", "", CHANGE))
    apply_patch(patch, tree)
    assert (tree / "sub/poem.txt").read_text() == CHANGED


def test_several_files_in_one_patch(tree: Path, patch: Path) -> None:
    (tree / "b").mkdir()
    (tree / "b/poem.txt").write_text(POEM)
    second = CHANGE.removeprefix(HEADER).replace("sub/poem", "b/poem")
    patch.write_text(CHANGE + second)
    apply_patch(patch, tree)
    assert (tree / "sub/poem.txt").read_text() == CHANGED
    assert (tree / "b/poem.txt").read_text() == CHANGED


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("two", "TWO"),  # context
        ("three", "THREE"),  # a line to remove
        ("four", "four "),  # white space counts
        ("nine\nten\n", ""),  # the file ends before the hunk
    ],
)
def test_another_context_is_refused(tree: Path, patch: Path, old: str, new: str) -> None:
    before = POEM.replace(old, new, 1)
    (tree / "sub/poem.txt").write_text(before)
    error = refusal(patch, tree)
    assert "does not apply: sub/poem.txt: no lines like those of the hunk at" in error.message
    assert error.hint is not None
    assert "series.yaml" in error.hint
    assert (tree / "sub/poem.txt").read_text() == before


def test_twice_is_once_too_often(tree: Path, patch: Path) -> None:
    apply_patch(patch, tree)
    refusal(patch, tree)
    assert (tree / "sub/poem.txt").read_text() == CHANGED


def test_a_missing_file_is_named(tree: Path, patch: Path) -> None:
    (tree / "sub/poem.txt").unlink()
    assert "sub/poem.txt: No such file" in refusal(patch, tree).message


@pytest.mark.parametrize("before", ["zero\n", "one\ntwo\n", "\n" * 20])
def test_lines_may_have_moved(tree: Path, patch: Path, before: str) -> None:
    (tree / "sub/poem.txt").write_text(before + POEM)
    apply_patch(patch, tree)
    assert (tree / "sub/poem.txt").read_text() == before + CHANGED


def test_lines_may_have_moved_up_and_apart(tree: Path, patch: Path) -> None:
    (tree / "sub/poem.txt").write_text(POEM.removeprefix("one\n").replace("six\n", "six\n" * 9))
    apply_patch(patch, tree)
    changed = CHANGED.removeprefix("one\n").replace("six\n", "six\n" * 9)
    assert (tree / "sub/poem.txt").read_text() == changed


def test_the_nearest_of_several_places_is_taken(tree: Path, patch: Path) -> None:
    (tree / "sub/poem.txt").write_text(POEM * 3)
    apply_patch(patch, tree)
    assert (tree / "sub/poem.txt").read_text() == CHANGED + POEM * 2


def test_hunks_keep_their_order(tree: Path, patch: Path) -> None:
    second = POEM[POEM.index("six") :]
    (tree / "sub/poem.txt").write_text(second + POEM[: POEM.index("six")])
    assert "no lines like those of the hunk at 8" in refusal(patch, tree).message


def test_an_insertion_without_context_has_no_place(tree: Path, patch: Path) -> None:
    start = CHANGE.index("@@")
    patch.write_text(CHANGE[:start] + "@@ -4,0 +5 @@ four\n+four and a half\n")
    assert "a hunk without context" in refusal(patch, tree).message
    assert (tree / "sub/poem.txt").read_text() == POEM


def test_a_patch_that_is_no_patch(tree: Path, patch: Path) -> None:
    patch.write_text(HEADER)
    assert refusal(patch, tree).message == f"{patch}: no diff in the patch"


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        # A hunk that was edited by hand, its header not: what is left over would be lost.
        ("+drei und ein halb\n", "", "the hunk is shorter than its header says"),
        ("+drei\n", "+drei\n+und\n+noch\n", "the hunk's header counts other lines"),
        ("+drei\n", "+drei\n+und\n", "the hunk's header counts other lines"),
        ("-nine\n ten\n", " ten\n", "the hunk is shorter than its header says"),
        (" ten\n", " ten\n+eleven\n", "the hunk is longer than its header says"),
        (" eight\n", "\n eight\n", "the hunk is shorter than its header says"),
        ("+drei\n", "+drei\x0c\n", "a control character that ends a line"),
        ("+drei\n", "+drei\r\n", "a control character that ends a line"),
        (" ten\n", " ten\n\\ No newline at end of file\n", "lacks its last newline"),
        ("+++ b/sub", "+++ b/../src/../..", "the path leads out of the source tree"),
        ("index 1234567", "old mode 100644\nindex 1234567", "cannot do this: old mode 100644"),
        ("index 1234567", "rename from x\nindex 1234567", "cannot do this: rename from x"),
        ("+++ b/sub", "+++ b//etc", "the path leads out of the source tree"),
    ],
)
def test_a_malformed_patch_changes_nothing(
    tree: Path, patch: Path, old: str, new: str, problem: str
) -> None:
    assert old in CHANGE
    patch.write_bytes(CHANGE.replace(old, new, 1).encode())
    assert problem in refusal(patch, tree).message
    assert (tree / "sub/poem.txt").read_text() == POEM


def test_a_second_file_must_not_count_as_the_first(tree: Path, patch: Path) -> None:
    (tree / "b").mkdir()
    (tree / "b/poem.txt").write_text(POEM)
    plain = re.sub(r"(?m)^(diff|index) .*\n", "", CHANGE)
    patch.write_text(plain + plain.removeprefix(HEADER).replace("sub/poem", "b/poem"))
    refusal(patch, tree)
    assert (tree / "sub/poem.txt").read_text() == POEM


def test_a_link_out_of_the_tree_is_not_followed(tree: Path, patch: Path, tmp_path: Path) -> None:
    (tree / "sub/poem.txt").rename(tmp_path / "poem.txt")
    (tree / "sub").rmdir()
    (tree / "sub").symlink_to(tmp_path)
    assert "leads out of the source tree" in refusal(patch, tree).message
    assert (tmp_path / "poem.txt").read_text() == POEM


def test_the_signature_of_git_format_patch_is_no_hunk(tree: Path, patch: Path) -> None:
    patch.write_text(CHANGE + "-- \n2.39.5\n")
    apply_patch(patch, tree)
    assert (tree / "sub/poem.txt").read_text() == CHANGED


def test_all_other_bytes_stay(tree: Path, patch: Path) -> None:
    tail = "Gr\N{LATIN SMALL LETTER U WITH DIAERESIS}n\x0c\r\n".encode("latin-1") + b"last"
    (tree / "sub/poem.txt").write_bytes(POEM.encode() + tail)
    apply_patch(patch, tree)
    assert (tree / "sub/poem.txt").read_bytes() == CHANGED.encode() + tail


CREATE = (
    HEADER
    + """\
diff --git a/new/names b/new/names
new file mode 100644
index 0000000..1234567
--- /dev/null
+++ b/new/names
@@ -0,0 +1,2 @@
+zero
+one
"""
)
REMOVE = (
    HEADER
    + """\
diff --git a/sub/short.txt b/sub/short.txt
deleted file mode 100644
index 1234567..0000000
--- a/sub/short.txt
+++ /dev/null
@@ -1,2 +0,0 @@
-one
-two
"""
)


def test_a_patch_may_create_a_file(tree: Path, patch: Path) -> None:
    patch.write_text(CREATE)
    apply_patch(patch, tree)
    assert (tree / "new/names").read_text() == "zero\none\n"
    assert "is there already" in refusal(patch, tree).message


def test_a_patch_may_remove_a_file(tree: Path, patch: Path) -> None:
    (tree / "sub/short.txt").write_text("one\ntwo\n")
    patch.write_text(REMOVE)
    apply_patch(patch, tree)
    assert not (tree / "sub/short.txt").exists()
    assert (tree / "sub/poem.txt").exists()


def test_a_file_with_more_in_it_is_not_removed(tree: Path, patch: Path) -> None:
    (tree / "sub/short.txt").write_text("one\ntwo\nthree\n")
    patch.write_text(REMOVE)
    assert "sub/short.txt" in refusal(patch, tree).message
    assert (tree / "sub/short.txt").read_text() == "one\ntwo\nthree\n"


PATCHES = sorted(patches_root().glob("*/*.patch"))


def test_there_are_patches_to_look_at() -> None:
    assert PATCHES


@pytest.mark.parametrize("patch_file", PATCHES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_every_patch_says_why_and_where_upstream_stands(patch_file: Path) -> None:
    preamble, found, _ = patch_file.read_text().partition("\ndiff --git ")
    assert found
    fields = re.findall(r"(?m)^([A-Z][A-Za-z-]*):[ ]+(\S.*)$", preamble)
    assert [name for name, _ in fields] == ["Subject", "Why", "Upstream", "Drop-when"]
    for line in preamble.splitlines():
        assert re.match(r"([A-Z][A-Za-z-]*: | |$)", line), line


@pytest.mark.parametrize("patch_file", PATCHES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_every_patch_is_well_formed(patch_file: Path, tmp_path: Path) -> None:
    """On an empty tree nothing can be found, and nothing else is wrong."""
    assert "\n--- /dev/null\n" not in patch_file.read_text()
    assert "No such file" in refusal(patch_file, tmp_path).message
