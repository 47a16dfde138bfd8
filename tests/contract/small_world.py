"""Enters a little of everything, so that requests made up by a tool find
something, and finds out the ids of what was entered. What it enters is a list
kept by hand; the ids are read off the API by its description, so that a new
noun needs at most a line in `enter_for`."""

import datetime
import re
from collections.abc import Iterator
from typing import Any

import httpx

import registry
from service import wait_for

DAY = datetime.date(2026, 10, 5)
FROM, TO = "2026-10-01T00:00:00+03:00", "2026-11-01T00:00:00+03:00"
BAIT, OTHER_BAIT = "+79015000001", "+79015000002"
OWN, OFFENDER = "+74951234567", "+79160000101"
OWN_CALL_SECONDS = 150
# A minimal WAV file: eight samples of silence.
SILENCE = (
    b"RIFF\x34\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data\x10\0\0\0"
    + bytes(16)
)

# The values that a path's parameters may have together, by its template.
Known = dict[str, list[dict[str, str]]]


def enter(base: str, agency_key: str) -> list[str]:
    """Two clients with the same things each; returns their ids."""
    with httpx.Client(base_url=base, headers={"Authorization": f"Bearer {agency_key}"}) as agency:
        clients = [post(agency, "/v1/clients", name=name)["id"] for name in ("Окна", "Двери")]
        # One SIM has no two live traps, so each has a SIM of its own.
        for client, number in zip(clients, (BAIT, OTHER_BAIT), strict=True):
            enter_for(agency, client, number)
        # One that may be revoked and replaced.
        post(agency, "/v1/keys", name="spare", scopes=["reports"], client_ids=clients)
    return clients


def enter_for(agency: httpx.Client, client: str, number: str) -> None:
    def create(path: str, **fields: Any) -> dict[str, Any]:
        return post(agency, path, client_id=client, **fields)

    bait = create("/v1/baits", number=number, reference="M-1", operator_inn=registry.T2[1])["id"]
    create("/v1/own-numbers", kind="advertised", number=OWN)
    create("/v1/sources", name="recorder", kind="recorder_app")
    rival = create("/v1/competitors", name="ООО «Рамы»", inn=registry.MTS[1])["id"]
    create("/v1/attributions", competitor_id=rival, number=OFFENDER, role="own_line", ground="сайт")
    create("/v1/allow-list", number="+79260000702", reason="курьер", since=FROM)
    create("/v1/contaminations", bait_id=bait, kind="outgoing_call", number="+79260000703", at=TO)
    create(
        "/v1/portability-answers",
        number="+79260000704",
        operator_inn=registry.MTS[1],
        source="bdpn",
        looked_up_at=TO,
    )
    trap = create(
        "/v1/traps",
        bait_id=bait,
        started_at=at(10),
        recorder_tested_at=at(9),
        exposures=[{"kind": "site_visit", "at": at(10, 1), "seconds": 240}],
    )["id"]
    create("/v1/sim-assignments", bait_id=bait, valid_from=FROM)
    applicant = create("/v1/applicants", **APPLICANT)["id"]
    person = {"applicant_id": applicant, "kind": "attorney", "name": "Иванова Мария"}
    attorney = create("/v1/representatives", **person)["id"]
    create("/v1/powers-of-attorney", representative_id=attorney, **POWER)
    signed = {"kind": "disclosure", "given_by": "Иванова Мария", "given_on": "2026-09-01"}
    create("/v1/consents", applicant_id=applicant, bait_id=bait, **signed)
    prepared = {"applicant_id": applicant, "user_name": "Петров", "user_relation": "employee"}
    agency.put(f"/v1/baits/{bait}/preparation", json=prepared).raise_for_status()
    steps = [{"kind": "recorder_test", "at": at(9)}]
    agency.put(f"/v1/traps/{trap}/protocol", json={"steps": steps}).raise_for_status()
    scan = agency.post(
        "/v1/attachments",
        params={"subject_kind": "bait", "subject_id": bait, "title": "Договор"},
        content=b"%PDF-1.4\n%%EOF\n",
        headers={"Content-Type": "application/pdf"},
    )
    scan.raise_for_status()
    calls = {"client_id": client, "source": "recorder"}
    sent = agency.post("/v1/calls", params=calls, json=list(calls_of_the_trap()))
    receipts = sent.raise_for_status().json()["receipts"]
    offer = receipts[-1]["id"]
    wait_for("the call", lambda: agency.get(f"/v1/interceptions/{offer}").is_success)
    recording = agency.put(
        f"/v1/calls/{offer}/recording", content=SILENCE, headers={"Content-Type": "audio/wav"}
    )
    recording.raise_for_status()
    post(agency, f"/v1/interceptions/{offer}/labels", **LABEL)
    amended = {"kind": "amend", "reason": "ошибка", "changes": {"connected_seconds": 43}}
    post(agency, f"/v1/observations/{offer}/corrections", **amended)
    phone = create("/v1/sources", name="phone", kind="recorder_app")["id"]
    create("/v1/devices", name="Redmi", source_id=phone, bait_id=bait)
    early = agency.put(
        "/v1/recordings",
        params={"client_id": client, "source": "recorder", "external_id": "early"},
        content=SILENCE,
        headers={"Content-Type": "audio/wav"},
    )
    early.raise_for_status()
    create("/v1/listening/claims", assignee="Анна")
    create("/v1/verdicts:replay", **{"from": FROM, "to": TO})
    wait_for("the worker", lambda: pending_days(agency) == 0)
    listed = create("/v1/sources", name="t2", kind="operator_statement")["id"]
    covered = {"bait_id": bait, "source_id": listed, "from": FROM, "to": TO}
    create("/v1/statements", **covered)
    [letter] = create("/v1/inquiries", **{"from": FROM, "to": TO}, unheard=True)["inquiries"]
    sent = {"sent_on": "2026-10-15", "channel": "post", "remind_on": "2026-11-16"}
    post(agency, f"/v1/inquiries/{letter['id']}/sending", **sent)
    about = {"from": FROM, "to": TO, "grouping": "call"}
    [complaint] = create("/v1/complaints", **about)["complaints"]
    hearing = {"kind": "hearing", "due_on": "2026-12-20"}
    post(agency, f"/v1/complaints/{complaint['id']}/deadlines", **hearing)
    against = {"received_on": "2026-12-01", "from_whom": "ООО", "defences": ["other"], "words": "нет"}
    post(agency, f"/v1/complaints/{complaint['id']}/objections", **against)
    given_up = {"kind": "withdraw", "on": "2026-11-20"}
    post(agency, f"/v1/complaints/{complaint['id']}/acts", **given_up)
    create("/v1/complaints", **about)
    for kind, subject in [("operator_inquiry", letter["id"]), ("trap_protocol", trap)]:
        create("/v1/papers", kind=kind, subject_id=subject)
    papers = {"client_id": client}
    wait_for("papers", lambda: all_are_over(agency.get("/v1/papers", params=papers).json()))
    create("/v1/legal-holds", caller=OFFENDER, reason="запрос суда")
    create("/v1/erasures", number="+79160000099", reason="требование субъекта")
    note = "# ПАМЯТКА\n\nОтвечайте коротко.\n".encode()
    own = {"params": {"client_id": client}, "headers": {"Content-Type": "text/markdown"}}
    agency.put("/v1/templates/answering_script", content=note, **own).raise_for_status()
    job = create("/v1/exports", **{"from": FROM, "to": TO}, traps=1, interceptions=1)["id"]
    wait_for("the export", lambda: is_over(agency.get(f"/v1/exports/{job}").json()["export"]))


APPLICANT = {
    "kind": "legal_entity",
    "name": "ООО «Окна Плюс»",
    "inn": registry.MTS[1],
    "ogrn": "1027700132195",
    "legal_address": "г. Москва, ул. Примерная, д. 1",
    "subject_code": "77",
}
POWER = {"issued_on": "2026-09-01", "expires_on": "2027-08-31", "powers": "подписывать заявления"}
LABEL = {"kind": "advertising", "robot": False, "consent_given": False, "stop_demanded": False}


def calls_of_the_trap() -> Iterator[dict[str, Any]]:
    """The own call and the return call that arm the trap, then the offer."""
    rows = [
        ("own", "outgoing", "called", OWN, at(10, 5), OWN_CALL_SECONDS),
        ("return", "incoming", "caller", OWN, at(10, 10), OWN_CALL_SECONDS),
        ("offer", "incoming", "caller", OFFENDER, at(12), 42),
    ]
    for name, direction, role, number, moment, seconds in rows:
        yield {
            "external_id": name,
            "bait": "M-1",
            "direction": direction,
            role: number,
            "occurred_at": moment,
            "connected_seconds": seconds,
        }


def at(hours: int, minutes: int = 0) -> str:
    return f"{DAY}T{hours:02}:{minutes:02}:00+03:00"


def post(agency: httpx.Client, path: str, **fields: Any) -> dict[str, Any]:
    answer = agency.post(path, json=fields)
    assert answer.is_success, f"{path}: {answer.status_code} {answer.text}"
    return answer.json()


def pending_days(agency: httpx.Client) -> int:
    query = {"from": FROM, "to": TO}
    answer = agency.get("/v1/reports/repeat-offenders", params=query).raise_for_status()
    return answer.json()["pending_days"]


def all_are_over(page: dict[str, Any]) -> bool:
    return all(is_over(job) for job in page["items"])


def is_over(export: dict[str, Any]) -> bool:
    return export["state"] not in ("queued", "running")


def known_ids(base: str, key: str, document: dict[str, Any]) -> Known:
    """For every path with parameters the values that lead to something: what is
    before a parameter names a collection, whose items have ids."""
    known: Known = {}
    with httpx.Client(base_url=base, headers={"Authorization": f"Bearer {key}"}) as caller:
        for template in document["paths"]:
            if "{" in template:
                known[template] = list(values_for(caller, template))
    return known


def values_for(caller: httpx.Client, template: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = [{}]
    for parameter in re.finditer(r"\{(\w+)\}", template):
        collection = template[: parameter.start()].rstrip("/")
        found = [
            values | {parameter[1]: known}
            for values in found
            for item in items_of(caller, collection.format(**values))
            # What an item is found by has the parameter's name, or is its id.
            if (known := item.get(parameter[1], item.get("id"))) is not None
        ]
    return found


def items_of(caller: httpx.Client, collection: str) -> list[dict[str, Any]]:
    """The items of a list, or those that the thing above it tells of."""
    answer = caller.get(collection)
    if answer.is_success:
        return answer.json().get("items", [])
    above, _, name = collection.rpartition("/")
    answer = caller.get(above)
    held = answer.json().get(name.replace("-", "_"), []) if answer.is_success else []
    return [item for item in held if isinstance(item, dict)]
