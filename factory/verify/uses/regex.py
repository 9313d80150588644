"""Use regex: what the standard library's re cannot do."""

import regex


def probe_patterns() -> str:
    """Recursion, fuzzy matching, Unicode properties, overlapping matches, sets."""
    assert regex.fullmatch(r"(\((?:[^()]|(?1))*\))", "(a(b)(c(d)))")
    assert regex.search(r"(?:colour){e<=1}", "my color")
    assert regex.findall(r"\p{Script=Greek}+", "abc αβγ Δ") == ["αβγ", "Δ"]
    assert regex.findall(r"..", "abcd", overlapped=True) == ["ab", "bc", "cd"]
    assert regex.findall(r"[[a-z]--[aeiou]]", "hello", flags=regex.V1) == ["h", "l", "l"]
    assert regex.sub(r"(?i)straße", "x", "STRASSE", flags=regex.F) == "x"
    assert regex.match(r"(?<!x)\X", "e\u0301").group() == "e\u0301"
    return "recursion, fuzzy matches, properties and sets are right"
