"""Puts addresses that no server should be led to into every place where text
gets in, and watches whom the program turns to. It has no business with any
address but its database's: it fetches nothing that a caller names.

Without arguments each place meets a few addresses and each address many places;
`SSRF_EVERY=1` sends each to each. `SSRF_SEED` for others."""

import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import httpx

import hostile_files
import request_bodies
import service
import small_world
import uploads
import watched
import whole_world
from whole_world import World

SEED = int(os.environ.get("SSRF_SEED", "20261129"))
ADDRESSES_OF_A_PLACE = 2
SECONDS_AFTER = 2

# Loopback, private, link-local, metadata, mapped, translated, reserved.
HOSTS = """
127.0.0.1 127.0.0.2 127.1 127.127.127.127 0.0.0.0 0 2130706433 0x7f000001 0177.0.0.1 017700000001
0x7f.0x0.0x0.0x1 127.0.1 localhost localhost. LOCALHOST localhost.localdomain ip6-localhost [::1] [::]
[0:0:0:0:0:0:0:1] [::ffff:127.0.0.1] [::ffff:7f00:1] [0:0:0:0:0:ffff:127.0.0.1] [::127.0.0.1]
[64:ff9b::127.0.0.1] [64:ff9b::7f00:1] [64:ff9b:1::7f00:1] [2002:7f00:1::] [2001:0:7f00:1::] [::1%25lo]
10.0.0.1 10.255.255.255 172.16.0.1 172.31.255.254 192.168.0.1 192.168.1.1 100.64.0.1 100.100.100.200
169.254.169.254 169.254.170.2 169.254.0.1 2852039166 0xa9fea9fe 0251.0376.0251.0376 [::ffff:169.254.169.254]
[::ffff:a9fe:a9fe] [fe80::1] [fe80::1%25eth0] [fc00::1] [fd00::1] [fd00:ec2::254] [ff02::1] [2001:db8::1]
[64:ff9b::a9fe:a9fe] [2002:a9fe:a9fe::] [2002:c0a8:101::] [::ffff:10.0.0.1] [::ffff:192.168.1.1]
metadata.google.internal metadata instance-data 192.0.0.192 192.0.0.1 192.0.2.1 198.18.0.1 198.51.100.1
203.0.113.1 224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255 127.0.0.1.nip.io localtest.me
①②⑦.⓪.⓪.① ⑯⑨.②⑤④.①⑥⑨.②⑤④ 127。0。0。1 ｌｏｃａｌｈｏｓｔ example.test@127.0.0.1 127.0.0.1#@example.test
127.0.0.1%2523@example.test example.test\\@127.0.0.1 127.0.0.1:80@example.test
""".split()

# What else makes programs open something. {port} is one that listens.
OTHERS = """
file:///etc/passwd file://localhost/etc/passwd gopher://127.0.0.1:{port}/_a dict://127.0.0.1:{port}/a
ftp://127.0.0.1:{port}/a tftp://127.0.0.1:{port}/a ldap://127.0.0.1:{port}/a ldaps://127.0.0.1:{port}/a
sftp://127.0.0.1:{port}/a smb://127.0.0.1:{port}/a jar:http://127.0.0.1:{port}!/a netdoc:///etc/passwd
s3://127.0.0.1:{port}/a postgres://127.0.0.1:{port}/a redis://127.0.0.1:{port}/a ws://127.0.0.1:{port}/a
unix:///var/run/docker.sock data:text/html,a //127.0.0.1:{port}/a \\\\\\\\127.0.0.1\\\\share\\\\a
https://127.0.0.1:{port}/a.wav http://127.0.0.1:{port}/a.mp3 ${{jndi:ldap://127.0.0.1:{port}/a}}
""".split()


def addresses(port: int) -> list[str]:
    """Every one with the port of the listener, so that what is opened here is seen
    by it too, wherever on this machine it leads."""
    found = []
    for host in HOSTS:
        before, at, name = host.rpartition("@")
        whole = f"{before}{at}{name}" if at and "#" in before else f"{host}:{port}"
        found.append(f"http://{whole}/запись.wav")
    return found + [one.format(port=port) for one in OTHERS]


class Tries:
    """Sends addresses, and counts what came of it."""

    def __init__(self, world: World, port: int) -> None:
        self.world = world
        self.addresses = addresses(port)
        self.dice = random.Random(f"{SEED} addresses")
        self.answers: Counter = Counter()
        self.tried: set[str] = set()

    def some(self) -> list[str]:
        """In turns, so that each is sent about as often as any other."""
        if os.environ.get("SSRF_EVERY"):
            return self.addresses
        return self.dice.sample(self.addresses, ADDRESSES_OF_A_PLACE)

    def note(self, address: str, answer: httpx.Response) -> None:
        self.tried.add(address)
        assert answer.status_code < 500, f"{answer.request.url}: {answer.status_code} {answer.text}"
        self.answers[answer.status_code // 100] += 1

    def bodies(self) -> None:
        for operation in self.world.operations:
            for place in operation.places:
                for address in self.some():
                    body = request_bodies.with_text(operation, place, address)
                    self.note(address, self.world.send(operation, body))

    def queries_and_paths(self) -> None:
        for operation in request_bodies.operations(self.world.document):
            path = self.world.path_of(operation.template)
            if operation.method != "get" or path.endswith("/events"):
                continue
            for name in operation.queries():
                for address in self.some():
                    self.note(address, self.world.http.get(path, params={name: address}))
            if "{" in operation.template:
                for address in self.some():
                    above = operation.template.partition("{")[0]
                    self.note(address, self.world.http.get(above + quote(address, safe="")))

    def headers(self) -> None:
        """What proxies and frameworks are known to follow."""
        names = "Host X-Forwarded-Host X-Forwarded-For X-Original-URL X-Rewrite-URL Forwarded Referer"
        names += " Origin From True-Client-IP X-Wap-Profile traceparent tracestate Idempotency-Key"
        names += " X-Callback-Url Link Destination Content-Location If-None-Match Range"
        for name in names.split():
            for address in self.some():
                sent = address.encode("ascii", "replace").decode()
                self.note(address, self.world.http.get("/v1/baits", headers={name: sent}))

    def files(self) -> None:
        for upload in uploads.of(self.world):
            for address in self.some():
                for content in contents(upload.media, address):
                    self.note(address, upload.send(content, address, title=address[:100]))


def contents(media: str, address: str) -> Iterator[bytes]:
    """What makes readers of a kind of file open an address."""
    text = address.replace("&", "&amp;").replace("<", "&lt;")
    match media:
        case uploads.SHEET:
            head = hostile_files.row("Номер", "Начало", "Ссылка")
            rows = head + hostile_files.row(text, text, text, number=2)
            entity = f'<!DOCTYPE worksheet [<!ENTITY a SYSTEM "{text}"><!ENTITY % b SYSTEM "{text}"> %b;]>'
            inside = head + hostile_files.row("&a;", "&a;", "&a;", number=2)
            yield hostile_files.book(inside, before=entity)
            linked = f'<Relationships xmlns="{hostile_files.RELATIONS}"><Relationship Id="rId1" Type='
            linked += f'"{hostile_files.OFFICE}/hyperlink" Target="{text}" TargetMode="External"/></Relationships>'
            yield hostile_files.book(rows, more={"xl/worksheets/_rels/sheet1.xml.rels": linked})
        case "text/csv":
            yield f"number,reference,name,occurred_at\n{address},{address},{address},{address}\n".encode()
            yield f'number;name\n"=WEBSERVICE(""{address}"")";"=HYPERLINK(""{address}"")"\n'.encode()
        case "application/json" | "application/x-ndjson":
            yield f'{{"source": "recorder", "recording_url": "{address}"}}\n'.encode()
            yield f'{{"caller": "{address}", "extra": {{"recording_url": "{address}"}}}}\n'.encode()
        case "text/markdown":
            yield f"# Памятка\n\n![]({address})\n".encode()
            yield f'# Памятка\n\n<img src="{address}">\n\n#image("{address}")\n'.encode()
            yield f'{{% include "{address}" %}}\n\n# Памятка {address}\n'.encode()
        case "application/pdf":
            yield f"%PDF-1.4\n1 0 obj<</Type/Action/S/URI/URI({address})/F({address})>>endobj\n%%EOF".encode()
        case _:
            yield f"#EXTM3U\n{address}\n".encode()
            yield small_world.SILENCE + address.encode()


def try_everything(world: World, listener: watched.Listener) -> str:
    tries = Tries(world, listener.port)
    for step in (tries.bodies, tries.queries_and_paths, tries.headers, tries.files):
        step()
    # Whatever the worker makes of it: reports, papers, packages.
    world.derived(world.client)
    world.export(world.other)
    for kind, noun in (("operator_inquiry", "inquiries"), ("trap_protocol", "traps")):
        about = {"kind": kind, "subject_id": world.known[f"/v1/{noun}/{{id}}"][0]["id"]}
        small_world.post(world.http, "/v1/papers", client_id=world.client, **about)
    papers = {"client_id": world.client}
    service.wait_for(
        "papers",
        lambda: small_world.all_are_over(world.http.get("/v1/papers", params=papers).json()),
    )
    time.sleep(SECONDS_AFTER)
    missed = set(tries.addresses) - tries.tried
    assert not missed, f"never sent: {missed}"
    answers = ", ".join(f"{count} × {kind}xx" for kind, count in sorted(tries.answers.items()))
    return f"{sum(tries.answers.values())} requests with {len(tries.addresses)} addresses ({answers})"


def expect_silence(place, folder: Path) -> None:
    folder.mkdir()
    listener = watched.Listener()
    with watched.watching(folder / "watch") as watch:
        with whole_world.entered(place(folder, **whole_world.SETTINGS), folder) as world:
            done = try_everything(world, listener)
            database = urlsplit(world.settings.get("BAITLINE_DATABASE_URL", ""))
        expected = {(database.hostname, database.port)} if database.hostname else set()
    assert watch.has_begun(), "strace saw nothing, so nothing was watched"
    found = watch.addresses()
    # That the database is seen shows that connections are.
    assert found == expected, f"the program turned to {found - expected}"
    assert not watch.other_sockets(), watch.other_sockets()[:5]
    assert not listener.came, f"{len(listener.came)} connections came from {listener.came[:3]}"
    print(f"{place.__name__}: {done}, no connection", flush=True)


def expect_planted(folder: Path) -> None:
    """A program that does turn to an address must be found by both."""
    folder.mkdir()
    listener = watched.Listener()
    collector = {"BAITLINE_OTLP_ENDPOINT": f"http://127.0.0.1:{listener.port}"}
    with watched.watching(folder / "watch") as watch:
        with service.on_sqlite(folder, OTEL_BSP_SCHEDULE_DELAY="50", **collector) as (base, _):
            httpx.get(f"{base}/healthz").raise_for_status()
            service.wait_for("the planted connection", lambda: listener.came)
    assert ("127.0.0.1", listener.port) in watch.addresses(), watch.addresses()


def main() -> None:
    with whole_world.scratch() as folder:
        expect_planted(folder / "planted")
        for place in (service.on_sqlite, service.on_postgres):
            expect_silence(place, folder / place.__name__)
    print(f"seed {SEED}; the planted connection was found by strace and by the listener")


if __name__ == "__main__":
    main()
