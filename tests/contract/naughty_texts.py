"""Texts that programs have stumbled over, by what is wrong with them, and JSON
that is none. All are written here after the kinds of trouble; none is copied."""

import itertools
import json
from collections.abc import Iterator

LONG = (65, 201, 1_001, 10_001, 100_001)
LONGEST = 2_000_000
DEEP = 100_000

TEXTS: dict[str, list[str]] = {
    "empty": ["", " ", "\t", "\n", "\r\n", "\u00a0", "\u2003", "\u3000", "\u00ad", "."],
    "control": [chr(code) for code in range(0x20)] + ["\x7f", "\x80", "\x85", "\x9f", "a\0b", "\0", "a\x1b[31mb\x1b[0m"],
    "unseen": ["\u200b", "a\u200bb", "\u200c", "\u200d", "\u2060", "\ufeff", "\ufeffa", "\u180e", "\u115f", "\u3164", "\u2800"],
    "direction": ["\u202e", "a\u202eb", "\u202d", "\u200f", "\u2066a\u2069", "\u2067", "\u061c", "exe.\u202epdf"],
    "other writing": ["مرحبا بالعالم", "שלום", "你好", "नमस्ते", "ไทย", "Ω≈ç√∫", "ÅÍÎÏ", "﷽", "ﬁ", "ǅ", "İi̇ıI", "ß", "ſ", "ё"],
    "combining": ["e\u0301", "\u0301", "Z" + "\u0335\u0321\u0489" * 60, "о" + "\u0301" * 1_000, "한", "\u1112\u1161\u11ab"],
    "emoji": ["😀", "👨‍👩‍👧‍👦", "🏳️‍🌈", "🇷🇺", "✋🏿", "1️⃣", "🫠", "👍" * 40],
    "beyond": ["\U0010ffff", "\uffff", "\ufffe", "\ufffd", "\U000e0001", "\U0001d400", "\ue000", "\ufdd0"],
    "surrogates": ["\ud800", "\udfff", "a\ud83d", "\ude00\ud83d", "\udbff\udfff"],
    "line ends": ["a\u2028b", "a\u2029b", "a\x0bb", "a\x0cb", "a\r\nSet-Cookie: b=1", "a\nb: c"],
    "statements": ["'", "''", '"', "`", "';--", "'; DROP TABLE clients;--", "1 OR 1=1", "' OR ''='", "\\'", "$$", "E'\\000'", "%", "_", "%%", "*", "?", "$1", ":a", "{}", "{NULL}", '{"a"}', "NULL", "null", "undefined", "nil", "None", "true", "DEFAULT"],
    "pages": ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "</title><svg onload=alert(1)>", "&lt;b&gt;", "&#0;", "&amp;amp;", "<![CDATA[a]]>", "]]>", "<!--", "<?xml?>", "<!DOCTYPE a>", "javascript:alert(1)"],
    "templates": ["{{7*7}}", "{{ config }}", "{% for a in b %}", "{# a #}", "${7*7}", "#{7*7}", "<%= 7*7 %>", "{{''.__class__}}", "#eval(\"1\")", "#import \"a\"", "#read(\"/etc/passwd\")", "$ x^2 $", "@a", "<a>", "*a*", "_a_", "= a", "- a", "/* a", "// a", "\\", "\\u{0}", "#[", "#{", "[a](b)", "![a](b)", "```", "---", "|a|b|"],
    "formulas": ["=1+1", "+1+1", "-1+1", "@SUM(1)", "=HYPERLINK(\"http://a\",\"b\")", "=cmd|' /C calc'!A0", "\t=1+1", "\r=1+1", "＝1+1", " =1+1", "=\"a\"", "'=1+1", "+79160000101", "0x10", "1e5", "00012", "1/2", "3-4"],
    "formats": ["%s", "%n", "%d%d%d%s", "%x" * 40, "{0}", "{a.b}", "{:>1000000}", "$(id)", "`id`", "; id", "| id", "&& id", "$HOME", "~", "\\\\a\\b", "%00", "%0d%0aa: b", "%c0%ae", "&#x0;"],
    "paths": ["../../../../etc/passwd", "..\\..\\a", "/etc/passwd", "C:\\a", "CON", "NUL", "aux.txt", "a/b", "a\\b", ".", "..", "...", "a.", "-rf", "--help", "file:///etc/passwd", ".htaccess", "a" * 255 + ".pdf"],
    "numbers": ["0", "-0", "1", "-1", "1.0", "1,5", "1e400", "-1e400", "NaN", "Infinity", "-Infinity", "9223372036854775807", "9223372036854775808", "-9223372036854775809", "18446744073709551616", "340282366920938463463374607431768211456", "0" * 400, "9" * 400, "٣", "１２", "½", "Ⅷ", "+7916000010", "+7916000010111111111", "8 (916) 000-00-01", "tel:+79160000001", "anonymous", "+0", "++7", "+7(916)000-00-01;ext=1"],
    "times": ["2026-02-30", "2026-13-01", "0000-01-01", "9999-12-31", "10000-01-01", "-0001-01-01", "2026-10-05T24:00:00Z", "2026-10-05T23:59:60Z", "2026-10-05T10:00:00", "2026-10-05T10:00:00+99:99", "2026-10-05T10:00:00.123456789123Z", "2026-10-05T10:00:00-00:00", "2026-10-25T02:30:00[Europe/Berlin]", "1970-01-01T00:00:00Z", "+275760-09-13T00:00:00Z", "now", "infinity", "-infinity", "epoch", "today", "Europe/Moscow", "../Moscow", "UTC+3"],
    "ids": ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff", "{0197a5b0-7c1e-7d3a-9a51-0000000000ff}", "0197a5b07c1e7d3a9a510000000000ff", "urn:uuid:0197a5b0-7c1e-7d3a-9a51-0000000000ff", "0197a5b0-7c1e-7d3a-9a51-0000000000f", "0197A5B0-7C1E-7D3A-9A51-0000000000FF"],
    "long": [letter * size for size in LONG for letter in ("x", "я", "😀")],
}

# Values that are no text where text is meant.
OTHER_KINDS = [None, True, False, 0, -1, 1.5, 10**30, [], {}, [[]], {"": ""}, ["a", "b"], {"a": None}]


def all_texts() -> list[tuple[str, str]]:
    return [(kind, text) for kind, texts in TEXTS.items() for text in texts]


def broken_values() -> dict[str, bytes]:
    """In the place of a value: never JSON (RFC 8259), whatever is around it."""
    numbers = "01 -01 +1 1. .1 1.e1 1e 1e+ 1E- 0x1 1_000 - -- 1-1 0b1 0o7 00 -.5 1e1.5 ++1 1 2".split(" ")
    words = "NaN Infinity -Infinity nan inf True TRUE False None nul nulll tru undefined a 'a' `a` a:b new".split(" ")
    found = {f"number {one}": one.encode() for one in numbers if one not in ("1", "2")}
    found["two numbers"] = b"1 2"
    found |= {f"word {one}": one.encode() for one in words}
    for code in range(0x20):
        found[f"control {code:02x} in a text"] = b'"a' + bytes([code]) + b'b"'
    for escape in (b"\\x41", b"\\a", b"\\0", b"\\'", b"\\u", b"\\u12", b"\\u123g", b"\\U0041", b"\\", b"\\\n", b"\\u{41}"):
        found[f"escape {escape!r}"] = b'"' + escape + b'"'
    for name, octets in {
        "a lone continuation": b"\x80",
        "a cut sequence": b"\xe2\x82",
        "an overlong slash": b"\xc0\xaf",
        "an overlong zero": b"\xc0\x80",
        "a surrogate": b"\xed\xa0\x80",
        "beyond the last": b"\xf4\x90\x80\x80",
        "five octets": b"\xf8\x88\x80\x80\x80",
        "no octets of any text": b"\xff\xfe",
        "latin": "ж".encode("cp1251"),
    }.items():
        found[f"octets: {name}"] = b'"' + octets + b'"'
    shapes = ['"a', "a\"", "'a'", "[1,]", "[,1]", "[1 2]", "[1,,2]", "[1", "1]", "[1}", "{1}", "{a:1}", "{'a':1}", '{"a"}', '{"a":}', '{"a":1,}', '{,"a":1}', '{"a":1 "b":2}', '{"a":1', '{"a":1]', '{"a" 1}', '{"a"::1}', '{:1}', '{1:1}', '{null:1}', '{"a":1;"b":2}', "[1;2]", "(1)", "[1]]", "{}}", '"a""b"', '"a" "b"', "[]{}", "/**/1", "1//a", "#", "<a/>", "&", "=1", "\x00", "\u00a01", "\u20281", "\x0c1", "\x0b1", '{"a":1}{"b":2}', '["a"', '["a",', '{"a":"b"', '{"a":"b",', '{"a', '[[[', '{"a":{"a":{']
    found |= {f"shape {one!r}": one.encode() for one in shapes}
    return found


def broken_documents(good: bytes) -> Iterator[tuple[str, bytes]]:
    """Bodies that are never JSON, made of one that is."""
    yield "nothing", b""
    yield "spaces", b" \t\r\n"
    yield "a mark and nothing", b"\xef\xbb\xbf"
    yield "zeros", bytes(16)
    yield "UTF-16", good.decode().encode("utf-16")
    yield "UTF-16, no mark", good.decode().encode("utf-16-le")
    yield "UTF-32", good.decode().encode("utf-32")
    yield "twice", good + good
    yield "a comma after", good + b","
    yield "a letter after", good + b"x"
    yield "a zero after", good + b"\0"
    yield "a comment before", b"/* a */" + good
    yield "in brackets", b"(" + good + b")"
    yield "a form feed before", b"\x0c" + good
    for name, octets in (("open arrays", b"["), ("open objects", b'{"a":'), ("arrays of objects", b'[{"":')):
        yield name, octets * DEEP
    for at in itertools.chain(range(1, min(len(good), 24)), range(24, len(good), 17)):
        # What is cut within spaces at the end would still be whole.
        yield f"cut at {at}", good[:at].rstrip()


def strange_values() -> dict[str, bytes]:
    """JSON, and yet unusual: any answer but a fault of ours."""
    found = {
        name: json.dumps(text).encode()
        for name, text in {"escaped zero": "\0", "escaped surrogate": "\ud800", "pair": "😀"}.items()
    }
    found |= {
        f"number {one}": one.encode()
        for one in "-0 0e1 1E400 -1e-400 1e9999999999 123123e100000 0.1e1 1.0000000000000000000000000000001".split()
    }
    found["a thousand digits"] = b"9" * 1_000
    found["a thousand digits after the point"] = b"0." + b"1" * 1_000
    found["the same name twice"] = b'{"a":1,"a":2}'
    found["an empty name"] = b'{"":0}'
    found["a name of a zero"] = b'{"\\u0000":0}'
    found["deep and closed"] = b"[" * 120 + b"]" * 120
    found["deeper and closed"] = b"[" * 10_000 + b"]" * 10_000
    found["spaces"] = b" \t\r\n1 \t\r\n"
    found["long"] = b'"' + b"x" * 1_000_000 + b'"'
    found["escapes"] = b'"' + b"\\u0430" * 5_000 + b'"'
    return found
