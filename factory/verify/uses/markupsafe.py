"""Use MarkupSafe with its C escape."""

import markupsafe
from markupsafe import _speedups


def probe_escaping() -> str:
    """Escape one, two and four byte strings."""
    assert markupsafe._escape_inner is _speedups._escape_inner
    for letter in ("a", "é", "ł", "\N{SNOWMAN}", "\N{PILE OF POO}"):
        text = f"<{letter}&'\">" * 100
        wanted = f"&lt;{letter}&amp;&#39;&#34;&gt;" * 100
        assert markupsafe.escape(text) == wanted
        assert markupsafe.Markup(wanted).unescape() == text
    assert markupsafe.Markup("<b>%s</b>") % "<" == "<b>&lt;</b>"
    return "escaped and unescaped"
