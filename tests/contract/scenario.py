"""The main job as a CRM does it with a generated client: baits and traps in,
calls and recordings in, interceptions, the report and a package out. Every
answer that is known beforehand is checked."""

import datetime
import io
import math
import struct
import wave
from http import HTTPStatus
from pathlib import Path
from typing import Any
from uuid import UUID

from baitline_client import AuthenticatedClient
from baitline_client.api.baits import create_bait, find_bait, list_baits, update_bait
from baitline_client.api.calls import (
    create_calls,
    find_call,
    get_recording,
    list_calls,
    put_recording,
)
from baitline_client.api.clients import create_client, find_client, list_clients, update_client
from baitline_client.api.exports import (
    cancel_export,
    create_export,
    download_package,
    find_export,
    list_exports,
)
from baitline_client.api.interceptions import (
    create_label,
    find_interception,
    list_interceptions,
    list_labels,
)
from baitline_client.api.numbering import find_number, list_editions
from baitline_client.api.own_numbers import (
    create_own_number,
    find_own_number,
    list_own_numbers,
    update_own_number,
)
from baitline_client.api.reports import report_repeat_offenders
from baitline_client.api.service import get_openapi_document, health, readiness
from baitline_client.api.sources import create_source, find_source, list_sources, update_source
from baitline_client.api.traps import create_trap, find_trap, list_traps, update_trap
from baitline_client.models import (
    CreateBait,
    CreateCall,
    CreateClient,
    CreateExport,
    CreateLabel,
    CreateOwnNumber,
    CreateSource,
    CreateTrap,
    Direction,
    ExportState,
    GroupBy,
    LabelKind,
    LogExposure,
    LoggedKind,
    OwnNumberKind,
    PackageState,
    Receipt,
    ReceiptStatus,
    SourceKind,
    Standing,
    UpdateBait,
    UpdateClient,
    UpdateOwnNumber,
    UpdateSource,
    UpdateTrap,
    Verdict,
)
from baitline_client.types import File

import registry
from service import wait_for

MOSCOW = datetime.timezone(datetime.timedelta(hours=3))
FROM = datetime.datetime(2026, 10, 1, tzinfo=MOSCOW)
TO = datetime.datetime(2026, 11, 1, tzinfo=MOSCOW)
TRAP_DAYS = [datetime.date(2026, 10, 5), datetime.date(2026, 10, 12)]
BAITS = ["+79015000001", "+79015000002"]
OWN = "+74951234567"
OFFENDER = "+79160000101"
COURIER = "+79260000702"
NOBODY = UUID("0197a5b0-7c1e-7d3a-9a51-0000000000ff")
OWN_CALL_SECONDS = 150
ANSWERED_SECONDS = 42
PAGE = 3

SAMPLES_PER_SECOND = 8_000
TONE_HERTZ = 440


def at(day: datetime.date, hours: int, minutes: int = 0) -> datetime.datetime:
    return datetime.datetime.combine(day, datetime.time(hours, minutes), MOSCOW)


def parsed(response: Any, status: HTTPStatus = HTTPStatus.OK) -> Any:
    """The answer as the generated client has it, of the status expected."""
    assert response.status_code == status, f"{response.status_code}: {response.content!r}"
    assert response.parsed is not None, f"the client cannot read {response.content!r}"
    return response.parsed


class Scenario:
    """One run against one service. `agency` and `crm` note their answers;
    `quiet` is for asking again and again."""

    def __init__(
        self, agency: AuthenticatedClient, quiet: AuthenticatedClient, folder: Path
    ) -> None:
        self.agency, self.quiet, self.crm, self.folder = agency, quiet, agency, folder

    def enter_client(self) -> str:
        """Returns the client's id, for which a key can then be made."""
        parsed(health.sync_detailed(client=self.agency))
        parsed(readiness.sync_detailed(client=self.agency))
        parsed(get_openapi_document.sync_detailed(client=self.agency))
        body = CreateClient(name="ООО «Окна Плюс»")
        created = parsed(
            create_client.sync_detailed(client=self.agency, body=body), HTTPStatus.CREATED
        )
        assert created.window_hours == 48, created
        self.client_id = created.id
        renamed = UpdateClient(name="ООО «Окна Плюс Сервис»")
        parsed(update_client.sync_detailed(created.id, client=self.agency, body=renamed))
        found = parsed(find_client.sync_detailed(created.id, client=self.agency))
        assert found.name == "ООО «Окна Плюс Сервис»", found
        parsed(list_clients.sync_detailed(client=self.agency))
        return str(created.id)

    def enter_world(self, crm: AuthenticatedClient) -> None:
        self.crm = crm
        self.enter_own_number()
        self.enter_source()
        self.baits = [self.enter_bait(number, place) for place, number in enumerate(BAITS)]
        self.traps = [
            self.enter_trap(bait, day) for bait, day in zip(self.baits, TRAP_DAYS, strict=True)
        ]
        twice = CreateBait(number=BAITS[0])
        parsed(create_bait.sync_detailed(client=crm, body=twice), HTTPStatus.CONFLICT)
        wrong = CreateBait(number="12")
        parsed(create_bait.sync_detailed(client=crm, body=wrong), HTTPStatus.UNPROCESSABLE_ENTITY)
        foreign = CreateTrap(bait_id=NOBODY, started_at=at(TRAP_DAYS[0], 10))
        parsed(create_trap.sync_detailed(client=crm, body=foreign), HTTPStatus.NOT_FOUND)
        parsed(find_bait.sync_detailed(NOBODY, client=crm), HTTPStatus.NOT_FOUND)

    def enter_own_number(self) -> None:
        body = CreateOwnNumber(kind=OwnNumberKind.ADVERTISED, number="8 (495) 123-45-67")
        own = parsed(
            create_own_number.sync_detailed(client=self.crm, body=body), HTTPStatus.CREATED
        )
        note = UpdateOwnNumber(note="на сайте")
        parsed(update_own_number.sync_detailed(own.id, client=self.crm, body=note))
        parsed(find_own_number.sync_detailed(own.id, client=self.crm))
        parsed(list_own_numbers.sync_detailed(client=self.crm))

    def enter_source(self) -> None:
        body = CreateSource(name="recorder", kind=SourceKind.RECORDER_APP)
        source = parsed(create_source.sync_detailed(client=self.crm, body=body), HTTPStatus.CREATED)
        surer = UpdateSource(uncertainty_seconds=1.0)
        parsed(update_source.sync_detailed(source.id, client=self.crm, body=surer))
        parsed(find_source.sync_detailed(source.id, client=self.crm))
        parsed(list_sources.sync_detailed(client=self.crm))
        parsed(create_source.sync_detailed(client=self.crm, body=body), HTTPStatus.CONFLICT)

    def enter_bait(self, number: str, place: int) -> UUID:
        body = CreateBait(number=number, operator_inn=registry.T2[1], reference=f"M-{place}")
        bait = parsed(create_bait.sync_detailed(client=self.crm, body=body), HTTPStatus.CREATED)
        region = UpdateBait(region="Москва")
        parsed(update_bait.sync_detailed(bait.id, client=self.crm, body=region))
        assert parsed(find_bait.sync_detailed(bait.id, client=self.crm)).number == number
        parsed(list_baits.sync_detailed(client=self.crm, number=number))
        return bait.id

    def enter_trap(self, bait: UUID, day: datetime.date) -> UUID:
        visit = LogExposure(kind=LoggedKind.SITE_VISIT, at=at(day, 10, 1), seconds=240)
        body = CreateTrap(bait_id=bait, started_at=at(day, 10), exposures=[visit])
        trap = parsed(create_trap.sync_detailed(client=self.crm, body=body), HTTPStatus.CREATED)
        # The answer to a change shows what the worker has made of the trap so far.
        self.wait_for_worker()
        tested = UpdateTrap(recorder_tested_at=at(day, 9, 55))
        parsed(update_trap.sync_detailed(trap.id, client=self.crm, body=tested))
        return trap.id

    def send_calls(self) -> None:
        """Sends what one recorder knows, and then the same again."""
        calls = all_calls()
        calls.append(
            CreateCall(occurred_at="yesterday", bait=BAITS[0], direction=Direction.INCOMING)
        )
        for status in (ReceiptStatus.ACCEPTED, ReceiptStatus.DUPLICATE):
            answer = parsed(
                create_calls.sync_detailed(client=self.crm, body=calls, source="recorder")
            )
            statuses = [receipt.status for receipt in answer.receipts]
            assert statuses == [status] * (len(calls) - 1) + [ReceiptStatus.REJECTED], answer
        named = zip(calls, answer.receipts, strict=True)
        self.receipts = {call.external_id: receipt for call, receipt in named}
        single = create_calls.sync_detailed(client=self.crm, body=calls[0], source="recorder")
        assert isinstance(parsed(single), Receipt), single
        changed = CreateCall.from_dict(calls[0].to_dict() | {"connected_seconds": 1})
        conflict = create_calls.sync_detailed(client=self.crm, body=[changed], source="recorder")
        assert parsed(conflict).receipts[0].status == ReceiptStatus.CONFLICT, conflict
        self.wait_for_worker()

    def send_calls_in_pieces(self) -> None:
        """The same, last call first, each alone and once the worker has made what
        it could of those before."""
        self.receipts = {}
        for call in reversed(all_calls()):
            sent = create_calls.sync_detailed(client=self.crm, body=call, source="recorder")
            self.receipts[call.external_id] = parsed(sent, HTTPStatus.CREATED)
            self.wait_for_worker()

    def wait_for_worker(self) -> None:
        def report() -> Any:
            return parsed(
                report_repeat_offenders.sync_detailed(client=self.quiet, from_=FROM, to=TO)
            )

        wait_for("the worker", lambda: report().pending_days == 0)

    def listen(self) -> None:
        """Uploads a recording of every answered call and labels it."""
        sound = tone()
        for bait in BAITS:
            for name, kind in (("offer", LabelKind.ADVERTISING), ("parcel", LabelKind.SERVICE)):
                call = self.receipts[f"{bait}-{name}"].id
                self.upload(call, sound)
                label = CreateLabel(
                    kind=kind,
                    robot=False,
                    consent_given=False,
                    stop_demanded=False,
                    transcript="— Алло?",
                )
                labelled = create_label.sync_detailed(call, client=self.crm, body=label)
                parsed(labelled, HTTPStatus.CREATED)
                assert len(parsed(list_labels.sync_detailed(call, client=self.crm)).items) == 1
        self.wait_for_worker()

    def upload(self, call: UUID, sound: bytes) -> None:
        for status in (HTTPStatus.CREATED, HTTPStatus.OK):
            file = File(payload=io.BytesIO(sound))
            put = put_recording.sync_detailed(call, client=self.crm, body=file)
            assert parsed(put, status).bytes_ == len(sound), put
        got = parsed(get_recording.sync_detailed(call, client=self.crm))
        assert got.payload.read() == sound, "another recording came back"
        other = File(payload=io.BytesIO(sound[:-2]))
        parsed(put_recording.sync_detailed(call, client=self.crm, body=other), HTTPStatus.CONFLICT)

    def read_everything(self) -> None:
        for trap, day in zip(self.traps, TRAP_DAYS, strict=True):
            state = parsed(find_trap.sync_detailed(trap, client=self.crm)).state
            # The return call ends it, and the window opens.
            opens = at(day, 10, 10) + datetime.timedelta(seconds=OWN_CALL_SECONDS)
            assert state.complete and state.window.from_ == opens, state
            assert state.window.to == opens + datetime.timedelta(hours=48), state
        parsed(list_traps.sync_detailed(client=self.crm))
        calls = self.pages(list_calls)
        assert len(calls) == 2 * len(calls_of(BAITS[0], TRAP_DAYS[0])), calls
        for call in calls:
            parsed(find_call.sync_detailed(call.id, client=self.crm))
        interceptions = self.pages(list_interceptions)
        verdicts = [one.facts.verdict for one in interceptions if one.caller.number == OFFENDER]
        assert verdicts == [Verdict.FOREIGN_GROUP] * 4, interceptions
        for one in interceptions:
            parsed(find_interception.sync_detailed(one.id, client=self.crm))
        holder = parsed(find_number.sync_detailed(OFFENDER, client=self.crm, at=FROM))
        assert holder.operator.inn == registry.MTS[1], holder
        editions = parsed(list_editions.sync_detailed(client=self.crm)).items
        assert [edition.ranges for edition in editions] == [registry.RANGES], editions

    def pages(self, operation: Any) -> list[Any]:
        """A whole list, page by page."""
        items, more = [], {}
        while True:
            page = parsed(operation.sync_detailed(client=self.crm, limit=PAGE, **more))
            items += page.items
            if not page.next_cursor:
                return items
            more = {"cursor": page.next_cursor}

    def report(self) -> None:
        for group_by in GroupBy:
            answer = parsed(
                report_repeat_offenders.sync_detailed(
                    client=self.agency, from_=FROM, to=TO, group_by=group_by
                )
            )
            assert answer.pending_days == 0, answer
            if group_by == GroupBy.COMPETITOR:
                # Nobody attributed a number: no company is accused by absence.
                assert (answer.offenders, answer.unattributed.interceptions) == ([], 2), answer
                continue
            totals = [(line.interceptions, line.attempts) for line in answer.offenders]
            assert tuple(map(sum, zip(*totals, strict=True))) == (2, 2), answer
            if group_by == GroupBy.NUMBER:
                first, *others = answer.offenders
                assert first.standing == Standing.REPEAT_OFFENDER, answer
                counted = (first.interceptions, first.traps, first.baits, first.clients)
                assert counted == (2, 2, 2, 1), first
                assert [line.standing for line in others] == [Standing.CANDIDATE], answer
            else:
                # What is no number and no company is no offender.
                assert [line.standing for line in answer.offenders] == [None] * len(totals), answer

    def own_offenders(self) -> list[Any]:
        """The report of this client alone."""
        asked = report_repeat_offenders.sync_detailed(client=self.crm, from_=FROM, to=TO)
        return [offender.to_dict() for offender in parsed(asked).offenders]

    def export(self) -> Path:
        """Returns the one package of the one repeat offender."""
        body = CreateExport(from_=FROM, to=TO)
        job = parsed(create_export.sync_detailed(client=self.crm, body=body), HTTPStatus.ACCEPTED)

        def over() -> bool:
            state = parsed(find_export.sync_detailed(job.id, client=self.quiet)).export.state
            return state not in (ExportState.QUEUED, ExportState.RUNNING)

        wait_for("the export", over)
        done = parsed(find_export.sync_detailed(job.id, client=self.crm))
        assert done.export.state == ExportState.DONE, done
        [package] = done.packages
        assert (package.caller, package.state) == (OFFENDER, PackageState.DRAFT), package
        parsed(list_exports.sync_detailed(client=self.crm))
        parsed(cancel_export.sync_detailed(job.id, client=self.crm), HTTPStatus.CONFLICT)
        file = parsed(download_package.sync_detailed(job.id, package.id, client=self.crm))
        path = self.folder / "package.zip"
        path.write_bytes(file.payload.read())
        assert path.stat().st_size == package.bytes_, package
        return path


def all_calls() -> list[CreateCall]:
    days = zip(BAITS, TRAP_DAYS, strict=True)
    return [call for bait, day in days for call in calls_of(bait, day)]


def calls_of(bait: str, day: datetime.date) -> list[CreateCall]:
    """The own call and the return call that arm a trap, and who called then."""
    rows = [
        ("own", Direction.OUTGOING, OWN, at(day, 10, 5), OWN_CALL_SECONDS),
        ("return", Direction.INCOMING, OWN, at(day, 10, 10), OWN_CALL_SECONDS),
        ("offer", Direction.INCOMING, "8 916 000-01-01", at(day, 12), ANSWERED_SECONDS),
        ("attempt", Direction.INCOMING, OFFENDER, at(day, 13), 0),
        ("parcel", Direction.INCOMING, COURIER, at(day, 14), ANSWERED_SECONDS),
        ("hidden", Direction.INCOMING, "anonymous", at(day, 15), ANSWERED_SECONDS),
    ]
    return [
        CreateCall(
            external_id=f"{bait}-{name}",
            bait=bait,
            direction=direction,
            occurred_at=moment.isoformat(),
            connected_seconds=seconds,
            **{"called" if direction == Direction.OUTGOING else "caller": other},
        )
        for name, direction, other, moment, seconds in rows
    ]


def tone() -> bytes:
    """A second of sound, as a WAV file."""
    radians = 2 * math.pi * TONE_HERTZ / SAMPLES_PER_SECOND
    samples = (int(10_000 * math.sin(radians * place)) for place in range(SAMPLES_PER_SECOND))
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(SAMPLES_PER_SECOND)
        sound.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))
    return file.getvalue()
