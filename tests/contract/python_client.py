"""Runs the scenario on SQLite and on PostgreSQL, each time with the program as
it is deployed there, and compares every answer of the two. The generated
client is in the folder given, and may be imported from it."""

import json
import sys
import zipfile
from pathlib import Path
from typing import Any

from baitline_client import AuthenticatedClient

import registry
import service
from answers import Answers, differences
from scenario import Scenario

IN_FORCE_FROM = "2026-08-01"


def do_the_job(base: str, settings: dict[str, str], folder: Path) -> tuple[Answers, Path]:
    """Returns the answers of the service and the package that it built."""
    numbering = folder / "DEF-9xx.csv"
    registry.write(numbering)
    service.run("numbering", "import", str(numbering), "--in-force-from", IN_FORCE_FROM, **settings)
    answers = Answers()
    key = service.make_key("agency", settings)
    noting = {"event_hooks": {"response": [answers.note]}}
    agency = AuthenticatedClient(base, key, httpx_args=noting)

    def start_scenario() -> Scenario:
        scenario = Scenario(agency, AuthenticatedClient(base, key), folder)
        client = scenario.enter_client()
        crm = service.make_key("CRM", settings, "--client", client)
        scenario.enter_world(AuthenticatedClient(base, crm, httpx_args=noting))
        return scenario

    scenario = start_scenario()
    scenario.send_calls()
    scenario.listen()
    scenario.read_everything()
    scenario.report()
    package = scenario.export()
    service.run("verify", str(package))

    mirror = start_scenario()
    mirror.send_calls_in_pieces()
    mirror.listen()
    expected = scenario.own_offenders()
    assert expected and mirror.own_offenders() == expected, "the order of calls matters"
    return answers, package


def contents(package: Path, answers: Answers) -> dict[str, Any]:
    """What two packages of the same facts share: the names of their files, the
    facts and the register, but for the ids."""
    with zipfile.ZipFile(package) as archive:
        names = archive.namelist()
        [facts] = [name for name in names if name.endswith("/data/package.json")]
        [register] = [name for name in names if name.endswith("/data/register.csv")]
        return {
            "names": [answers.without_ids(name) for name in names],
            "facts": answers.comparable(json.loads(archive.read(facts))),
            "register": answers.without_ids(archive.read(register).decode()),
        }


def main(folder: Path) -> None:
    done = []
    for place in (service.on_sqlite, service.on_postgres):
        own = folder / place.__name__
        own.mkdir()
        with place(own) as (base, settings):
            done.append(do_the_job(base, settings, own))
        print(f"{place.__name__}: {len(done[-1][0].noted)} answers as expected")
    (sqlite, one), (postgres, other) = done
    found = differences(postgres, sqlite)
    assert not found, "the databases answer differently:\n" + "\n".join(found)
    left, right = contents(other, postgres), contents(one, sqlite)
    assert left == right, f"the packages differ:\n{left}\n  instead of\n{right}"
    print(f"both databases gave the same {len(sqlite.noted)} answers and the same package")


main(Path(sys.argv[1]))
