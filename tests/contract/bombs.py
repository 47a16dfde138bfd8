"""Sends files that are small and unfold, or large and hollow, or not what they
say, by every way a file gets in. Each must be answered and none by a fault, the
memory of the program must stay within bounds, and afterwards everything goes on.

`BOMBS_LARGE=8` makes everything so many times larger."""

import os
import struct
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx

import hostile_files
import service
import small_world
import uploads
import whole_world
from hostile_files import book, gzipped, row, wave, zipped
from whole_world import World

LARGER = int(os.environ.get("BOMBS_LARGE", "1"))
MIB = 1 << 20
MOST_MORE_BYTES = 256 * MIB
ANSWERED_SECONDS = 60
# What a planted leak takes.
LEAK_BYTES = 300 * MIB
UNFOLDED = 256 * MIB * LARGER
# A little more than the parts of a workbook may unfold to.
BEYOND = 48 * MIB * LARGER
DEEP = 100_000 * LARGER
LINE_BYTES = 9 * MIB * LARGER
ROWS = 5_000 * LARGER

Made = Callable[[], bytes]


def sheets() -> dict[str, Made]:
    """Workbooks."""
    head = row("number", "reference", "name")
    zeros, wide = bytes(UNFOLDED), "<c/>" * (60_000 * LARGER)
    laughs = "<!DOCTYPE a [<!ENTITY a0 'ха'>" + "".join(
        f"<!ENTITY a{one} '{f'&a{one - 1};' * 10}'>" for one in range(1, 12)
    )
    quadratic = f"<!DOCTYPE a [<!ENTITY a '{'x' * 100_000}'>]>"
    self_named = "<!DOCTYPE a [<!ENTITY % b '<!ENTITY a SYSTEM \"file:///dev/zero\">'> %b;]>"
    strings = f"<sst><si><t>{'я' * (16 * MIB * LARGER)}</t></si></sst>"
    deep = "<is>" * DEEP + "</is>" * DEEP
    inner = zipped({"a": bytes(BEYOND)})
    return {
        "zeros for a sheet": lambda: book("", more={"xl/worksheets/sheet1.xml": zeros}),
        "zeros for texts": lambda: book("", shared="", more={"xl/sharedStrings.xml": zeros}),
        "zeros nobody asked for": lambda: book(head, more={"xl/media/a.bin": zeros[:BEYOND]}),
        "spaces in a sheet": lambda: book(" " * BEYOND),
        "one long cell": lambda: book(row("x" * BEYOND)),
        "a long text": lambda: book(head, shared=strings),
        "many short texts": lambda: book(head, shared=f"<sst>{'<si><t>x</t></si>' * (200_000 * LARGER)}</sst>"),
        "a row of many cells": lambda: book(f"<row>{wide}</row>"),
        "many empty rows": lambda: book("<row/>" * (150_000 * LARGER)),
        "rows far away": lambda: book(head + row("x", number=1_048_576) + '<row r="4294967295"/>'),
        "a cell far away": lambda: book(head + '<row r="2"><c r="XFD1048576"><v>1</v></c></row>'),
        "a column of no number": lambda: book(head + f'<row r="2"><c r="{"Z" * 4_000}2"/></row>'),
        "laughs": lambda: book(row("&a11;"), before=f"{laughs}]>"),
        "a long entity often": lambda: book(row("&a;" * 100_000), before=quadratic),
        "an entity of a device": lambda: book(row("&a;"), before=self_named),
        "cells in cells": lambda: book(f"<row><c>{deep}</c></row>"),
        "a long attribute": lambda: book(f'<row r="{"1" * (32 * MIB)}"/>'),
        "a long name": lambda: book(f"<{'a' * (32 * MIB)}/>"),
        "a comment": lambda: book(f"<!--{'-+' * (16 * MIB)}-->"),
        "many attributes": lambda: book("<row " + " ".join(f'a{one}="1"' for one in range(200_000)) + "/>"),
        "a zip in a zip": lambda: book(head, more={"xl/worksheets/sheet1.xml": inner}),
        "many entries": lambda: book(head, more={f"xl/a{one}": "" for one in range(20_000)}),
        "entries of one name": lambda: overlapping(200, MIB),
        "a path out of the archive": lambda: book(head, more={"../../../../tmp/baitline": "x"}),
        "a size that is not so": lambda: lying(book(head)),
        "half an archive": lambda: book(head)[:-40],
        "the end alone": lambda: b"PK\x05\x06" + bytes(18),
        "zip64 of everything": lambda: b"PK\x06\x06" + b"\xff" * 200 + b"PK\x05\x06" + b"\xff" * 18,
        "an unknown method": lambda: book(head).replace(b"\x08\x00", b"\x63\x00"),
    }


def texts() -> dict[str, Made]:
    """CSV, lines, JSON and Markdown."""
    return {
        "one long line": lambda: b"x" * LINE_BYTES,
        "an open quote": lambda: b'number,name\n"' + b"a," * (LINE_BYTES // 2) + b"\n" * ROWS,
        "nothing but quotes": lambda: b'"' * LINE_BYTES,
        "nothing but commas": lambda: b"," * LINE_BYTES,
        "nothing but line ends": lambda: b"\n" * (MIB * LARGER),
        "zeros": lambda: bytes(LINE_BYTES),
        "a wide header": lambda: b",".join(b"c%d" % one for one in range(200_000)) + b"\n1\n",
        "one column often": lambda: b",".join([b"number"] * 100_000) + b"\n1\n",
        "deep arrays": lambda: b"[" * (10 * DEEP),
        "deep arrays that close": lambda: b"[" * DEEP + b"]" * DEEP,
        "deep objects": lambda: b'{"a":' * DEEP + b"1" + b"}" * DEEP,
        "deep in a field": lambda: b'{"extra":' + b"[" * DEEP + b"]" * DEEP + b"}",
        "one long text": lambda: b'{"source":"' + b"x" * LINE_BYTES + b'"}',
        "one long number": lambda: b'{"revision":' + b"9" * LINE_BYTES + b"}",
        "a text that never ends": lambda: b'[{"source":"' + b"\\u0041" * (LINE_BYTES // 6),
        "many names": lambda: b"{" + b",".join(b'"a%d":1' % one for one in range(ROWS * 10)) + b"}",
        "many nulls": lambda: b"[" + b"null," * (ROWS * 40) + b"null]",
        "many empty objects": lambda: b"[" + b"{}," * (ROWS * 4) + b"{}]",
        "lines of nothing": lambda: b"{}\n" * (ROWS * 4),
        "blocks in blocks": lambda: b"{% for a in b %}" * 4_000 + b"{% endfor %}" * 4_000,
        "a product of loops": lambda: b"{% for a in '" + b"x" * 4_000 + b"' %}" * 8,
        "quotes in quotes": lambda: b"# A\n\n" + b">" * 60_000 + b" x",
        "stars and brackets": lambda: b"# A\n\n" + b"*_[" * 20_000,
        "gzip": lambda: gzipped(UNFOLDED),
    }


def sounds_and_scans() -> dict[str, Made]:
    """Recordings, images and documents."""
    most = 0xFFFFFFFF
    flac = b"fLaC\x80\0\0\x22" + struct.pack(">HH", 16, 65_535) + b"\xff" * 30
    ogg = b"OggS\0\x02" + b"\xff" * 20 + b"\xff" + b"\xff" * 255 + b"\x01vorbis" + b"\xff" * 64
    box = struct.pack(">I4s", 24, b"ftyp") + b"M4A \0\0\2\0M4A mp42"
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 2**31 - 1, 2**31 - 1, 16, 6, 0, 0, 0))
    zeros = zlib.compress(bytes(64 * MIB), 9)
    return {
        "a wave of all sizes at their most": lambda: wave(b"\0" * 64, riff=most, data=most),
        "no channels": lambda: wave(bytes(64), channels=0),
        "all channels": lambda: wave(bytes(64), channels=65_535, bits=32),
        "no samples a second": lambda: wave(bytes(64), rate=0),
        "all samples a second": lambda: wave(bytes(64), rate=most),
        "no bits": lambda: wave(bytes(64), bits=0),
        "a format of all bytes": lambda: wave(bytes(64), fmt=most),
        "sizes of nothing": lambda: wave(bytes(4 * MIB), riff=0, data=0),
        "many pieces": lambda: wave(b"") [:12] + b"junk\0\0\0\0" * (MIB // 2),
        "a tag of 256 MiB": lambda: b"ID3\x04\0\0\x7f\x7f\x7f\x7f" + bytes(4_096),
        "frames of nothing": lambda: b"ID3\x03\0\0\0\0\x7f\x7f" + b"TIT2\0\0\0\0\0\0" * 1_600,
        "an MPEG of ones": lambda: b"\xff\xfb\xe0\x64" * (MIB // 4),
        "a FLAC of blocks that are not": lambda: flac + b"\xff" * 4_096,
        "a picture in a FLAC": lambda: b"fLaC\x06\xff\xff\xff" + b"\xff" * 4_096,
        "an Ogg of ones": lambda: ogg * 200,
        "boxes in boxes": lambda: box + nested(4_000),
        "a table of 4 milliards": lambda: box + moov(b"stsz", b"\0" * 8 + b"\xff" * 4),
        "a box that is larger than all": lambda: box + struct.pack(">I4sQ", 1, b"mdat", 2**63),
        "a box of no size": lambda: box + b"\0\0\0\0moov" * 1_000,
        "a picture of 2 milliards squared": lambda: png + chunk(b"IDAT", zeros) + chunk(b"IEND", b""),
        "a text in a picture": lambda: png + chunk(b"zTXt", b"a\0\0" + zeros),
        "a JPEG of 65,535 squared": lambda: b"\xff\xd8\xff\xc0\0\x11\x08" + b"\xff" * 4 + b"\x03" + bytes(64),
        "a PDF of streams": lambda: b"%PDF-1.4\n1 0 obj<</Length 1e9/Filter/FlateDecode>>stream\n" + zeros,
        "a PDF of arrays": lambda: b"%PDF-1.4\n" + b"[" * DEEP,
        "a PDF that is a zip": lambda: b"%PDF-1.4\n" + zipped({"a": bytes(BEYOND)}),
        "a picture that is a page": lambda: b"\x89PNG\r\n\x1a\n<script>alert(1)</script>" + bytes(64),
        "large and hollow": lambda: wave(bytes(48 * MIB * LARGER)),
    }


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def nested(depth: int) -> bytes:
    """Boxes, each around the next."""
    return b"".join(struct.pack(">I4s", 8 * (depth - one), b"moov") for one in range(depth))


def moov(kind: bytes, told: bytes) -> bytes:
    inside = struct.pack(">I4s", 12 + len(told), kind) + bytes(4) + told
    for around in (b"stbl", b"minf", b"mdia", b"trak", b"moov"):
        inside = struct.pack(">I4s", 8 + len(inside), around) + inside
    return inside


def overlapping(entries: int, size: int) -> bytes:
    """An archive whose entries are all the same bytes: it unfolds to many times
    what a reader who adds up the sizes of one expects."""
    whole = zipped({"xl/worksheets/sheet1.xml": bytes(size)})
    at = whole.index(b"PK\x01\x02")
    end = whole.index(b"PK\x05\x06")
    listed = whole[at:end] * entries
    tail = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, entries, entries, len(listed), at, 0)
    return whole[:at] + listed + tail


def lying(archive: bytes) -> bytes:
    """The same with sizes of zero in its list."""
    at = archive.index(b"PK\x01\x02")
    return archive[: at + 20] + bytes(8) + archive[at + 28 :]


def families() -> dict[str, dict[str, Made]]:
    return {"sheets": sheets(), "texts": texts(), "sounds and scans": sounds_and_scans()}


def fitting(media: str) -> str:
    match media:
        case uploads.SHEET:
            return "sheets"
        case "text/csv" | "application/json" | "application/x-ndjson" | "text/markdown":
            return "texts"
        case _:
            return "sounds and scans"


class Memory:
    """What a process has in memory at its most, as the kernel counts it."""

    def __init__(self, process: int) -> None:
        self.status = Path(f"/proc/{process}/status")
        # The kernel forgets the peak so far.
        Path(f"/proc/{process}/clear_refs").write_text("5")
        self.start = self.now("VmRSS")

    def now(self, name: str) -> int:
        [line] = [one for one in self.status.read_text().splitlines() if one.startswith(f"{name}:")]
        return int(line.split()[1]) * 1024

    def more(self) -> int:
        return self.now("VmHWM") - self.start

    def check(self) -> None:
        more = self.more()
        assert more <= MOST_MORE_BYTES, f"it took {more // MIB} MiB more, beyond {MOST_MORE_BYTES // MIB}"


class Siege:
    """Sends, counts, and notes what took longest and most."""

    def __init__(self, world: World, process: int) -> None:
        self.world = world
        self.memory = Memory(process)
        self.answers: dict[int, int] = {}
        self.slowest: tuple[float, str] = (0.0, "")
        self.files: set[str] = set()
        self.grew: list[tuple[int, str]] = []

    def send(self, name: str, ask: Callable[[], httpx.Response]) -> None:
        before, begun = self.memory.more(), time.monotonic()
        try:
            answer = ask()
        except httpx.NetworkError:
            # It answered, did not want the rest, and hung up.
            self.world.http.get("/healthz").raise_for_status()
            self.answers[0] = self.answers.get(0, 0) + 1
            self.note(name, before, begun)
            return
        assert answer.status_code < 500, f"{name}: {answer.status_code} {answer.text[:300]}"
        self.answers[answer.status_code] = self.answers.get(answer.status_code, 0) + 1
        self.note(name, before, begun)

    def note(self, name: str, before: int, begun: float) -> None:
        took = time.monotonic() - begun
        assert took < ANSWERED_SECONDS, f"{name}: {took:.0f} s"
        self.slowest = max(self.slowest, (took, name))
        if self.memory.more() > before + 16 * MIB:
            self.grew.append(((self.memory.more() - before) // MIB, name))

    def lay(self) -> None:
        routes: dict[str, list[uploads.Upload]] = {}
        for upload in uploads.of(self.world):
            routes.setdefault(fitting(upload.media), []).append(upload)
        for family, files in families().items():
            for name, made in files.items():
                content = made()
                self.files.add(name)
                for upload in routes[family]:
                    self.send(f"{name}: {upload}", lambda: upload.send(content, f"{name[:40]}.bin"))
                self.compressed(name, content)
                self.check_memory()
            # A file under a type that it is not.
            for upload in (one for other, known in routes.items() if other != family for one in known):
                self.send(f"{name}: {upload}", lambda: upload.send(content[: 4 * MIB], "a"))

    def compressed(self, name: str, content: bytes) -> None:
        """What claims to be compressed on its way must not be unfolded."""
        kinds = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        self.send(
            f"{name}, compressed",
            lambda: self.world.http.post("/v1/labels", content=content[:MIB], headers=kinds),
        )

    def check_memory(self) -> None:
        try:
            self.memory.check()
        except AssertionError as error:
            raise AssertionError(f"{error}: {self.grew}") from None

    def bodies(self) -> None:
        """Every operation that takes JSON."""
        for name in ("deep arrays", "deep objects", "one long text", "many names", "one long number"):
            content = texts()[name]()
            for operation in self.world.operations:
                self.send(f"{name}: {operation}", lambda: self.world.send(operation, content))
        self.check_memory()

    def on_the_shelf(self) -> None:
        """Recordings of the offender's calls, and the package that holds them."""
        place = {"client_id": self.world.other, "source": "recorder"}
        for number, (name, made) in enumerate(sounds_and_scans().items()):
            call = {
                "external_id": f"bomb-{number}",
                "bait": small_world.OTHER_BAIT,
                "direction": "incoming",
                "caller": small_world.OFFENDER,
                "occurred_at": small_world.at(13 + number // 20, 3 * (number % 20)),
                "connected_seconds": 42,
            }
            self.world.http.post("/v1/calls", params=place, json=call).raise_for_status()
            self.send(
                f"{name}: a recording",
                lambda: self.world.http.put(
                    "/v1/recordings",
                    params=place | {"external_id": f"bomb-{number}"},
                    content=made(),
                    headers={"Content-Type": "audio/wav"},
                ),
            )
        self.world.derived(self.world.other)
        self.world.export(self.world.other)

    def wait_for_files(self) -> None:
        """What was taken to be read later is read, or refused, by the worker."""

        def are_read() -> bool:
            found = self.world.http.get("/v1/files", params={"limit": 1000}).raise_for_status()
            return all(is_over(one) for one in found.json()["items"])

        service.wait_for("the files", are_read)
        self.check_memory()


def is_over(file: dict[str, Any]) -> bool:
    return file["state"] not in ("queued", "running")


def of_the_image(name: str) -> str:
    """What the image sets: memory is promised for the program as it is delivered."""
    lines = Path("docker/Dockerfile").read_text().splitlines()
    [value] = [one.partition("=")[2] for one in lines if one.startswith(f"ENV {name}=")]
    return value


def own_processes() -> Iterator[int]:
    """The processes of the program that this one started."""
    mine = str(os.getpid())
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            status = (folder / "status").read_text()
            if f"PPid:\t{mine}\n" in status and os.readlink(folder / "exe") == str(Path(service.BINARY).resolve()):
                yield int(folder.name)
        except OSError:
            continue


def besiege(folder: Path) -> None:
    folder.mkdir()
    settings = whole_world.SETTINGS | {"MALLOC_ARENA_MAX": of_the_image("MALLOC_ARENA_MAX")}
    with whole_world.entered(service.on_sqlite(folder, **settings), folder) as world:
        [process] = own_processes()
        calm = world.facts(world.other)
        siege = Siege(world, process)
        siege.lay()
        siege.bodies()
        siege.wait_for_files()
        assert world.facts(world.other) == calm, "another client's report has changed"
        siege.on_the_shelf()
        siege.check_memory()
        assert len(siege.files) >= 60, len(siege.files)
        took, name = siege.slowest
        print(
            f"{len(siege.files)} files, {sum(siege.answers.values())} requests "
            f"({dict(sorted(siege.answers.items()))}), +{siege.memory.more() // MIB} MiB at most; "
            f"slowest {took:.1f} s ({name})"
        )
        print(f"  most taken by: {sorted(siege.grew, reverse=True)[:5]}")


def expect_planted() -> None:
    """A process that does take the memory must be found."""
    memory = Memory(os.getpid())
    leak = bytearray(LEAK_BYTES)
    leak[::4096] = b"x" * len(leak[::4096])
    try:
        memory.check()
    except AssertionError:
        return
    raise SystemExit("a planted leak was not found")


def main() -> None:
    # A backtrace of a decoder's panic reads all debug information of a debug build.
    os.environ["RUST_BACKTRACE"] = "0"
    with whole_world.scratch() as folder:
        besiege(folder / "sqlite")
    expect_planted()
    print("the planted leak was found")


if __name__ == "__main__":
    main()
