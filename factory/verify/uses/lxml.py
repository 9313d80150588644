"""Use lxml: XPath, XSLT, schemas, HTML, errors."""

from lxml import etree, html

_STYLE = b"""<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
<xsl:output method="text"/>
<xsl:template match="/"><xsl:for-each select="//b"><xsl:sort select="@n" data-type="number"/>
<xsl:value-of select="."/>;</xsl:for-each></xsl:template></xsl:stylesheet>"""
_SCHEMA = b"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
<xs:element name="n" type="xs:positiveInteger"/></xs:schema>"""


def probe_xml() -> str:
    """Query, transform and validate."""
    tree = etree.fromstring("<a><b n='10'>zehn</b><b n='9'>neün</b></a>")
    assert tree.xpath("string(//b[@n > 9])") == "zehn"
    assert tree.xpath("sum(//@n)") == 19
    said = str(etree.XSLT(etree.fromstring(_STYLE))(tree))
    assert "".join(said.split()) == "neün;zehn;", said
    schema = etree.XMLSchema(etree.fromstring(_SCHEMA))
    assert schema.validate(etree.fromstring("<n>1</n>"))
    assert not schema.validate(etree.fromstring("<n>-1</n>"))
    return "XPath, XSLT and schemas are right"


def probe_html_and_encodings() -> str:
    """Repair HTML, decode through the libc's iconv, refuse broken XML."""
    page = html.fromstring("<p>one<p>two <a href=/x>x</a>")
    page.make_links_absolute("https://example.invalid/")
    assert page.xpath("//a/@href") == ["https://example.invalid/x"]
    latin = '<?xml version="1.0" encoding="iso-8859-15"?><a>€</a>'.encode("iso-8859-15")
    assert etree.fromstring(latin).text == "€"
    try:
        etree.fromstring("<a><b></a>")
    except etree.XMLSyntaxError:
        return "HTML is repaired, encodings are read, broken XML is refused"
    raise AssertionError("broken XML was accepted")
