"""Opens reports as openpyxl, pyarrow and DuckDB see them, and holds every cell to
the JSON of the same report. Names that a spreadsheet would run are among the
data, and must be texts."""

import csv
import datetime
import io
import sys
from pathlib import Path
from typing import Any

import duckdb
import httpx
import openpyxl
import pyarrow
import pyarrow.parquet

import registry
import service
import small_world

IN_FORCE_FROM = "2026-08-01"
PERIOD = {"from": small_world.FROM, "to": small_world.TO}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PARQUET = "application/vnd.apache.parquet"
FORMULA = '=HYPERLINK("http://127.0.0.1/","x")'
GROUPS = ("number", "block10", "block100", "competitor", "operator", "operator_group", "region")
GROUPS += ("client", "day", "week", "month")
MOMENTS, DAYS = ("first_at", "last_at"), ("day",)
REPORTS = [("repeat-offenders", "offenders", {"group_by": group}) for group in GROUPS]
REPORTS += [("baits", "baits", {}), ("operators", "pairs", {})]


def check(agency: httpx.Client, folder: Path) -> int:
    """Checks every report; returns how many lines there were."""
    lines = 0
    for report, name, query in REPORTS:
        answer = ask(agency, report, query, "application/json").json()
        as_csv = rows_of_csv(ask(agency, report, query, "text/csv"))
        book = ask(agency, report, query, XLSX)
        check_workbook(book, as_csv, answer, query)
        parquet = ask(agency, report, query, PARQUET)
        check_parquet(parquet, as_csv, answer, folder)
        again = ask(agency, report, query, PARQUET)
        assert again.content == parquet.content, f"{report} {query}: other bytes"
        assert len(as_csv) == len(answer[name]) == answer["total"], f"{report} {query}"
        lines += len(as_csv)
    return lines


def ask(agency: httpx.Client, report: str, query: dict[str, str], accept: str) -> httpx.Response:
    answer = agency.get(
        f"/v1/reports/{report}", params=PERIOD | query, headers={"Accept": accept}
    ).raise_for_status()
    assert answer.headers["content-type"].startswith(accept), answer.headers
    if accept != "application/json":
        assert answer.headers["content-disposition"].startswith(f'attachment; filename="{report}-')
    return answer


def rows_of_csv(answer: httpx.Response) -> list[dict[str, str]]:
    """Without the mark that keeps a spreadsheet from running a cell."""
    rows = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""))
    return [{name: cell.removeprefix("'") for name, cell in row.items()} for row in rows]


def check_workbook(
    answer: httpx.Response, rows: list[dict[str, str]], report: dict[str, Any], query: dict[str, str]
) -> None:
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    sheet, about = book["report"], book["about"]
    cells = [list(row) for row in sheet.iter_rows()]
    names = [cell.value for cell in cells[0]]
    assert sheet.freeze_panes == "A2" and sheet.auto_filter.ref.startswith("A1:"), names
    for row in cells + [list(row) for row in about.iter_rows()]:
        for cell in row:
            assert cell.data_type != "f", f"a formula in {cell.coordinate}: {cell.value}"
            assert cell.hyperlink is None, f"a link in {cell.coordinate}"
    for line, row in zip(cells[1:], rows, strict=True):
        for name, cell in zip(names, line, strict=True):
            same(row[name], cell.value, name)
    told = {row[0].value: row[1].value for row in about.iter_rows()}
    assert told["pending_days"] == report["pending_days"] and told["total_lines"] == len(rows), told
    assert isinstance(told["from"], datetime.datetime) and told["is_whole_report"] == "true", told
    assert told.get("group_by", "") == query.get("group_by", ""), told
    assert isinstance(told["made_at"], datetime.datetime), told


def check_parquet(
    answer: httpx.Response, rows: list[dict[str, str]], report: dict[str, Any], folder: Path
) -> None:
    table = pyarrow.parquet.read_table(io.BytesIO(answer.content))
    for field in table.schema:
        if field.name in MOMENTS:
            assert field.type == pyarrow.timestamp("us", "UTC"), field
        elif field.name in DAYS:
            assert field.type == pyarrow.date32(), field
    file = folder / "report.parquet"
    file.write_bytes(answer.content)
    metadata = pyarrow.parquet.read_metadata(file).metadata
    assert int(metadata[b"baitline.pending_days"]) == report["pending_days"], metadata
    for line, row in zip(table.to_pylist(), rows, strict=True):
        assert list(line) == list(row), "the columns of Parquet are those of CSV"
        for name, value in line.items():
            same(row[name], value, name)
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        counted = connection.execute(f"SELECT count(*), min(first_at) FROM '{file}'").fetchone()
    assert counted[0] == len(rows), counted
    if rows:
        first = min(row["first_at"] for row in rows if row["first_at"])
        assert counted[1] == datetime.datetime.fromisoformat(first), counted


def same(text: str, value: Any, name: str) -> None:
    """Holds a typed value to the text that CSV has in its place."""
    if value is None:
        assert text == "", f"{name}: nothing instead of {text}"
    elif isinstance(value, datetime.datetime):
        told = datetime.datetime.fromisoformat(text) if "T" in text else None
        if told is None:
            # A workbook knows no days but as midnights.
            assert value == datetime.datetime.fromisoformat(text), f"{name}: {value}, not {text}"
        else:
            at = value.replace(tzinfo=value.tzinfo or datetime.UTC)
            assert abs(at - told) < datetime.timedelta(milliseconds=1), f"{name}: {at}, not {told}"
    elif isinstance(value, datetime.date):
        assert value == datetime.date.fromisoformat(text), f"{name}: {value}, not {text}"
    elif isinstance(value, (int, float)):
        assert value == float(text), f"{name}: {value}, not {text}"
    else:
        assert value == text, f"{name}: {value}, not {text}"


def main(folder: Path) -> None:
    for place in (service.on_sqlite, service.on_postgres):
        own = folder / place.__name__
        own.mkdir()
        with place(own) as (base, settings):
            numbering = own / "DEF-9xx.csv"
            registry.write(numbering)
            service.run("numbering", "import", str(numbering), "--in-force-from", IN_FORCE_FROM, **settings)
            key = service.make_key("agency", settings)
            clients = small_world.enter(base, key)
            headers = {"Authorization": f"Bearer {key}"}
            with httpx.Client(base_url=base, headers=headers) as agency:
                # Names that a spreadsheet would run.
                agency.patch(f"/v1/clients/{clients[0]}", json={"name": FORMULA}).raise_for_status()
                for rival in agency.get("/v1/competitors").raise_for_status().json()["items"]:
                    path = f"/v1/competitors/{rival['id']}"
                    agency.patch(path, json={"name": FORMULA}).raise_for_status()
                service.wait_for("the worker", lambda: small_world.pending_days(agency) == 0)
                lines = check(agency, own)
        assert lines >= len(REPORTS), f"{lines} lines"
        print(f"{place.__name__}: {lines} lines of {len(REPORTS)} reports are the same in every type")


main(Path(sys.argv[1]))
