"""Lets something befall the program and its database, again and again, while calls,
recordings and exports are on their way, and holds what is there afterwards against
what was acknowledged and against an installation that nothing befell. What may
befall them is in misfortune.py.

Without arguments a short form on both databases; `--each N` for the long one,
`--seed S` for other moments, `--kind K` for one kind alone. Whoever sends does as a
careful client does: what was not acknowledged is sent again, word for word, until
it is."""

import argparse
import contextlib
import hashlib
import json
import os
import random
import secrets
import shutil
import signal
import sqlite3
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx

import misfortune
import postgres_cluster
import registry
import service
import small_world
from fault_installation import ANSWER_SECONDS, Installation
from fault_senders import PAUSE_SECONDS, REFUSALS, Bulk, Recordings, Sender, Single

# How often each kind befalls.
SHORT_OF_EACH = 1
SEED = 20261128
IN_FORCE_FROM = "2026-08-01"
# Between two, after everything answers again.
CALM_SECONDS = (0.05, 0.8)
EXPORT_EVERY = 4
# What of a call and of an offender does not name the installation.
CALL_FIELDS = ("started_at", "caller", "connected_seconds", "reasons", "rule_version")
OFFENDER_FIELDS = ("number", "interceptions", "attempts", "traps", "days", "first_at", "last_at")


class Chaos:
    """One installation, those who send to it, and what it acknowledged."""

    def __init__(self, installation: Installation, seed: int) -> None:
        self.installation, self.seed = installation, seed
        self.dice = random.Random(f"{seed} kills")
        self.acknowledged: dict[str, tuple[dict[str, Any], str]] = {}
        self.sounds: dict[str, str] = {}
        self.exports: list[str] = []
        self.refused: list[str] = []
        self.enough = threading.Event()
        self.befallen: Counter = Counter()
        settings = installation.settings
        numbering = installation.folder / "DEF-9xx.csv"
        registry.write(numbering)
        edition = ("numbering", "import", str(numbering), "--in-force-from", IN_FORCE_FROM)
        service.run(*edition, **settings)
        self.key = service.make_key("agency", settings)
        self.client, _ = small_world.enter(installation.base, self.key)
        self.place = {"client_id": self.client, "source": "recorder"}
        with self.caller() as http:
            self.before = set(self.observations(http))

    def caller(self) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.key}"}
        return httpx.Client(
            base_url=self.installation.base, headers=headers, timeout=ANSWER_SECONDS
        )

    def run(self, kinds: misfortune.Kinds, of_each: int) -> None:
        senders = [Single(self, "one"), Single(self, "two"), Bulk(self, "bulk"), Recordings(self, "rec")]
        for sender in senders:
            sender.start()
        slowest, orders = (0.0, ""), []
        waiting = [kind for kind in kinds for _ in range(of_each)]
        self.dice.shuffle(waiting)
        for number, kind in enumerate(waiting):
            time.sleep(self.dice.uniform(*CALM_SECONDS))
            kinds[kind](self.dice)
            self.befallen[kind] += 1
            begun = time.monotonic()
            self.installation.wait()
            self.expect_well(senders)
            slowest = max(slowest, (time.monotonic() - begun, kind))
            if number % EXPORT_EVERY == 0:
                orders.append(threading.Thread(target=self.export, daemon=True))
                orders[-1].start()
        for order in orders:
            order.join(service.PATIENCE_SECONDS)
            assert not order.is_alive(), "an export was never taken"
        assert not self.refused, self.refused
        self.enough.set()
        for sender in senders:
            sender.join(service.PATIENCE_SECONDS)
            assert not sender.is_alive(), f"{sender.name} still waits for an acknowledgement"
            assert sender.failure is None, sender.failure
        print(
            f"  {dict(self.befallen)}; {len(self.acknowledged)} calls and {len(self.sounds)} "
            f"recordings acknowledged; back within {slowest[0]:.1f} s ({slowest[1]})"
        )

    def expect_well(self, senders: list[Sender]) -> None:
        """Something is acknowledged again, by itself."""
        known = len(self.acknowledged)

        def is_well() -> bool:
            failed = [sender.failure for sender in senders if sender.failure]
            assert not failed, failed
            return len(self.acknowledged) > known

        service.wait_for("an acknowledgement", is_well)

    def export(self) -> None:
        asked = {"client_id": self.client, "from": small_world.FROM, "to": small_world.TO}
        asked |= {"numbers": [small_world.OFFENDER], "traps": 1, "interceptions": 1}
        # As often as it takes: with its key it is ordered once.
        key = {"Idempotency-Key": secrets.token_hex(8)}
        while True:
            with contextlib.suppress(httpx.TransportError), self.caller() as http:
                answer = http.post("/v1/exports", json=asked, headers=key)
                if answer.is_success:
                    self.exports.append(answer.json()["id"])
                    return
                # The same order may still be under way.
                if answer.status_code not in (*REFUSALS, httpx.codes.CONFLICT):
                    self.refused.append(f"{answer.status_code} {answer.text}")
                    return
            time.sleep(PAUSE_SECONDS)

    def observations(self, http: httpx.Client) -> Iterator[str]:
        """The external id of every report of the source, as often as it is there."""
        for item in pages(http, "/v1/observations", self.place):
            yield item["external_id"]

    # What must hold afterwards.

    def check_calls(self) -> None:
        with self.caller() as http:
            found = Counter(self.observations(http))
        twice = [name for name, count in found.items() if count > 1]
        assert not twice, f"{len(twice)} calls are there twice, such as {twice[0]}"
        lost = self.acknowledged.keys() - found.keys()
        assert not lost, f"{len(lost)} acknowledged calls are lost, such as {min(lost)}"
        made_up = found.keys() - self.acknowledged.keys() - self.before
        assert not made_up, f"{len(made_up)} calls that nobody sent, such as {min(made_up)}"

    def check_derived(self, fresh: list[Any]) -> None:
        with self.caller() as http:
            assert self.derived(http) == fresh, "what is derived is not what the reports give"

    def derived(self, http: httpx.Client) -> list[Any]:
        """The report of all numbers and the verdict on every report, without what
        names the installation."""
        service.wait_for("the worker", lambda: small_world.pending_days(http) == 0)
        query = {"client_id": self.client, "from": small_world.FROM, "to": small_world.TO}
        asked = query | {"interceptions": 1, "traps": 1, "limit": 1000}
        offenders = http.get("/v1/reports/repeat-offenders", params=asked).raise_for_status()
        calls = [
            [call[field] for field in CALL_FIELDS]
            for call in pages(http, "/v1/interceptions", query)
        ]
        counts = [
            [one[field] for field in OFFENDER_FIELDS] for one in offenders.json()["offenders"]
        ]
        assert calls and counts, "nothing was derived"
        return [sorted(counts, key=str), sorted(calls, key=str)]

    def check_recordings(self) -> None:
        with self.caller() as http:
            for name, sha256 in self.sounds.items():
                _, id = self.acknowledged[name]
                answer = http.get(f"/v1/calls/{id}/recording")
                assert answer.is_success, f"the recording of {name}: {answer.status_code}"
                found = hashlib.sha256(answer.content).hexdigest()
                assert found == sha256, f"the recording of {name} has other bytes"

    def check_blobs(self) -> None:
        for path in self.blobs():
            found = hashlib.sha256(path.read_bytes()).hexdigest()
            assert path.name == found, f"a blob is half there: {path.name}"

    def blobs(self) -> list[Path]:
        """What is complete, by the name that its bytes gave it."""
        files = (self.installation.folder / "data" / "blobs").glob("**/*")
        return [path for path in files if path.is_file() and len(path.name) == 64]

    def check_exports(self) -> None:
        verified = 0
        with self.caller() as http:
            ordered = sum(1 for _ in pages(http, "/v1/exports", {"client_id": self.client}))
            # The small world has one of its own.
            assert ordered == len(self.exports) + 1, f"{ordered} exports, {self.exports} known"
            for id in self.exports:
                def finished(id: str = id) -> dict[str, Any] | None:
                    found = http.get(f"/v1/exports/{id}").raise_for_status().json()
                    return found if small_world.is_over(found["export"]) else None

                found = service.wait_for("an export", finished)
                assert found["export"]["state"] == "done", found
                for package in found["packages"]:
                    assert package["state"] in ("draft", "ready"), package
                    sent = http.get(f"/v1/exports/{id}/packages/{package['id']}")
                    path = self.installation.folder / "package.zip"
                    path.write_bytes(sent.raise_for_status().content)
                    service.run("verify", str(path))
                    verified += 1
        assert verified, "no package was verified"

    def check_all(self, fresh: list[Any]) -> None:
        self.check_calls()
        self.check_recordings()
        self.check_blobs()
        self.check_derived(fresh)
        self.check_exports()

    def check_planted(self, fresh: list[Any], execute: Callable[[str], None]) -> None:
        """Each of these must be found, or the checks find nothing."""
        sql = {"name": next(name for name in self.acknowledged if name.startswith("one-"))}
        blob = max(self.blobs(), key=lambda path: path.stat().st_size)
        whole = blob.read_bytes()
        blob.write_bytes(whole[:-1])
        must_fail(self.check_blobs)
        blob.write_bytes(whole)
        self.check_blobs()
        name, sha256 = next(iter(self.sounds.items()))
        self.sounds[name] = hashlib.sha256(b"").hexdigest()
        must_fail(self.check_recordings)
        self.sounds[name] = sha256
        execute("UPDATE calls SET connected_seconds = connected_seconds + 1")
        must_fail(lambda: self.check_derived(fresh))
        execute("DELETE FROM observations WHERE external_id = '{name}'".format(**sql))
        must_fail(self.check_calls)


def must_fail(check: Callable[[], None]) -> None:
    try:
        check()
    except AssertionError:
        return
    raise SystemExit("a planted fault was not found")


def pages(http: httpx.Client, path: str, query: dict[str, Any]) -> Iterator[dict[str, Any]]:
    cursor: dict[str, str] = {}
    while True:
        page = http.get(path, params=query | cursor | {"limit": 1000}).raise_for_status().json()
        yield from page["items"]
        if not page.get("next_cursor"):
            return
        cursor = {"cursor": page["next_cursor"]}


def untouched(chaos: Chaos, folder: Path) -> list[Any]:
    """What the same reports give where nothing befell, sent once in one body and
    in another order."""
    with installed_on_sqlite(folder) as (installation, *_):
        calm = Chaos(installation, chaos.seed)
        rows = [row for row, _ in chaos.acknowledged.values()]
        calm.dice.shuffle(rows)
        with calm.caller() as http:
            body = "\n".join(json.dumps(row) for row in rows)
            kind = {"Content-Type": "application/x-ndjson"}
            sent = http.post("/v1/calls", params=calm.place, content=body, headers=kind)
            receipts = sent.raise_for_status().json()["receipts"]
            for row, receipt in zip(rows, receipts, strict=True):
                assert receipt["status"] == "accepted", receipt
                calm.acknowledged[row["external_id"]] = (row, receipt["id"])
            return calm.derived(http)


Execute = Callable[[str], None]


@contextlib.contextmanager
def installed_on_sqlite(
    folder: Path, _: postgres_cluster.Cluster | None = None
) -> Iterator[tuple[Installation, Execute, misfortune.Kinds]]:
    folder.mkdir()
    below = misfortune.Below(folder)
    settings = {"BAITLINE_DATA": str(folder / "data")}
    installation = Installation(folder, settings, ["serve"], below.settings)

    def execute(statement: str) -> None:
        [database] = (folder / "data").glob("*.db")
        with contextlib.closing(sqlite3.connect(database, timeout=10)) as conn, conn:
            assert conn.execute(statement).rowcount > 0, statement

    with started(installation):
        kinds = misfortune.kinds(installation, below)
        kinds |= misfortune.failing_disks(below, "database", folder / "data" / "baitline.db")
        yield installation, execute, kinds


@contextlib.contextmanager
def installed_on_postgres(
    folder: Path, cluster: postgres_cluster.Cluster
) -> Iterator[tuple[Installation, Execute, misfortune.Kinds]]:
    folder.mkdir()
    with service.postgres_database() as (owner_url, url, login):
        settings = {"BAITLINE_DATA": str(folder / "data")}
        service.run("migrate", "--grant-to", login, **settings, BAITLINE_DATABASE_URL=owner_url)
        settings["BAITLINE_DATABASE_URL"] = url
        below, network = misfortune.Below(folder), misfortune.Network(url)
        own = below.settings | {"BAITLINE_DATABASE_URL": network.url}
        installation = Installation(folder, settings, ["api", "worker"], own)
        superuser = postgres_cluster.of_database(url)
        below_cluster = misfortune.Below(cluster.data.parent)
        cluster.settings = below_cluster.settings
        cluster.restart()

        def execute(statement: str) -> None:
            assert service.psql(superuser, f"WITH done AS ({statement} RETURNING 1) SELECT count(*) FROM done") != ["0"]

        try:
            with started(installation):
                kinds = misfortune.kinds(installation, below)
                kinds |= misfortune.kinds_of_postgres(network, cluster, below_cluster)
                yield installation, execute, kinds
        finally:
            network.end()


@contextlib.contextmanager
def started(installation: Installation) -> Iterator[None]:
    installation.start()
    try:
        yield
        installation.stop()
    finally:
        installation.end()


def meet(
    place: Callable,
    folder: Path,
    asked: argparse.Namespace,
    cluster: postgres_cluster.Cluster | None,
) -> None:
    with place(folder, cluster) as (installation, execute, kinds):
        kinds = {name: kind for name, kind in kinds.items() if asked.kind in name}
        chaos = Chaos(installation, asked.seed)
        chaos.run(kinds, asked.each)
        fresh = untouched(chaos, folder / "untouched")
        chaos.check_all(fresh)
        chaos.check_planted(fresh, execute)
    shutil.rmtree(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=SHORT_OF_EACH)
    parser.add_argument("--kind", default="")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--only", choices=("sqlite", "postgres"))
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if asked.only != "postgres":
            print(f"SQLite, {asked.each} of each kind, seed {asked.seed}", flush=True)
            meet(installed_on_sqlite, folder / "sqlite", asked, None)
        if asked.only != "sqlite":
            print(f"PostgreSQL, {asked.each} of each kind, seed {asked.seed}", flush=True)
            with postgres_cluster.private() as cluster:
                os.environ["BAITLINE_TEST_POSTGRES"] = cluster.url
                meet(installed_on_postgres, folder / "postgres", asked, cluster)
    print("nothing acknowledged is lost, nothing is there twice, every planted fault was found")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    main()
