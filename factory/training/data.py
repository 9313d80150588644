"""Text and bytes: searching, parsing, writing."""

from __future__ import annotations

import base64
import collections
import csv
import datetime
import hashlib
import io
import json
import math
import pickle
import random
import re
import string
import struct
import textwrap
import urllib.parse
import xml.etree.ElementTree as ET
import zlib
from collections.abc import Callable

_TEXT = (
    "It was the best of times, it was the worst of times, it was the age of wisdom; 1859-11-26 "
    "Charles <charles@example.org> wrote: https://example.org/a?b=c&d=e ÄÖÜ naïve straße 漢字 🙂\n"
)


def strings() -> None:
    """Searching, splitting, joining, formatting, encoding."""
    text = _TEXT * 200
    for _ in range(5):
        assert text.count("times") == 400 and text.find("nowhere") == -1
        assert text.rfind("Charles") > 0 and "🙂" in text and text.index("worst")
        parts = text.split()
        assert " ".join(parts).replace("best", "good").upper().lower().title()
        lines = text.splitlines()
        assert all(line.strip().startswith(("It", "")) for line in lines)
        assert "".join(reversed(text)) and text.partition(";")[0] and text.rsplit(",", 3)
        for word in parts[:1500]:
            assert f"{word!r:>20}|{len(word):05d}|{len(word) / 7:.3f}"
            # Programs have the old form, too, so it is trained.
            assert "%s %d" % (word, 3)  # noqa: UP031
            assert f"{word} {1}" and word.isalpha() in (True, False)
            assert word.encode().decode() == word and word.center(20).strip() == word
            assert word.translate({97: "b"}) and word.casefold() == word.casefold()
        grown = ""
        for n in range(3000):
            grown += chr(97 + n % 26)
        assert len(grown) == 3000
        data = text.encode()
        assert data.find(b"wisdom") > 0 and data.count(b"\n") == 200 and data.split(b" ")
        assert data.decode("utf-8") == text and text.encode("utf-16").decode("utf-16") == text
        latin = data.decode("latin-1")
        assert latin.encode("latin-1") == data and base64.b64decode(base64.b64encode(data)) == data
        assert bytes(bytearray(data)) == data and data.hex() and memoryview(data)[5:9].tobytes()
        assert urllib.parse.urlsplit("https://example.org/a?b=c#d").query == "b=c"
        assert urllib.parse.quote(text[:300]) and string.Template("$a").substitute(a=1) == "1"
        assert textwrap.fill(text[:3000], 70)


_PATTERNS = (
    r"\b\w+@\w+\.org\b",
    r"(\d{4})-(\d\d)-(\d\d)",
    r"https?://[^\s?]+(\?\S*)?",
    r"(?i)it\s+was\s+the\s+(best|worst|age)",
    r"[aeiou]{2,}|[^\W\d_]+ed",
    r"(?P<first>\w)\w*?(?P=first)",
)


def patterns() -> None:
    """Regular expressions: compiling, searching, replacing."""
    text = _TEXT * 30
    for _ in range(4):
        for pattern in _PATTERNS:
            found = re.compile(pattern)
            assert len(found.findall(text)) == sum(1 for _ in found.finditer(text))
            assert found.sub("-", text) != "" and found.split(text[:500])
            re.purge()
        assert re.match(r"(a|b)*c", "ab" * 200 + "c") and re.fullmatch(r".*", text, re.DOTALL)
        scan = re.compile(r"(?P<name>[a-z]+)|(?P<number>\d+)|(?P<other>.)", re.DOTALL)
        assert collections.Counter(m.lastgroup for m in scan.finditer(text))["number"] > 0


Pair = collections.namedtuple("Pair", "one two")


def _record(n: int) -> dict[str, object]:
    return {
        "id": n,
        "name": f"user {n} ä",
        "score": n * 1.25,
        "tags": ["a", "b", str(n)],
        "nested": {"flag": n % 2 == 0, "none": None, "list": list(range(n % 10))},
    }


def serial() -> None:
    """JSON, pickle, struct, CSV, XML, hashes and compression."""
    records = [_record(n) for n in range(400)]
    for _ in range(6):
        text = json.dumps(records)
        assert json.loads(text) == records
        assert json.loads(json.dumps(records, indent=1, sort_keys=True, ensure_ascii=False))
        for record in records[:150]:
            assert json.loads(json.dumps(record)) == record
        for protocol in (2, pickle.HIGHEST_PROTOCOL):
            assert pickle.loads(pickle.dumps(records, protocol)) == records
        pairs = [Pair(n, n + 1) for n in range(300)]
        assert pickle.loads(pickle.dumps(pairs)) == pairs
        packed = b"".join(struct.pack("<IHdq", n, n % 7, n / 3, -n) for n in range(800))
        assert sum(1 for _ in struct.iter_unpack("<IHdq", packed)) == 800
        out = io.StringIO()
        csv.writer(out).writerows([[r["id"], r["name"], r["score"]] for r in records])
        assert len(list(csv.reader(io.StringIO(out.getvalue())))) == 400
        root = ET.Element("root")
        for record in records[:150]:
            ET.SubElement(root, "item", id=str(record["id"])).text = str(record["name"])
        assert len(ET.fromstring(ET.tostring(root)).findall("item")) == 150
        data = text.encode()
        assert zlib.decompress(zlib.compress(data, 6)) == data and zlib.crc32(data)
        assert hashlib.sha256(data).hexdigest() and hashlib.md5(data).digest()
    # The forms in Python, which are used where an object is not the usual one.
    python_pickler = pickle._Pickler(io.BytesIO())
    python_pickler.dump(records[:60])
    assert json.JSONEncoder(default=str).encode({"a": datetime.date(2020, 1, 1), "b": {1, 2}.pop()})


_LATIN = "größe façade naïve straße, olé\n" * 500
_PLAIN = "lorem ipsum dolor sit amet\n" * 700
_WIDE = "漢字とかな交じりの文。🙂\n" * 400


def bulk() -> None:
    """Long loops of C, which count little beside those of the interpreter, and last as long."""
    for text in (_LATIN, _PLAIN, _WIDE):
        for _ in range(25):
            data = text.encode()
            assert data.decode() == text and data.decode("utf-8", "replace") == text
            assert text.replace("t", "--") != text.replace("\n", "") and text.count("o") >= 0
            assert "\n".join(text.split("\n")) == text and len(text.splitlines()) > 300
            assert text.find("nowhere") < 0 <= text.rfind("\n") and "amet x" not in text
            assert data.find(b"nowhere") < 0 <= data.rfind(b"\n") and data.count(b"o") >= 0
            assert text.translate({10: 32}).strip() and data.replace(b"\n", b"") and text[::-1]
            assert data.upper().lower() and text.casefold() and sum(data) and text < text + "x"
    # Loops that take many bytes at once count so little that they would be compiled as cold ones.
    for text, times in ((_LATIN, 300), (_PLAIN, 3000)):
        data = text.encode()
        for _ in range(times):
            assert len(data.decode()) == len(text) and len(text.encode()) == len(data)
    # A table says which bytes go and what becomes of the others.
    data = bytes(range(256)) * 60
    digits, swapped = base64.b16encode(data), bytes(range(256))[::-1]
    for _ in range(60):
        assert base64.b16decode(digits) == data == bytes.fromhex(data.hex())
        assert data.translate(swapped).translate(swapped) == data
        assert len(digits.translate(None, b"02468ACE")) < len(digits) == len(digits.lower())
    numbers = [n / 7 for n in range(2000)]
    for _ in range(8):
        texts = [repr(number) for number in numbers]
        assert [float(text) for text in texts] == numbers
        assert json.loads(json.dumps(numbers)) == numbers
        assert ["%.3f" % n for n in numbers]  # noqa: UP031 (the old form, as above)
        rows = [{"name": str(n), "größe": n, "text": 'a\\b"c' * 3} for n in range(150)]
        assert (
            json.loads(json.dumps(rows)) == rows == json.loads(json.dumps(rows, ensure_ascii=False))
        )
        assert sorted(texts) != sorted(texts, reverse=True) and sorted(numbers, key=abs) == numbers


def long_scans() -> None:
    """Expressions, XML and large numbers over a lot of input."""
    letters = random.Random(3).choices("acgt", k=12_000)
    genome = "".join(letters)
    for pattern in ("agggtaaa|tttaccct", "[cgt]gggtaaa|tttaccc[acg]", "a[act]ggtaaa|tttacc[agt]t"):
        found = re.compile(pattern, re.IGNORECASE)
        assert len(found.findall(genome)) == len(list(found.finditer(genome.upper())))
        assert len(re.compile(pattern.encode()).sub(b"-", genome.encode())) > 10_000
    assert re.sub("[^ac]+", "", genome) and re.split("t+", genome) and re.findall(r"\w+\s", _PLAIN)
    items = "".join(f"<item id='{n}'><name>größe {n}</name><x/></item>" for n in range(400))
    root = ET.fromstring(f"<root>{items}</root>")
    assert sum(1 for _ in root.iter("name")) == 400 and len(root.findall("item/name")) == 400
    assert sum(1 for _ in ET.iterparse(io.BytesIO(ET.tostring(root)))) == 1201
    large = 3**4000
    assert (large * 7**3000) // large % 10 == 7**3000 % 10 and int(str(large)) == large
    assert large << 13 >> 13 == large and math.isqrt(large) ** 2 <= large and hash(large)


PARTS: tuple[Callable[[], None], ...] = (
    strings,
    patterns,
    serial,
    bulk,
    long_scans,
)
