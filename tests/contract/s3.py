"""The main job with its blobs in a bucket, on both databases, and what happens
when the store is silent, gone, or not trusted, or when a disk takes no more."""

import contextlib
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from unittest import mock

import httpx

import registry
import service
import small_world
from s3_server import TIMEOUT_SECONDS, Server, make_certificate, s3_server

Place = Callable[..., AbstractContextManager[tuple[str, dict[str, str]]]]

IN_FORCE_FROM = "2026-08-01"
# Larger than what is uploaded at once.
LARGE_BYTES = 12_000_000
# Retries, and the question whether it is there after all, included.
BOUNDED_SECONDS = 20
# An export that met an outage is taken up again after its lease.
LEASE_SECONDS = 60
# The largest file that a process may write where the disk is full, the unit of
# `ulimit`, and what is too much.
FULL_BYTES = 1_024_000
ULIMIT_BYTES = 512
MORE = bytes(2 * FULL_BYTES)


class Caller:
    """A key of the agency, and the world it entered."""

    def __init__(self, base: str, settings: dict[str, str], folder: Path) -> None:
        numbering = folder / "DEF-9xx.csv"
        registry.write(numbering)
        edition = ("numbering", "import", str(numbering), "--in-force-from", IN_FORCE_FROM)
        service.run(*edition, **settings)
        key = service.make_key("agency", settings)
        headers = {"Authorization": f"Bearer {key}"}
        self.http = httpx.Client(base_url=base, headers=headers, timeout=2 * BOUNDED_SECONDS)
        self.client, _ = small_world.enter(base, key)

    def send(self, name: str, sound: bytes) -> httpx.Response:
        """A recording that waits for its call."""
        query = {"client_id": self.client, "source": "recorder", "external_id": name}
        kind = {"Content-Type": "audio/wav"}
        return self.http.put("/v1/recordings", params=query, content=sound, headers=kind)

    def waiting(self) -> list[dict[str, Any]]:
        query = {"client_id": self.client}
        answer = self.http.get("/v1/recordings/waiting", params=query)
        return answer.raise_for_status().json()["items"]

    def export(self) -> str:
        asked = {"client_id": self.client, "from": small_world.FROM, "to": small_world.TO}
        return small_world.post(self.http, "/v1/exports", **asked, traps=1, interceptions=1)["id"]

    def finished(self, export: str) -> dict[str, Any] | None:
        found = self.http.get(f"/v1/exports/{export}").raise_for_status().json()
        return found if small_world.is_over(found["export"]) else None


def large(last: bytes) -> bytes:
    return small_world.SILENCE + bytes(LARGE_BYTES) + last


def do_the_main_job(place: Place, folder: Path, server: Server, bucket: str) -> None:
    folder.mkdir()
    server.make_bucket(bucket)
    with place(folder, **server.settings(bucket)) as (base, settings):
        caller = Caller(base, settings, folder)
        check_recordings(caller)
        export = caller.export()
        found = service.wait_for("the export", lambda: caller.finished(export))
        assert found["export"]["state"] == "done", found
        check_package(caller, export, found, folder)
        query = {"from": small_world.FROM, "to": small_world.TO, "interceptions": 1, "traps": 1}
        report = caller.http.get("/v1/reports/repeat-offenders", params=query).raise_for_status()
        assert report.json()["offenders"], report.text
        # A recording that is the same for both calls of a client, and a package;
        # the large one.
        kept, others = server.check_bucket(bucket)
        assert kept >= 5 and not others, f"{kept} blobs, and {others}"
        assert not list((folder / "data").glob("blobs/**/*")), "a blob is on the disk"
        if place is service.on_postgres:
            meet_outages(caller, server)
            _, others = server.check_bucket(bucket)
            # A question of readiness whose answer nobody waited for is swept up later.
            assert all("/incoming/probe-" in key for key in others), others
    check_logs(folder, server)


def check_recordings(caller: Caller) -> None:
    sound = large(b"1")
    sent = caller.send("large", sound)
    assert sent.status_code == httpx.codes.CREATED, sent.text
    assert sent.json()["bytes"] == len(sound), sent.text
    again = caller.send("large", sound)
    assert again.status_code == httpx.codes.OK, again.text
    [found] = [one for one in caller.waiting() if one["external_id"] == "large"]
    path = f"/v1/recordings/waiting/{found['id']}"
    whole = caller.http.get(path)
    assert whole.content == sound, f"{whole.status_code}: other bytes came back"
    part = caller.http.get(path, headers={"Range": "bytes=6000000-6000009"})
    assert part.status_code == httpx.codes.PARTIAL_CONTENT, part.text
    assert part.content == sound[6_000_000:6_000_010], part.content
    unchanged = caller.http.get(path, headers={"If-None-Match": whole.headers["ETag"]})
    assert unchanged.status_code == httpx.codes.NOT_MODIFIED, unchanged.text


def check_package(caller: Caller, export: str, found: dict[str, Any], folder: Path) -> None:
    [package] = found["packages"]
    download = caller.http.get(f"/v1/exports/{export}/packages/{package['id']}")
    path = folder / "package.zip"
    path.write_bytes(download.raise_for_status().content)
    service.run("verify", str(path))


def meet_outages(caller: Caller, server: Server) -> None:
    """Silent: refused within bounded time, nothing half known, and afterwards as
    if nothing had been."""
    server.stall()
    for name, sound in (("small", small_world.SILENCE + b"2"), ("parts", large(b"3"))):
        expect_refusal(lambda name=name, sound=sound: caller.send(name, sound))
    expect_refusal(lambda: caller.http.get("/readyz"))
    export = caller.export()
    names = {one["external_id"] for one in caller.waiting()}
    assert not names & {"small", "parts"}, f"a row speaks of no blob: {names}"
    # Long enough for the worker to meet it, too.
    time.sleep(4 * TIMEOUT_SECONDS)
    assert caller.finished(export) is None, "an export ended without its store"
    server.go_on()
    service.wait_for("readiness", lambda: caller.http.get("/readyz").is_success)
    for name, sound in (("small", small_world.SILENCE + b"2"), ("parts", large(b"3"))):
        sent = caller.send(name, sound)
        assert sent.status_code == httpx.codes.CREATED, sent.text
    deadline = time.monotonic() + 2 * LEASE_SECONDS
    while not (found := caller.finished(export)):
        assert time.monotonic() < deadline, "the export is not taken up again"
        time.sleep(1)
    assert found["export"]["state"] == "done", found


def expect_refusal(ask: Callable[[], httpx.Response]) -> None:
    started = time.monotonic()
    answer = ask()
    took = time.monotonic() - started
    assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE, f"{answer}: {answer.text}"
    assert answer.headers["Retry-After"] and took < BOUNDED_SECONDS, f"after {took} s"
    assert answer.headers["Content-Type"] == "application/problem+json", answer.headers
    assert "127.0.0.1" not in answer.text, answer.text


def check_logs(folder: Path, server: Server) -> None:
    for log in folder.glob("*.log"):
        assert server.secret not in log.read_text(errors="replace"), f"the secret is in {log}"


def lose_the_server(folder: Path) -> None:
    """Gone for good: refused at once, and the process lives on."""
    folder.mkdir()
    with s3_server(folder) as server:
        server.make_bucket("lost")
        with service.on_sqlite(folder, **server.settings("lost")) as (base, settings):
            caller = Caller(base, settings, folder)
            server.kill()
            expect_refusal(lambda: caller.send("late", small_world.SILENCE))
            expect_refusal(lambda: caller.http.get("/readyz"))
            caller.http.get("/healthz").raise_for_status()


def trust_nobody(folder: Path) -> None:
    """TLS by an authority that is trusted, and by one that is not; keys that are
    wrong; a bucket that is not there."""
    folder.mkdir()
    data = {"BAITLINE_DATA": str(folder / "data")}
    with s3_server(folder, tls=True) as server:
        server.make_bucket("trusted")
        fine = data | server.settings("trusted") | {"SSL_CERT_FILE": str(server.authority)}
        service.run("keys", "list", **fine)
        (folder / "other").mkdir()
        other_authority, *_ = make_certificate(folder / "other")
        wrong = {
            "invalid peer certificate": {"SSL_CERT_FILE": str(other_authority)},
            "SignatureDoesNotMatch": {"BAITLINE_S3_SECRET_ACCESS_KEY": "wrong"},
            "no such bucket": {"BAITLINE_BLOBS": "s3://nowhere"},
            "BAITLINE_S3_SECRET_ACCESS_KEY is not set": {"BAITLINE_S3_SECRET_ACCESS_KEY": None},
        }
        for expected, changes in wrong.items():
            changed = {name: text for name, text in (fine | changes).items() if text is not None}
            said = service.run("keys", "list", expect=1, **changed).stderr
            # The log tells of each try before.
            [sentence] = [line for line in said.splitlines() if line.startswith("baitline: ")]
            assert expected in sentence and said.endswith(f"{sentence}\n"), f"{expected}: {said}"
            assert server.secret not in said, said


def on_a_full_disk(folder: Path) -> str:
    """The program as a script that starts it so that no file of it grows beyond a
    size, as on a disk that takes no more. Needs no right that a test might lack."""
    script = folder / "baitline"
    limits = f"trap '' XFSZ; ulimit -f {FULL_BYTES // ULIMIT_BYTES}"
    script.write_text(f"#!/bin/sh\n{limits}\nexec '{service.BINARY}' \"$@\"\n")
    script.chmod(0o755)
    return str(script)


def fill_the_disk(folder: Path) -> None:
    """A folder that takes no more: refused, nothing half known, the rest goes on.
    The database is elsewhere, so that only the blobs meet it."""
    folder.mkdir()
    with service.postgres_database() as (owner_url, url, login):
        data = {"BAITLINE_DATA": str(folder / "data")}
        service.run("migrate", "--grant-to", login, BAITLINE_DATABASE_URL=owner_url, **data)
        settings = data | {"BAITLINE_DATABASE_URL": url}
        with contextlib.ExitStack() as stack:
            # The worker has room, for the world is entered with its help.
            stack.enter_context(service.running(folder / "worker.log", "worker", **settings))
            with mock.patch.object(service, "BINARY", on_a_full_disk(folder)):
                api = service.listening(folder / "api.log", "api", **settings)
                base = stack.enter_context(api)
            caller = Caller(base, settings, folder)
            expect_refusal(lambda: caller.send("too much", small_world.SILENCE + MORE))
            names = {one["external_id"] for one in caller.waiting()}
            assert "too much" not in names, names
            sent = caller.send("little", small_world.SILENCE + b"5")
            assert sent.status_code == httpx.codes.CREATED, sent.text
        left = list((folder / "data/blobs/incoming").iterdir())
        assert left == [], f"half a blob is left: {left}"


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        with s3_server(folder) as server:
            do_the_main_job(service.on_sqlite, folder / "sqlite", server, "of-sqlite")
            do_the_main_job(service.on_postgres, folder / "postgres", server, "of-postgres")
        lose_the_server(folder / "lost")
        trust_nobody(folder / "trust")
        fill_the_disk(folder / "full")
    print("blobs in a bucket: the main job on both databases, outages, TLS, a full disk")


main()
