"""Packages of many seeds through `unzip`, `sha256sum`, `bagit.py` and `openssl`,
which know nothing of this program, and through `baitline verify`; and copies of
them broken so that each tool has something that it must refuse."""

import hashlib
import os
import random
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

BINARY = Path(os.environ["BAITLINE_TEST_BINARY"])
# Built with the tests.
MAKER = BINARY.parent / "examples" / "packages"
MAKERS = 2
PACKAGES = 20
# Made, checked and deleted at a time, so that the disk holds few.
BATCH = 100
# Of so many packages one is broken in every way.
BROKEN_EVERY = 20
SECONDS = 600
FIRST_SEED = 20_261_129

TAG_MANIFEST = "tagmanifest-sha256.txt"
MANIFEST = "manifest-sha256.txt"
STAMP = f"{TAG_MANIFEST}.tsr"


def passes(*command: str, folder: Path | None = None) -> bool:
    done = subprocess.run(command, cwd=folder, capture_output=True, timeout=SECONDS)
    return done.returncode == 0


def unzip(bag: Path) -> bool:
    return passes("unzip", "-tq", f"{bag}.zip")


def sha256sum(bag: Path) -> bool:
    return passes("sha256sum", "--check", "--strict", "--quiet", MANIFEST, TAG_MANIFEST, folder=bag)


def bagit(*bags: Path) -> bool:
    return passes("bagit.py", "--quiet", "--validate", *map(str, bags))


def signature(bag: Path) -> bool:
    what = ["-in", TAG_MANIFEST, "-sigfile", f"{TAG_MANIFEST}.sig"]
    key = ["-pubin", "-inkey", "signing-key.pem", "-rawin"]
    return passes("openssl", "pkeyutl", "-verify", *key, *what, folder=bag)


def time_stamp(bag: Path) -> bool:
    # The time that the made-up authority tells is not this machine's.
    at = ["-CAfile", str(bag.parent / "root.pem"), "-attime", "1795166500"]
    return passes("openssl", "ts", "-verify", "-data", TAG_MANIFEST, "-in", STAMP, *at, folder=bag)


def verify(*packages: Path) -> bool:
    return passes(str(BINARY), "verify", *map(str, packages))


# What is broken in a bag, or in the archive of it.
def flip(path: Path, choose: random.Random) -> None:
    content = bytearray(path.read_bytes())
    content[choose.randrange(len(content))] ^= 1 << choose.randrange(8)
    path.write_bytes(content)


def flip_payload(bag: Path, choose: random.Random) -> None:
    files = [path for path in (bag / "data").rglob("*") if path.is_file() and path.stat().st_size]
    flip(choose.choice(sorted(files)), choose)


def flip_tag_file(bag: Path, choose: random.Random) -> None:
    names = ("README.txt", "bag-info.txt", "bagit.txt", "signing-key.pem", MANIFEST)
    flip(bag / choose.choice(names), choose)


def flip_archive(bag: Path, choose: random.Random) -> None:
    """In the content of a file, where `unzip` looks."""
    archive = Path(f"{bag}.zip")
    with zipfile.ZipFile(archive) as entries:
        entry = choose.choice([one for one in entries.infolist() if one.file_size])
        name = entry.filename.encode()
    content = bytearray(archive.read_bytes())
    start = entry.header_offset + 30 + len(name)
    content[start + choose.randrange(entry.file_size)] ^= 1 << choose.randrange(8)
    archive.write_bytes(content)


def remove(bag: Path, choose: random.Random) -> None:
    choose.choice(sorted((bag / "data").glob("register.*"))).unlink()


def add(bag: Path, _: random.Random) -> None:
    (bag / "data" / "added.txt").write_text("x")


def forge(bag: Path, _: random.Random) -> None:
    """Changes the register and makes all sums anew: only a signature tells."""
    with (bag / "data" / "register.csv").open("ab") as register:
        register.write(b",\r\n")
    info = bag / "bag-info.txt"
    payload = [path for path in (bag / "data").rglob("*") if path.is_file()]
    oxum = f"Payload-Oxum: {sum(path.stat().st_size for path in payload)}.{len(payload)}"
    lines = info.read_text().splitlines()
    kept = [oxum if line.startswith("Payload-Oxum: ") else line for line in lines]
    info.write_text("\n".join(kept) + "\n")
    for manifest in (MANIFEST, TAG_MANIFEST):
        names = [line.split("  ", 1)[1] for line in (bag / manifest).read_text().splitlines()]
        digests = [hashlib.sha256((bag / name).read_bytes()).hexdigest() for name in names]
        sums = [f"{digest}  {name}\n" for digest, name in zip(digests, names, strict=True)]
        (bag / manifest).write_text("".join(sums))


def flip_signature(bag: Path, choose: random.Random) -> None:
    flip(bag / f"{TAG_MANIFEST}.sig", choose)


def flip_stamp(bag: Path, _: random.Random) -> None:
    """In the signature at its end: some bytes before are signed by nobody."""
    content = bytearray((bag / STAMP).read_bytes())
    content[-1] ^= 1
    (bag / STAMP).write_bytes(content)


Fault = Callable[[Path, random.Random], None]
Tool = Callable[[Path], bool]
# Each fault with the tools that must refuse it, and those that cannot see it.
FAULTS: list[tuple[Fault, list[Tool], list[Tool]]] = [
    (flip_payload, [sha256sum, bagit], [signature]),
    (flip_tag_file, [sha256sum, bagit], []),
    (flip_archive, [unzip], []),
    (remove, [sha256sum, bagit], []),
    # The file is in no list, so only who compares the folder with the list sees it.
    (add, [bagit], [sha256sum]),
    (forge, [signature, time_stamp], [sha256sum, bagit]),
    (flip_signature, [signature], [sha256sum, bagit]),
    (flip_stamp, [time_stamp], [sha256sum, bagit, signature]),
]


def unpack(package: Path) -> Path:
    with zipfile.ZipFile(package) as archive:
        archive.extractall(package.parent)
    return package.with_suffix("")


def make(folder: Path, key: Path, first: int, many: int) -> list[Path]:
    """Packages of as many seeds, by several processes at once."""
    makers = []
    for number in range(MAKERS):
        begin, end = (first + many * part // MAKERS for part in (number, number + 1))
        seeds = [str(begin), str(end - begin)]
        makers.append(subprocess.Popen([str(MAKER), str(folder), str(key), *seeds]))
    assert all(maker.wait(SECONDS) == 0 for maker in makers), "a package cannot be made"
    packages = sorted(folder.glob("*.zip"))
    assert len(packages) == many, f"{len(packages)} packages instead of {many}"
    return packages


def check(packages: list[Path], accepted: Counter) -> list[Path]:
    """Every tool on every package; gives the unpacked bags."""
    bags = [unpack(package) for package in packages]
    assert verify(*packages), "baitline verify refuses a good package"
    accepted["baitline verify"] += len(bags)
    assert bagit(*bags), "bagit.py refuses a good bag"
    accepted["bagit.py"] += len(bags)
    for bag in bags:
        stamped = [time_stamp] if (bag / STAMP).exists() else []
        for tool in (unzip, sha256sum, signature, *stamped):
            assert tool(bag), f"{tool.__name__} refuses {bag}"
            accepted[tool.__name__] += 1
    return bags


def break_copies(bag: Path, choose: random.Random, refused: Counter) -> None:
    copy = bag.parent / "broken" / bag.name
    is_stamped = (bag / STAMP).exists()
    for fault, must_refuse, cannot_see in FAULTS:
        if fault is flip_stamp and not is_stamped:
            continue
        shutil.rmtree(copy.parent, ignore_errors=True)
        shutil.copytree(bag, copy)
        shutil.copy(f"{bag}.zip", f"{copy}.zip")
        shutil.copy(bag.parent / "root.pem", copy.parent)
        fault(copy, choose)
        for tool in must_refuse:
            if tool is time_stamp and not is_stamped:
                continue
            assert not tool(copy), f"{tool.__name__} accepts {fault.__name__} of {bag}"
            refused[tool.__name__] += 1
        for tool in cannot_see:
            # Else the fault is another than the one that was meant.
            assert tool(copy), f"{tool.__name__} sees {fault.__name__} of {bag}"
    shutil.rmtree(copy.parent)


def main(count: int, first_seed: int) -> None:
    assert MAKER.is_file(), f"{MAKER} is not built: cargo build --workspace --examples"
    choose = random.Random(first_seed)
    accepted: Counter = Counter()
    refused: Counter = Counter()
    size = 0
    with tempfile.TemporaryDirectory() as scratch:
        key = Path(scratch) / "key.pem"
        assert passes("openssl", "genpkey", "-algorithm", "ed25519", "-out", str(key))
        for first in range(0, count, BATCH):
            folder = Path(scratch) / "packages"
            many = min(BATCH, count - first)
            packages = make(folder, key, first_seed + first, many)
            size += sum(package.stat().st_size for package in packages)
            for number, bag in enumerate(check(packages, accepted)):
                # Odd, so that stamped ones and others take turns.
                if number % (BROKEN_EVERY + 1) == 0:
                    break_copies(bag, choose, refused)
            shutil.rmtree(folder)
    print(f"{count} packages of the seeds from {first_seed} on, {size} bytes")
    for what, counts in (("accepted", accepted), ("broken copies refused", refused)):
        print(f"{what}: " + ", ".join(f"{tool} {times}" for tool, times in counts.items()))
    assert refused, "nothing was broken, so nothing is shown"


arguments = [int(argument) for argument in sys.argv[1:]]
main(*(arguments + [PACKAGES, FIRST_SEED][len(arguments) :]))
