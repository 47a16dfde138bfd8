"""Sends numbers, names and keys that nobody else has through every operation, by
every text of its body, its query and its path, well formed and broken, taken and
refused, and then looks for them in everything that is written down beside the
data: the program's log at its loudest, its traces, and PostgreSQL's own log with
every statement in it.

Without arguments each place meets one canary; `CANARIES_OF_A_PLACE=8` for more."""

import contextlib
import os
import random
import re
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from unittest import mock

import httpx

import hostile_files
import postgres_cluster
import request_bodies
import service
import small_world
import uploads
import whole_world
from request_bodies import Operation
from whole_world import World

SEED = int(os.environ.get("CANARIES_SEED", "20261129"))
OF_A_PLACE = int(os.environ.get("CANARIES_OF_A_PLACE", "1"))
FEWEST = 1_000
# As nobody's number and nobody's name begins. Then ten digits, or ten of 0 to f.
NUMBER, NAME = "9377", "zq"
FORMS = {
    "as it is": re.compile(rb"9377\d{6}|zq[0-9a-f]{10}"),
    # What prints bytes as a list of their numbers.
    "as a list": re.compile(rb"57, 51, 55, 55(?:, (?:4[89]|5[0-7])){6}|122, 113(?:, (?:4[89]|5[0-7]|9[789]|10[012])){10}"),
    "as hexadecimal": re.compile(rb"39333737(?:3[0-9]){6}|7a71(?:3[0-9]|6[1-6]){10}"),
}
OF_NUMBERS = ("number", "caller", "called", "callback_number", "phone", "bait", "from_number", "to_number")
LOUD = {"BAITLINE_LOG": "trace"}


class Canaries:
    """Makes them, one for each use."""

    def __init__(self) -> None:
        self.dice = random.Random(f"{SEED} canaries")
        self.used: set[str] = set()

    def number(self) -> str:
        made = f"{NUMBER}{self.dice.randrange(10**6):06}"
        self.used.add(made)
        return f"+7{made}"

    def name(self) -> str:
        made = f"{NAME}{self.dice.randrange(16**10):010x}"
        self.used.add(made)
        return made

    def of(self, place: str) -> str:
        return self.number() if place in OF_NUMBERS else self.name()


class Songs:
    """Sends canaries to one world."""

    def __init__(self, world: World) -> None:
        self.world, self.canaries = world, Canaries()
        self.answers: Counter = Counter()

    def note(self, answer: httpx.Response) -> None:
        assert answer.status_code < 500, f"{answer.request.url}: {answer.text}"
        self.answers[f"{answer.status_code // 100}xx"] += 1

    def bodies(self) -> None:
        for operation in self.world.operations:
            for place in operation.places:
                for _ in range(OF_A_PLACE):
                    names = [step for step in place if isinstance(step, str)]
                    canary = self.canaries.of(names[-1] if names else "")
                    body = request_bodies.with_text(operation, place, canary)
                    # Again: what is unique is refused by the database, which says so.
                    for _ in range(2):
                        self.note(self.world.send(operation, body))
            self.broken(operation)
            # Every text of it a canary at once.
            full = self.sung(operation.body)
            for _ in range(2):
                self.note(self.world.send(operation, full))

    def broken(self, operation: Operation) -> None:
        """What cannot be read must not be repeated either."""
        name, number = self.canaries.name(), self.canaries.number()
        for body in (
            f'{{"{name}": "{number}"}}',
            f'{{"name": "{name}", "number": {number}',
            f'"{name}',
            f"{number}",
            f'{{"name": {{"{name}": ["{number}"]}}}}',
            f'{{"client_id": "{name}", "bait_id": "{number}"}}',
        ):
            self.note(self.world.send(operation, body.encode()))

    def sung(self, value: Any, name: str = "") -> Any:
        if isinstance(value, dict):
            return {name: self.sung(one, name) for name, one in value.items()}
        if isinstance(value, list):
            return [self.sung(one, name) for one in value]
        is_free = isinstance(value, str) and (
            name in OF_NUMBERS or name.endswith(("name", "text", "words", "note", "reason", "reference"))
        )
        return self.canaries.of(name) if is_free else value

    def queries_paths_and_headers(self) -> None:
        for operation in request_bodies.operations(self.world.document):
            path = self.world.path_of(operation.template)
            if operation.method != "get" or path.endswith("/events"):
                continue
            for name in operation.queries():
                for canary in (self.canaries.number(), self.canaries.name()):
                    self.note(self.world.http.get(path, params={name: canary}))
            # A name that no parameter has, and a fragment of a path.
            self.note(self.world.http.get(path, params={self.canaries.name(): self.canaries.number()}))
            if "{" in operation.template:
                above = operation.template.partition("{")[0]
                for canary in (self.canaries.number(), self.canaries.name()):
                    self.note(self.world.http.get(f"{above}{canary}"))
        for name in ("User-Agent", "X-Request-Id", "Idempotency-Key", "Cookie", "Referer", "If-None-Match", "Range", "tracestate", "Accept", "Content-Type"):
            headers = {name: f"{self.canaries.name()} {self.canaries.number()}"}
            self.note(self.world.http.get("/v1/baits", headers=headers))
            self.note(self.world.http.post("/v1/clients", headers=headers, content=b"{}"))

    def keys(self) -> None:
        """Keys that are good, and some that are nearly so."""
        for number in range(20):
            made = small_world.post(
                self.world.http, "/v1/keys", name=self.canaries.name(), scopes=["reports"]
            )
            key = made["text"]
            self.canaries.used.add(key.split("_")[2][:32])
            headers = {"Authorization": f"Bearer {key}"}
            self.note(httpx.get(f"{self.world.base}/v1/limits", headers=headers))
            wrong = {"Authorization": f"Bearer {key[:-1]}{number % 10}"}
            self.note(httpx.get(f"{self.world.base}/v1/limits", headers=wrong))
            odd = {"Authorization": f"Basic {self.canaries.name()}"}
            self.note(httpx.get(f"{self.world.base}/v1/limits", headers=odd))

    def calls(self) -> None:
        """Reports that are accepted, told again, contradicted and refused, in all forms."""
        place = {"client_id": self.world.client, "source": "recorder"}
        kinds = {"Content-Type": "application/x-ndjson"}
        for number in range(40):
            row = {
                "external_id": self.canaries.name(),
                "bait": small_world.BAIT if number % 3 else self.canaries.number(),
                "direction": "incoming",
                "caller": self.canaries.number(),
                "occurred_at": small_world.at(11, number),
                "screen_label": self.canaries.name(),
                "extra": {self.canaries.name(): self.canaries.number()},
            }
            other = row | {"caller": self.canaries.number()}
            for one in (row, row, other, row | {"occurred_at": self.canaries.name()}):
                self.note(self.world.http.post("/v1/calls", params=place, json=one))
            lines = "\n".join([self.canaries.name(), '{"caller":"' + self.canaries.number()])
            self.note(self.world.http.post("/v1/calls", params=place, content=lines, headers=kinds))

    def files(self) -> None:
        for upload in uploads.of(self.world):
            for content in self.contents(upload.media):
                name = f"{self.canaries.name()} {self.canaries.number()}.wav"
                for _ in range(2):
                    self.note(upload.send(content, name, title=self.canaries.name()))

    def contents(self, media: str) -> Iterator[bytes]:
        number, name = self.canaries.number(), self.canaries.name()
        match media:
            case uploads.SHEET:
                head = hostile_files.row("number", "reference", "name")
                yield hostile_files.book(head + hostile_files.row(number, name, name, number=2) * 2)
                yield hostile_files.book(hostile_files.row(name, number))
            case "text/csv":
                yield f"number,reference,name\n{number},{name},{name}\n{number},{name}\n".encode()
                yield f"{name};{number}\n{name};{number}\n".encode()
            case "application/json" | "application/x-ndjson":
                yield f'{{"caller": "{number}", "{name}": 1}}\n{name}\n'.encode()
            case "text/markdown":
                yield f"# Памятка {name}\n\n{number} {{{{ {name} }}}}\n".encode()
                yield f"# Памятка {name}\n\n{number}\n".encode()
            case _:
                yield small_world.SILENCE + f"{name}{number}".encode()
                yield f"%PDF-1.4 {name}{number}".encode()

    def everything(self) -> None:
        self.bodies()
        self.queries_paths_and_headers()
        self.keys()
        self.calls()
        self.files()
        self.world.derived(self.world.client)
        self.world.export(self.world.other)


def found_in(text: bytes, used: set[str]) -> Iterator[str]:
    """The canaries in what was written, in whatever form."""
    for form, pattern in FORMS.items():
        for found in pattern.finditer(text):
            yield f"{form}: {text[max(0, found.start() - 200) : found.end() + 60]!r}"
    for secret in used:
        if len(secret) > 12 and secret.encode() in text:
            yield f"a key's secret: {secret[:4]}…"


def expect_silence(where: str, text: bytes, used: set[str]) -> int:
    hits = list(found_in(text, used))
    assert not hits, f"{len(hits)} canaries in {where}, such as {hits[0]}"
    assert text, f"nothing was written to {where}, so nothing was looked for"
    return len(text)


class Collector:
    """Takes traces."""

    def __init__(self) -> None:
        bodies: list[bytes] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                bodies.append(self.rfile.read(int(self.headers["content-length"])))
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *arguments: Any) -> None:
                """Says nothing."""

        self.bodies = bodies
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"


def sing(place, folder: Path, form: str) -> tuple[int, dict[str, int], set[str]]:
    """Returns how many requests were sent, the bytes looked through, and the canaries."""
    folder.mkdir()
    collector = Collector()
    settings = whole_world.SETTINGS | LOUD
    settings |= {"BAITLINE_LOG_FORMAT": form, "BAITLINE_OTLP_ENDPOINT": collector.url}
    with whole_world.entered(place(folder, **settings), folder) as world:
        songs = Songs(world)
        songs.everything()
    used = songs.canaries.used
    assert len(used) >= FEWEST, f"{len(used)} canaries are too few"
    looked = {
        log.name: expect_silence(log.name, log.read_bytes(), used) for log in folder.glob("*.log")
    }
    looked["traces"] = expect_silence("the traces", b"\n".join(collector.bodies), used)
    print(f"{place.__name__}: {len(used)} canaries, {sum(songs.answers.values())} requests {dict(songs.answers)}")
    return sum(songs.answers.values()), looked, used


@contextlib.contextmanager
def on_granted_postgres(folder: Path, **settings: str) -> Iterator[tuple[str, dict[str, str]]]:
    """PostgreSQL, whose login may ask for a short log, as docker/create-roles.sh makes it."""
    made = service.postgres_database

    @contextlib.contextmanager
    def granted() -> Iterator[tuple[str, str, str]]:
        with made() as (owner_url, url, login):
            cluster = os.environ["BAITLINE_TEST_POSTGRES"]
            service.psql(cluster, f"GRANT SET ON PARAMETER log_error_verbosity TO {login}")
            yield owner_url, url, login
            service.psql(cluster, f"REVOKE SET ON PARAMETER log_error_verbosity FROM {login}")

    with mock.patch.object(service, "postgres_database", granted):
        with service.on_postgres(folder, **settings) as place:
            yield place


def main() -> None:
    with whole_world.scratch() as folder:
        _, looked, _ = sing(service.on_sqlite, folder / "sqlite", "text")
        print(f"  no canary in {looked}")
        with postgres_cluster.private() as cluster:
            os.environ["BAITLINE_TEST_POSTGRES"] = cluster.url
            log = cluster.data.parent / "log"
            service.psql(cluster.url, "ALTER SYSTEM SET log_statement = 'all'")
            service.psql(cluster.url, "SELECT pg_reload_conf()")
            _, looked, used = sing(on_granted_postgres, folder / "postgres", "json")
            looked["PostgreSQL's log"] = expect_silence("PostgreSQL's log", log.read_bytes(), used)
            print(f"  no canary in {looked}")
            expect_planted(folder / "planted", log)
    print(f"seed {SEED}; canaries were found where they were planted")


def expect_planted(folder: Path, log: Path) -> None:
    """A line that prints one, in each form; and a PostgreSQL that may say more."""
    canaries = Canaries()
    name, number = canaries.name(), canaries.number()
    for line in (
        f"DEBUG body={name}",
        f"number={number}",
        f"bytes: {list(name.encode())}",
        f"bytes: {number.encode().hex()}",
    ):
        assert list(found_in(line.encode(), canaries.used)), f"not found in {line}"
    folder.mkdir()
    size = log.stat().st_size
    with service.on_postgres(folder, **whole_world.SETTINGS) as (base, settings):
        key = service.make_key("agency", settings)
        with httpx.Client(base_url=base, headers={"Authorization": f"Bearer {key}"}) as http:
            client = small_world.post(http, "/v1/clients", name="Окна")["id"]
            for _ in range(2):
                http.post("/v1/baits", json={"client_id": client, "number": number})
    with log.open("rb") as file:
        file.seek(size)
        assert list(found_in(file.read(), canaries.used)), "a log that says more was not found out"


if __name__ == "__main__":
    main()
