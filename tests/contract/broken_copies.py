"""Breaks copies of good packages in ways that a stranger might, and expects
`baitline verify` to refuse each and to name what is wrong with it."""

import random
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import service

SEED = 2
REFUSED = 2
FLIPS_OUTSIDE_FILES = 3


@dataclass
class BrokenCopy:
    how: str
    content: bytes
    # The file that must be named; none where the archive itself is broken.
    inside: str | None


def broken_copies(package: Path, choose: random.Random) -> Iterator[BrokenCopy]:
    good = package.read_bytes()
    with zipfile.ZipFile(package) as archive:
        entries = archive.infolist()
        directory = archive.start_dir
    for entry in entries:
        inside = entry.filename.split("/", 1)[1]
        # Every entry is stored, so that its bytes are the file's own, and stand
        # right before the next entry or the directory.
        after = [
            other.header_offset for other in entries if other.header_offset > entry.header_offset
        ]
        end = min(after, default=directory)
        position = choose.randrange(end - entry.file_size, end)
        yield flipped(good, position, choose, inside)
    for position in [
        0,
        len(good) - 1,
        *choose.sample(range(directory, len(good)), FLIPS_OUTSIDE_FILES),
    ]:
        yield flipped(good, position, choose, None)
    for length in (0, len(good) // 2, len(good) - 1):
        yield BrokenCopy(f"cut to {length} bytes", good[:length], None)
    yield BrokenCopy("one byte longer", good + b"\0", None)


def flipped(good: bytes, position: int, choose: random.Random, inside: str | None) -> BrokenCopy:
    content = bytearray(good)
    content[position] ^= 1 << choose.randrange(8)
    return BrokenCopy(f"one bit of byte {position} flipped", bytes(content), inside)


def expect_refusal(package: Path, broken: BrokenCopy, copy: Path) -> None:
    copy.write_bytes(broken.content)
    verified = subprocess.run(
        [service.BINARY, "verify", str(copy)],
        capture_output=True,
        text=True,
        timeout=service.PATIENCE_SECONDS,
    )
    told = (
        f"{package.name}, {broken.how}: {verified.returncode}\n{verified.stdout}{verified.stderr}"
    )
    assert verified.returncode == REFUSED, told
    lines = verified.stdout.splitlines()
    assert lines and all(line.startswith(f"{copy}: ") for line in lines), told
    if broken.inside:
        assert any(line.startswith(f"{copy}: {broken.inside}: ") for line in lines), told


def main(scratch: Path, packages: list[Path]) -> None:
    choose = random.Random(SEED)
    refused = 0
    for package in packages:
        for broken in broken_copies(package, choose):
            expect_refusal(package, broken, scratch / "broken.zip")
            refused += 1
    assert refused > len(packages), "nothing was broken, so nothing is shown"
    print(f"{refused} broken copies of {len(packages)} packages were refused, each with a reason")


main(Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]])
