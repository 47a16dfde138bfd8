"""Sends the service requests that Schemathesis makes up from the service's own
description, good ones and bad ones, and holds every answer to it: on both
databases, with the agency's key and with a client's. Knows no routes.

Without arguments it is short, for every commit; with `whole` it takes twenty
minutes; with `long` it is for a person who has a day."""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

import registry
import service
import small_world

HERE = Path(__file__).parent
SETTINGS = HERE / "schemathesis.toml"
IN_FORCE_FROM = "2026-08-01"
SEED = 3
# How often a generated value is replaced by one that leads to something.
SHARE_OF_KNOWN = 0.7
FAULTS_FOUND = 1
# A status, a shape, a method and a header Allow that the description denies.
PLANTED = {"ST103", "ST108", "ST204", "ST205"}
REQUEST_SECONDS = 60
# Loud enough to tell of every refusal.
LOG = {"BAITLINE_LOG_FORMAT": "json", "BAITLINE_LOG": "info,baitline_api=debug"}

Place = Callable[..., AbstractContextManager[tuple[str, dict[str, str]]]]


@dataclass
class Effort:
    """How much is tried: examples for each operation, by key, and the time that
    one run of the tool may take."""

    agency: int
    client: int
    limit_seconds: int
    # Whether a refusal of what the description allows is a fault.
    strict: bool
    # Whether each key goes through the phase of coverage, most of the requests, on each
    # database.
    coverage_everywhere: bool = True

    def phases(self, place: str, name: str) -> str:
        if self.coverage_everywhere or (place, name) in COVERED:
            return "examples,coverage,fuzzing,stateful"
        return "examples,fuzzing,stateful"


# Where a short run goes through all of it.
COVERED = {("on_sqlite", "agency"), ("on_postgres", "client")}
SHORT = Effort(agency=6, client=6, limit_seconds=600, strict=False, coverage_everywhere=False)
WHOLE = Effort(agency=12, client=15, limit_seconds=1_800, strict=False)
LONG = Effort(agency=4_000, client=4_000, limit_seconds=7_200, strict=True)


@dataclass
class Target:
    """A running service, its description, and a key."""

    base: str
    document: dict[str, Any]
    key: str
    # The public parts of the keys in use, which no request may revoke.
    spared: list[str]

    def get(self, path: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.key}"}
        return httpx.get(f"{self.base}{path}", headers=headers, timeout=REQUEST_SECONDS)

    def run(
        self, settings: Path, document: str, *options: str, limit_seconds: int, strict: bool = False
    ) -> subprocess.CompletedProcess:
        return subprocess.run(
            [
                *("schemathesis", "--config-file", str(settings), "run", document),
                *("--url", self.base, "--no-color", "--seed", str(SEED), *options),
            ],
            env=os.environ
            | {"BAITLINE_KEY": self.key, "SPARED_KEYS": " ".join(self.spared)}
            | {"PYTHONPATH": str(HERE)}
            | ({"STRICT": "yes"} if strict else {}),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=limit_seconds,
        )


def try_on(place: Place, folder: Path, effort: Effort) -> None:
    """Both keys on one database."""
    folder.mkdir()
    with place(folder, **LOG) as (base, settings):
        numbering = folder / "DEF-9xx.csv"
        registry.write(numbering)
        edition = ("numbering", "import", str(numbering), "--in-force-from", IN_FORCE_FROM)
        service.run(*edition, **settings)
        agency_key = service.make_key("agency", settings)
        client_id, _ = small_world.enter(base, agency_key)
        client_key = service.make_key("client", settings, "--client", client_id)
        document = httpx.get(f"{base}/openapi.json").raise_for_status().json()
        spared = [key.split("_")[1] for key in (agency_key, client_key)]
        agency = Target(base, document, agency_key, spared)
        client = Target(base, document, client_key, spared)
        # The ids are the agency's, so that a client's key meets those of another.
        known = without(spared, small_world.known_ids(base, agency_key, document))
        expect_planted_faults(agency, folder)
        for name, target, examples in (
            ("agency", agency, effort.agency),
            ("client", client, effort.client),
        ):
            written = settings_for(folder / f"{name}.toml", known)
            options = ("--max-examples", str(examples))
            options += ("--phases", effort.phases(place.__name__, name))
            expect_no_faults(f"{place.__name__}, {name}'s key", target, written, options, effort)
    expect_quiet_logs(folder)
    tell_unanswered(folder, document)


def expect_no_faults(
    name: str, target: Target, settings: Path, options: tuple[str, ...], effort: Effort
) -> None:
    begun = time.monotonic()
    done = target.run(
        settings,
        f"{target.base}/openapi.json",
        *options,
        limit_seconds=effort.limit_seconds,
        strict=effort.strict,
    )
    if done.returncode != 0:
        print(done.stdout)
    assert done.returncode == 0, f"{name}: schemathesis ended with {done.returncode}"
    assert target.get("/v1/limits").is_success, f"{name}: the key is no good any more"
    [tried] = re.findall(r"(\d+) generated", done.stdout)
    [operations] = re.findall(r"Tested: (\d+)", done.stdout)
    seconds = time.monotonic() - begun
    print(f"{name}: {tried} requests to {operations} operations, no fault, {seconds:.0f} s")


def expect_planted_faults(target: Target, folder: Path) -> None:
    """The same checks on a wrong description must find every fault of it."""
    wrong = json.loads(json.dumps(target.document))
    wrong["components"]["schemas"]["Problem"]["properties"]["status"] = {"type": "string"}
    path = next(path for path, item in wrong["paths"].items() if needs_key(item) and "post" in item)
    reading = wrong["paths"][path]["get"]
    del reading["responses"]["401"]
    # Without its POST, the path does more than the description says.
    wrong["paths"] = {path: {"get": reading}}
    document = folder / "wrong.json"
    document.write_text(json.dumps(wrong))
    one = ("--phases", "coverage", "--max-examples", "1")
    done = target.run(SETTINGS, str(document), *one, limit_seconds=REQUEST_SECONDS)
    found = set(re.findall(r"❌ (ST\d+) ", done.stdout))
    assert done.returncode == FAULTS_FOUND and found >= PLANTED, (
        f"the planted faults were not found, but only {found}:\n{done.stdout}"
    )


def needs_key(item: dict[str, Any]) -> bool:
    return "401" in item.get("get", {}).get("responses", {})


def without(spared: list[str], known: small_world.Known) -> small_world.Known:
    """The values but those of the keys in use: not every phase asks the hook that
    spares them, and a key that is replaced ends as well as one that is revoked."""
    return {
        template: [values for values in together if not set(values.values()) & set(spared)]
        for template, together in known.items()
    }


def settings_for(path: Path, known: small_world.Known) -> Path:
    """The settings kept beside this file, and the values that lead to something."""
    lines = [SETTINGS.read_text()]
    for number, (template, together) in enumerate(known.items()):
        bindings = []
        for parameter in together[0] if together else ():
            name = f"known-{number}-{parameter.replace('_', '-')}"
            values = [values[parameter] for values in together]
            lines.append(f"[dictionaries.{name}]\nvalues = {json.dumps(values)}")
            bindings.append(
                f'"path.{parameter}" = {{ dictionary = "{name}", probability = {SHARE_OF_KNOWN} }}'
            )
        if bindings:
            lines.append(f"[[operations]]\ninclude-path = {json.dumps(template)}")
            lines.append(f"parameters = {{ {', '.join(bindings)} }}")
    path.write_text("\n".join(lines) + "\n")
    return path


def events(folder: Path) -> Iterator[dict[str, Any]]:
    """The logs of all processes; a line that is no event is one of a panic."""
    for log in folder.glob("*.log"):
        for line in log.read_text(errors="replace").splitlines():
            try:
                yield json.loads(line)
            except ValueError:
                yield {"level": "ERROR", "fields": {"message": line}}


def expect_quiet_logs(folder: Path) -> None:
    """No error, and no event of a request that does not name it."""
    errors = [event for event in events(folder) if event["level"] == "ERROR"]
    assert not errors, "\n".join(["the logs tell of errors:", *map(json.dumps, errors)])
    told = [event for event in events(folder) if event["target"].startswith("baitline_api")]
    nameless = [event for event in told if "request" not in event.get("span", {})]
    assert told and not nameless, f"events that name no request: {nameless[:9]}"


def tell_unanswered(folder: Path, document: dict[str, Any]) -> None:
    """Names the operations that no request got a good answer from: they were
    hardly tried, and want a line in the small world."""
    statuses = defaultdict(set)
    for event in events(folder):
        fields = event["fields"]
        if fields.get("message") == "request":
            statuses[fields["method"], fields["route"]].add(fields["status"])
    assert statuses, "no request was logged, so nothing was tried"
    for path, item in document["paths"].items():
        for method in item:
            if not any(status < 300 for status in statuses[method.upper(), path]):
                print(f"    never answered well: {method.upper()} {path}")


def main(arguments: list[str]) -> None:
    effort = {(): SHORT, ("whole",): WHOLE, ("long",): LONG}[tuple(arguments)]
    with tempfile.TemporaryDirectory() as folder:
        for place in (service.on_sqlite, service.on_postgres):
            try_on(place, Path(folder) / place.__name__, effort)


if __name__ == "__main__":
    main(sys.argv[1:])
