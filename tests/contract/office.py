"""Enters formulas, templates and markup as names, words and numbers, and opens
what the program makes of it in LibreOffice: packages, reports and papers. What
was text must be text there: no cell that computes, no link, no field, no macro,
and no template that was carried out."""

import html
import itertools
import os
import re
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hostile_files
import naughty_texts
import service
import small_world
import uploads
import whole_world
from whole_world import World

OFFICE_SECONDS = 180
KINDS = ("formulas", "templates", "pages", "statements", "formats", "direction", "paths")
# Where people write freely, and what they write about.
FREE = (
    "name", "short_name", "reference", "note", "words", "reason", "ground", "company", "site",
    "number_origin", "transcript", "listener", "user_name", "contract_number", "legal_address",
    "reply_address", "previous_use_note", "title", "powers", "given_by", "from_whom", "assignee",
    "region", "external_id", "screen_label", "text", "place", "explanation",
)
CALLS = 60
# What computes, links or fetches in a sheet or a text.
LIVE_IN_SHEETS = re.compile(r"<f[ >/]|<hyperlink |<oleObject|<externalReference|<ddeLink|<connection ")
# The numbers of pages, which the program's own footers have, are no harm.
LIVE_IN_TEXTS = re.compile(
    r"<w:instrText[^>]*>(?!\s*(?:NUM)?PAGES?\s*</)"
    r"|<w:fldSimple(?! w:instr=[\"']\s*(?:NUM)?PAGES?\s*[\"'])"
    r"|TargetMode=\"External\"|<w:object|<o:OLEObject|w:altChunk|w:attachedTemplate"
)
# What 7*7 would have become, alone in a cell or a paragraph.
CARRIED_OUT = re.compile(r">\s*49\s*<")
CSV_WITH_FORMULAS = "CSV:44,34,76,1,,0,false,true,false,false,false,-1,true"


def texts() -> list[str]:
    """One of each kind after the other: not every place is one that is printed."""
    by_kind = (naughty_texts.TEXTS[kind] for kind in KINDS)
    mixed = (text for together in itertools.zip_longest(*by_kind) for text in together if text)
    return [text for text in mixed if 1 < len(text) < 60]


def enter(world: World) -> set[str]:
    """Hostile words in every place where people write, one text after another;
    returns those that were taken."""
    waiting = list(texts())
    taken: set[str] = set()
    used: list[str] = []

    def sung(value: Any, name: str = "") -> Any:
        if isinstance(value, dict):
            return {name: sung(one, name) for name, one in value.items()}
        if isinstance(value, list):
            return [sung(one, name) for one in value]
        if isinstance(value, str) and name in FREE:
            used.append(waiting[(len(taken) + len(used)) % len(waiting)])
            return used[-1]
        return value

    for operation in world.operations:
        # Sources have names of their own kind, and what is sent ends nothing.
        if "/keys" in operation.template or operation.template == "/v1/sources":
            continue
        for _ in range(4):
            used.clear()
            answer = world.send(operation, sung(operation.body))
            if answer.is_success:
                taken.update(used)
                break
    place = {"client_id": world.other, "source": "recorder"}
    for number, text in enumerate(texts() * 2):
        row = {
            "external_id": text,
            "bait": small_world.OTHER_BAIT,
            "direction": "incoming",
            "caller": small_world.OFFENDER,
            "occurred_at": small_world.at(12, number % 60),
            "connected_seconds": 42,
            "screen_label": text,
            "extra": {text: text},
        }
        answer = world.http.post("/v1/calls", params=place, json=row)
        if answer.is_success:
            taken.add(text)
    return taken


def words_of_the_other(world: World) -> set[str]:
    """The client whose package is made has them in its own names, too."""
    own = service.make_key("hostile", world.settings, "--client", world.other)
    taken = set()
    with world.caller(own) as http:
        choices = iter(texts() * 4)
        for path, fields in {
            "/v1/clients": ("name",),
            "/v1/competitors": ("name",),
            "/v1/applicants": ("name", "short_name", "legal_address", "reply_address", "note"),
            "/v1/representatives": ("name", "note"),
            "/v1/attributions": ("ground",),
            "/v1/baits": ("reference", "region"),
            "/v1/attachments": ("title",),
        }.items():
            listed = http.get(path).raise_for_status().json()["items"]
            for item in listed:
                for field in fields:
                    for text in choices:
                        sent = world.http.patch(f"{path}/{item['id']}", json={field: text})
                        if sent.is_success:
                            taken.add(text)
                            break
        calls = {"client_id": world.other, "from": small_world.FROM, "to": small_world.TO}
        found = http.get("/v1/interceptions", params=calls | {"limit": 20})
        for call in found.raise_for_status().json()["items"]:
            words = {name: next(choices, "=1+1") for name in ("company", "site", "number_origin", "transcript", "listener")}
            label = small_world.LABEL | words
            sound = {"Content-Type": "audio/wav"}
            http.put(f"/v1/calls/{call['id']}/recording", content=small_world.SILENCE, headers=sound)
            answer = world.http.post(f"/v1/interceptions/{call['id']}/labels", json=label)
            if answer.is_success:
                taken.update(words.values())
    return taken


def made(world: World, folder: Path) -> Iterator[Path]:
    """Everything that the program makes for people."""
    for package in world.export(world.other):
        with zipfile.ZipFile(package) as archive:
            for name in archive.namelist():
                if name.endswith((".xlsx", ".csv", ".docx", ".pdf")):
                    path = folder / f"{package.stem[-12:]}-{name.replace('/', '-')}"
                    path.write_bytes(archive.read(name))
                    yield path
    query = {"from": small_world.FROM, "to": small_world.TO, "interceptions": 1, "traps": 1}
    for report in ("repeat-offenders", "baits", "operators"):
        for ending, media in (("xlsx", uploads.SHEET), ("csv", "text/csv")):
            asked = query if report == "repeat-offenders" else {name: query[name] for name in ("from", "to")}
            answer = world.http.get(f"/v1/reports/{report}", params=asked, headers={"Accept": media})
            path = folder / f"{report}.{ending}"
            path.write_bytes(answer.raise_for_status().content)
            yield path
    yield from papers(world, folder)


def papers(world: World, folder: Path) -> Iterator[Path]:
    for client in (world.client, world.other):
        own = {"client_id": client}
        for kind, noun in (("operator_inquiry", "inquiries"), ("trap_protocol", "traps")):
            listed = world.http.get(f"/v1/{noun}", params=own).raise_for_status().json()["items"]
            for subject in listed[:2]:
                about = {"kind": kind, "subject_id": subject["id"], "client_id": client}
                world.http.post("/v1/papers", json=about).raise_for_status()

        def ended() -> list[dict[str, Any]] | None:
            items = world.http.get("/v1/papers", params=own).raise_for_status().json()["items"]
            return items if all(small_world.is_over(one) for one in items) else None

        for paper in service.wait_for("papers", ended):
            for ending in ("docx", "pdf"):
                path = f"/v1/papers/{paper['id']}/content"
                answer = world.http.get(path, params={"format": ending})
                if answer.is_success:
                    file = folder / f"{paper['id']}.{ending}"
                    file.write_bytes(answer.content)
                    yield file


def through_office(files: list[Path], target: str, into: Path, *options: str) -> list[Path]:
    """The files as LibreOffice writes them after it has read them."""
    if not files:
        return []
    into.mkdir(exist_ok=True)
    home = f"-env:UserInstallation=file://{into}/profile"
    command = ["soffice", home, "--headless", "--norestore", *options]
    command += ["--convert-to", target, "--outdir", str(into), *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=OFFICE_SECONDS)
    written = [into / f"{file.stem}.{target.partition(':')[0]}" for file in files]
    lacking = [path.name for path in written if not path.exists()]
    assert not lacking, f"LibreOffice wrote no {lacking[:3]}: {done.stdout[-500:]}{done.stderr[-500:]}"
    return written


def inside(path: Path) -> dict[str, str]:
    """The XML of an office file by its part."""
    with zipfile.ZipFile(path) as archive:
        return {
            name: archive.read(name).decode(errors="replace")
            for name in archive.namelist()
            if name.endswith((".xml", ".rels"))
        }


def live_in(path: Path) -> list[str]:
    """What computes or links in it."""
    pattern = LIVE_IN_SHEETS if path.suffix == ".xlsx" else LIVE_IN_TEXTS
    found = []
    for name, xml in inside(path).items():
        found += [f"{path.name} {name}: {xml[m.start() : m.end() + 60]}" for m in pattern.finditer(xml)]
        # A part of styles or settings has numbers of its own.
        if path.suffix == ".docx" and name == "word/document.xml":
            found += [f"{path.name}: {m[0]}" for m in CARRIED_OUT.finditer(xml)]
        if path.suffix == ".xlsx" and name == "xl/sharedStrings.xml":
            found += [f"{path.name}: {m[0]}" for m in CARRIED_OUT.finditer(xml)]
    return found


def words_in(path: Path) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", " ".join(inside(path).values())))


def check(world: World, folder: Path, taken: set[str]) -> None:
    files = list(made(world, folder))
    by_kind: dict[str, list[Path]] = {}
    for file in files:
        by_kind.setdefault(file.suffix, []).append(file)
    for kind in (".xlsx", ".csv", ".docx", ".pdf"):
        assert by_kind.get(kind), f"no {kind} was made"
    sheets = through_office(by_kind[".xlsx"], "xlsx", folder / "sheets")
    tables = through_office(
        by_kind[".csv"], "xlsx", folder / "tables", f"--infilter={CSV_WITH_FORMULAS}"
    )
    documents = through_office(by_kind[".docx"], "docx", folder / "documents")
    live = [one for file in (*sheets, *tables, *documents) for one in live_in(file)]
    # Before LibreOffice has seen them, too.
    live += [one for kind in (".xlsx", ".docx") for file in by_kind[kind] for one in live_in(file)]
    assert not live, f"{len(live)} live: {live[:3]}"
    shown = " ".join(words_in(file) for file in (*sheets, *tables, *documents))
    seen = {text for text in taken if text.strip() in shown}
    # A harness whose texts never came so far would find nothing.
    for kind in ("formulas", "templates", "pages"):
        assert seen & set(naughty_texts.TEXTS[kind]), f"no text of {kind} is in what is made: {seen}"
    print(
        f"{len(sheets)} workbooks, {len(tables)} tables, {len(documents)} documents through "
        f"LibreOffice: nothing live; {len(taken)} texts taken, {len(seen)} of them read word for word"
    )


def expect_planted(folder: Path) -> None:
    """A formula in a workbook, in a table, a field in a document: all found."""
    folder.mkdir()
    cell = '<row r="1"><c r="A1"><f>1+1</f><v>2</v></c></row>'
    (folder / "planted.xlsx").write_bytes(hostile_files.book(cell))
    (folder / "table.csv").write_text("name\n=1+1\n")
    [sheet] = through_office([folder / "planted.xlsx"], "xlsx", folder / "sheets")
    [table] = through_office(
        [folder / "table.csv"], "xlsx", folder / "tables", f"--infilter={CSV_WITH_FORMULAS}"
    )
    assert live_in(sheet) and live_in(table), "a planted formula was not found"
    field = folder / "field.docx"
    field.write_bytes(
        hostile_files.zipped({"word/document.xml": '<w:p><w:fldSimple w:instr=" DDE a "/></w:p>'})
    )
    run = folder / "run.docx"
    run.write_bytes(
        hostile_files.zipped({"word/document.xml": "<w:r><w:instrText> DDE a </w:instrText></w:r>"})
    )
    done = folder / "done.docx"
    done.write_bytes(hostile_files.zipped({"word/document.xml": "<w:t>49</w:t>"}))
    assert live_in(field) and live_in(run) and live_in(done), "a planted field was not found"


def main() -> None:
    assert shutil.which("soffice"), "LibreOffice is not installed"
    # Not in memory that others count on: a profile of LibreOffice is large.
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        expect_planted(folder / "planted")
        for place in (service.on_sqlite, service.on_postgres):
            if os.environ.get("OFFICE_ONLY", "") not in place.__name__:
                continue
            (folder / place.__name__).mkdir()
            (folder / place.__name__ / "made").mkdir()
            with whole_world.entered(
                place(folder / place.__name__, **whole_world.SETTINGS), folder / place.__name__
            ) as world:
                taken = words_of_the_other(world) | enter(world)
                world.derived(world.other)
                print(place.__name__, end=": ")
                check(world, folder / place.__name__ / "made", taken)
    print("every planted formula and field was found")


if __name__ == "__main__":
    main()
