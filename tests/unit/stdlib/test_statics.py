from __future__ import annotations

import pytest

from factory.stdlib.statics import static_strings

HEADER = """\
// The following is auto-generated
#define STRUCT_FOR_STR(NAME, LITERAL) \\
    _STRUCT_FOR_STR(_py_ ## NAME, LITERAL)
#define STRUCT_FOR_ID(NAME) \\
    _STRUCT_FOR_STR(_py_ ## NAME, #NAME)
struct _Py_global_strings {
    struct {
        STRUCT_FOR_STR(anon_lambda, "<lambda>")
        STRUCT_FOR_STR(dbl_percent, "%%")
        STRUCT_FOR_STR(empty, "")
    } literals;
    struct {
        STRUCT_FOR_ID(append)
        STRUCT_FOR_ID(__init__)
    } identifiers;
};
"""


def test_strings_and_their_objects() -> None:
    assert list(static_strings(HEADER).items()) == [
        ("<lambda>", "&_Py_STR(anon_lambda)"),
        ("%%", "&_Py_STR(dbl_percent)"),
        ("", "&_Py_STR(empty)"),
        ("append", "&_Py_ID(append)"),
        ("__init__", "&_Py_ID(__init__)"),
    ]


def test_another_header_is_refused() -> None:
    with pytest.raises(ValueError, match="no static string"):
        static_strings("struct _Py_global_strings { };")
