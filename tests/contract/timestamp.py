"""Packages that are signed and time-stamped by a real authority, checked with
`openssl ts -verify` as their README says, broken, and an authority that
misbehaves: no package comes without its time-stamp."""

import shlex
import subprocess
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Any

import httpx

import registry
import service
import small_world
from s3_server import make_certificate
from timestamp_authority import Authority, listening, openssl

IN_FORCE_FROM = "2026-08-01"
REQUEST_SECONDS = 30
# What the program allows an authority, and some more for the rest.
BOUNDED_SECONDS = 25
NOT_WHOLE = 2
WRONG_USE = 2
TAG_MANIFEST = "tagmanifest-sha256.txt"
STAMP = "tagmanifest-sha256.txt.tsr"
# What the README calls the file of the authority's root.
ROOT_NAME = "ЦЕНТР.pem"

# How the authority behaves, and what the package says then.
MISBEHAVIOUR = {
    "other nonce": "the time-stamp answers another question: its nonce differs",
    "other content": "the time-stamp is of another content",
    "refuses": "the time-stamp authority refused: status 02",
    "huge": "the time-stamp authority answers with more than 65536 bytes",
    "cut": "the answer of the time-stamp authority cannot be read",
    "redirects": "the time-stamp authority answers 307",
    "hangs": "the time-stamp authority does not answer in time",
}


class Caller:
    """A key of the agency, and the world it entered."""

    def __init__(self, base: str, settings: dict[str, str], folder: Path) -> None:
        numbering = folder / "DEF-9xx.csv"
        registry.write(numbering)
        edition = ("numbering", "import", str(numbering), "--in-force-from", IN_FORCE_FROM)
        service.run(*edition, **settings)
        key = service.make_key("agency", settings)
        headers = {"Authorization": f"Bearer {key}"}
        self.http = httpx.Client(base_url=base, headers=headers, timeout=REQUEST_SECONDS)
        self.clients = small_world.enter(base, key)

    def order(self, client: str) -> str:
        asked = {"client_id": client, "from": small_world.FROM, "to": small_world.TO}
        return small_world.post(self.http, "/v1/exports", **asked, traps=1, interceptions=1)["id"]

    def package(self, export: str) -> dict[str, Any]:
        """The one package of an export that has ended."""
        found = service.wait_for("the export", lambda: self.finished(export))
        assert found["export"]["state"] == "done", found
        [package] = found["packages"]
        return package

    def finished(self, export: str) -> dict[str, Any] | None:
        found = self.http.get(f"/v1/exports/{export}").raise_for_status().json()
        return found if small_world.is_over(found["export"]) else None

    def download(self, export: str, package: dict[str, Any], to: Path) -> Path:
        answer = self.http.get(f"/v1/exports/{export}/packages/{package['id']}")
        to.write_bytes(answer.raise_for_status().content)
        return to


def unpacked(package: Path, folder: Path) -> Path:
    with zipfile.ZipFile(package) as archive:
        archive.extractall(folder)
    [bag] = folder.iterdir()
    return bag


def ts_verify(bag: Path, root: Path) -> bool:
    """The command of the README as it stands there, with the root in its place."""
    readme = (bag / "README.txt").read_text()
    [start] = [line for line in readme.splitlines() if "openssl ts -verify" in line]
    command = readme[readme.index(start) :].split("\n\n")[0].split("openssl ts -reply")[0]
    words = shlex.split(command.replace("\\\n", " ").replace(ROOT_NAME, str(root)))
    done = subprocess.run(words, cwd=bag, capture_output=True, text=True)
    assert ("Verification: OK" in done.stdout) == (done.returncode == 0), done
    return done.returncode == 0


def check_stamped(package: Path, told: dict[str, Any], root: Path, folder: Path) -> Path:
    """Everything that a stranger does with it."""
    bag = unpacked(package, folder)
    assert ts_verify(bag, root), "openssl does not accept the time-stamp"
    text = openssl("ts", "-reply", "-in", str(bag / STAMP), "-text").stdout
    assert "Status: Granted." in text and "Time stamp: " in text, text
    signed = ["-pubin", "-inkey", "signing-key.pem", "-rawin", "-in", TAG_MANIFEST]
    signed += ["-sigfile", f"{TAG_MANIFEST}.sig"]
    command = ["openssl", "pkeyutl", "-verify", *signed]
    subprocess.run(command, cwd=bag, check=True, capture_output=True)
    subprocess.run(["bagit.py", "--quiet", "--validate", str(bag)], check=True)
    sums = ["sha256sum", "--check", "--strict", "--quiet", "manifest-sha256.txt", TAG_MANIFEST]
    subprocess.run(sums, cwd=bag, check=True)
    subprocess.run(["unzip", "-tq", str(package)], check=True, capture_output=True)
    plain = service.run("verify", str(package)).stdout
    stamped_at = told["stamped_at"].removesuffix("Z")
    assert f"time-stamped {stamped_at}" in plain and "Nobody's stamps" in plain, plain
    assert "by its own certificate" in plain, plain
    asked = ("--signed-by", told["signed_by"], "--stamped-by", str(root))
    trusted = service.run("verify", *asked, str(package)).stdout
    assert "of an authority that was given" in trusted, trusted
    return bag


def rewritten(package: Path, to: Path, changes: dict[str, bytes]) -> Path:
    """The package with other files in the place of these, as this program would
    have packed them."""
    with zipfile.ZipFile(package) as old, zipfile.ZipFile(to, "w") as new:
        for entry in old.infolist():
            inside = entry.filename.split("/", 1)[1]
            new.writestr(entry, changes.get(inside, old.read(entry)))
    return to


def refused(package: Path, *arguments: str) -> str:
    return service.run("verify", *arguments, str(package), expect=NOT_WHOLE).stdout


def break_copies(package: Path, bag: Path, other: Path, root: Path, strange: Path) -> None:
    """Planted faults: each is found by openssl and by `verify`, which names it."""
    folder = bag.parent.parent
    name = f"{STAMP}: the time-stamp is of another content"
    manifest = (bag / TAG_MANIFEST).read_bytes()
    changed = manifest.replace(b"0", b"1", 1)
    (bag / TAG_MANIFEST).write_bytes(changed)
    assert not ts_verify(bag, root), "openssl accepts a changed tag manifest"
    (bag / TAG_MANIFEST).write_bytes(manifest)
    said = refused(rewritten(package, folder / "manifest.zip", {TAG_MANIFEST: changed}))
    assert name in said, said

    stamp, others = (bag / STAMP).read_bytes(), (other / STAMP).read_bytes()
    (bag / STAMP).write_bytes(others)
    assert not ts_verify(bag, root), "openssl accepts the time-stamp of another package"
    (bag / STAMP).write_bytes(stamp)
    said = refused(rewritten(package, folder / "stamp.zip", {STAMP: others}))
    assert name in said, said

    # A signature's last byte: nothing but the signature tells.
    broken = stamp[:-1] + bytes([stamp[-1] ^ 1])
    (bag / STAMP).write_bytes(broken)
    assert not ts_verify(bag, root), "openssl accepts a broken signature"
    (bag / STAMP).write_bytes(stamp)
    said = refused(rewritten(package, folder / "signature.zip", {STAMP: broken}))
    assert f"{STAMP}: the time-stamp is not signed by the certificate in it" in said, said

    assert not ts_verify(bag, strange), "openssl accepts another root"
    said = refused(package, "--stamped-by", str(strange))
    assert f"{STAMP}: the time-stamp is not of one of the authorities" in said, said
    assert ts_verify(bag, root), "the bag is not what it was"


def misbehave(caller: Caller, authority: Authority) -> None:
    """An authority that does not stamp: no package, a reason, and bounded time."""
    client = caller.clients[0]
    for behaviour, expected in MISBEHAVIOUR.items():
        authority.behaviour = behaviour
        asked, started = authority.asked, time.monotonic()
        export = caller.order(client)
        package = caller.package(export)
        took = time.monotonic() - started
        assert package["state"] == "failed" and package["sha256"] is None, package
        assert package["problem"] == f"no time-stamp after 1 attempts: {expected}" or (
            package["problem"].startswith(f"no time-stamp after 1 attempts: {expected},")
        ), package
        assert authority.asked == asked + 1 and took < BOUNDED_SECONDS, f"{behaviour}: {took} s"
        answer = caller.http.get(f"/v1/exports/{export}/packages/{package['id']}")
        assert answer.is_client_error, f"{behaviour}: a package without its time-stamp"
    authority.behaviour = "honest"
    caller.http.post(f"/v1/exports/{export}/retry").raise_for_status()
    found = service.wait_for("the other try", lambda: made(caller, export))
    assert found["stamped_at"] and found["problem"] is None, found


def made(caller: Caller, export: str) -> dict[str, Any] | None:
    package = caller.package(export)
    return None if package["state"] in ("queued", "failed") else package


def do_the_main_job(folder: Path, authority: Authority, strange: Authority) -> None:
    key = folder / "signing.pem"
    openssl("genpkey", "-algorithm", "ed25519", "-out", str(key))
    key.chmod(0o600)
    with listening(authority) as url:
        settings = {
            "BAITLINE_SIGNING_KEY": str(key),
            "BAITLINE_TIMESTAMP_URL": url,
            "BAITLINE_TIMESTAMP_ATTEMPTS": "1",
        }
        with service.on_sqlite(folder, **settings) as (base, settings):
            caller = Caller(base, settings, folder)
            bags, packages = [], []
            for number, client in enumerate(caller.clients):
                export = caller.order(client)
                told = caller.package(export)
                package = caller.download(export, told, folder / f"{number}.zip")
                packages.append(package)
                bags.append(check_stamped(package, told, authority.root, folder / f"bag-{number}"))
            break_copies(packages[0], bags[0], bags[1], authority.root, strange.root)
            misbehave(caller, authority)


def ask_over_tls(folder: Path, authority: Authority) -> None:
    """By an authority of TLS that is trusted, by one that is not, and not at all."""
    folder.mkdir()
    tls_root, certificate, key = make_certificate(folder)
    with listening(authority, (certificate, key)) as url:
        settings = {"BAITLINE_TIMESTAMP_URL": url, "BAITLINE_TIMESTAMP_ATTEMPTS": "1"}
        trusting = settings | {"SSL_CERT_FILE": str(tls_root)}
        with service.on_sqlite(folder, **trusting) as (base, used):
            caller = Caller(base, used, folder)
            export = caller.order(caller.clients[0])
            told = caller.package(export)
            package = caller.download(export, told, folder / "package.zip")
            service.run("verify", "--stamped-by", str(authority.root), str(package))
        (folder / "other").mkdir()
        other_root, *_ = make_certificate(folder / "other")
        distrusting = settings | {"SSL_CERT_FILE": str(other_root)}
        with service.on_sqlite(folder, **distrusting) as (base, _):
            with httpx.Client(base_url=base, headers=caller.http.headers) as http:
                caller.http = http
                package = caller.package(caller.order(caller.clients[0]))
        assert package["problem"].endswith("the time-stamp authority cannot be reached"), package
    for url in ("http://192.0.2.1/tsr", "https://me:secret@stamps.example", "stamps.example"):
        said = service.run("serve", expect=WRONG_USE, BAITLINE_TIMESTAMP_URL=url).stderr
        assert "--timestamp-url" in said, said


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        authority = Authority(folder / "authority")
        curves = Authority(folder / "curves", key="EC", hash="sha1")
        do_the_main_job(folder, authority, curves)
        ask_over_tls(folder / "tls", curves)
    print("stamped, checked by openssl, broken, and waited for: as it should be")


main()
