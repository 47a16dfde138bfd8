"""Every command that ends by itself, on a fresh SQLite database, and the two
that refuse one."""

import contextlib
import re
import sqlite3
import subprocess
import tempfile
import time
import unittest
from http import HTTPStatus
from pathlib import Path

import httpx

import registry
import service

COMMANDS = {
    "demo", "serve", "api", "worker", "migrate", "openapi", "verify",
    "numbering", "numbering import", "numbering show",
    "keys", "keys create", "keys list", "keys replace", "keys revoke",
    "audit", "audit verify", "backup", "restore", "handover",
}  # fmt: skip
FAILED, MISUSED = 1, 2
NOT_WHOLE = 2
IN_FORCE_FROM = ("--in-force-from", "2026-08-01")

REAL_REGISTRY = Path("../shared/data/numbering/DEF-9xx.csv")
REAL_RANGES = 17_059
# An unoptimised program on a busy machine; the target is 2 s on a quiet one.
IMPORT_TARGET_SECONDS, IMPORT_CEILING_SECONDS = 2, 20


class CommandLine(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.settings = {"BAITLINE_DATA": str(self.folder / "data")}

    def run_command(self, *arguments: str, expect: int = 0) -> str:
        """What the command prints, or what it complains of."""
        done = service.run(*arguments, expect=expect, **self.settings)
        return done.stdout if expect == 0 else done.stderr

    def test_every_command_explains_itself(self) -> None:
        # Those listed here have users; every other one is held to the same.
        self.assertLessEqual(COMMANDS, set(self.explained()))

    def explained(self, *above: str) -> list[str]:
        """The commands below one, found by following the help."""
        help = self.run_command(*above, "--help")
        self.assertIn("Usage: baitline", help)
        _, _, listed = help.partition("\nCommands:\n")
        names = re.findall(r"^  ([a-z]+) ", listed.partition("\n\n")[0], re.MULTILINE)
        found = []
        for name in names:
            if name != "help":
                found += [" ".join((*above, name)), *self.explained(*above, name)]
        return found

    def test_unknown_commands_flags_and_values_are_refused_with_advice(self) -> None:
        for arguments in (
            ("hunt",),
            ("serve", "--color"),
            ("serve", "--listen", "everywhere"),
            ("serve", "--pool-size", "0"),
            ("numbering", "import", "file.csv", "--in-force-from", "yesterday"),
            ("keys", "create", "--name", "CRM", "--client", "Окна"),
            ("keys", "create", "--name", "CRM", "--scope", "everything"),
            ("verify",),
        ):
            with self.subTest(arguments):
                self.assertIn("--help", self.run_command(*arguments, expect=MISUSED))

    def test_api_and_worker_refuse_sqlite_and_name_serve(self) -> None:
        service.run("migrate", **self.settings)
        for command in ("api", "worker"):
            with self.subTest(command):
                self.assertIn("`baitline serve`", self.run_command(command, expect=FAILED))

    def test_a_migration_is_applied_once(self) -> None:
        self.assertIn("Applied ", self.run_command("migrate"))
        self.assertEqual(self.run_command("migrate"), "The schema is current.\n")

    def test_the_demo_spares_a_folder_that_is_not_its_own(self) -> None:
        precious = self.folder / "precious.txt"
        precious.write_text("mine")
        refusal = self.run_command("demo", "--folder", str(self.folder), expect=FAILED)
        self.assertIn("--folder", refusal)
        self.assertEqual(precious.read_text(), "mine")

    def test_a_key_works_until_it_is_revoked_even_while_the_server_runs(self) -> None:
        with service.listening(self.folder / "serve.log", "serve", **self.settings) as base:
            key = self.run_command("keys", "create", "--name", "CRM of Окна").strip()
            key_id, secret = key.split("_")[1:]
            listed = self.run_command("keys", "list")
            self.assertRegex(listed, rf"{key_id}  agency .* never expires  CRM of Окна")
            self.assertNotIn(secret, listed)
            self.assertEqual(list_clients(base, key), HTTPStatus.OK)
            forged = key[:-1] + ("1" if key.endswith("0") else "0")
            self.assertEqual(list_clients(base, forged), HTTPStatus.UNAUTHORIZED)
            self.assertEqual(self.run_command("keys", "revoke", key_id), f"Revoked {key_id}.\n")
            self.assertEqual(list_clients(base, key), HTTPStatus.UNAUTHORIZED)
            self.assertRegex(self.run_command("keys", "list"), rf"{key_id}  .* revoked ")

    def test_a_key_does_what_its_scopes_say_and_is_replaced_by_one_like_it(self) -> None:
        with service.listening(self.folder / "serve.log", "serve", **self.settings) as base:
            create = ("keys", "create", "--name", "CRM", "--scope", "calls:write,recordings:write")
            key = self.run_command(*create).strip()
            key_id = key.split("_")[1]
            self.assertIn("calls:write recordings:write; never used", self.run_command("keys", "list"))
            self.assertEqual(ask(base, key, "/v1/baits"), HTTPStatus.FORBIDDEN)
            self.assertEqual(ask(base, key, "/v1/files"), HTTPStatus.OK)
            successor = self.run_command("keys", "replace", key_id).strip()
            for live in (key, successor):
                self.assertEqual(ask(base, live, "/v1/files"), HTTPStatus.OK)
                self.assertEqual(ask(base, live, "/v1/baits"), HTTPStatus.FORBIDDEN)
            self.assertIn("replaced already", self.run_command("keys", "replace", key_id, expect=FAILED))

    def test_a_key_is_made_for_no_unknown_client_and_revoked_only_if_known(self) -> None:
        nobody = "0197a5b0-7c1e-7d3a-9a51-0000000000ff"
        create = ("keys", "create", "--name", "CRM", "--client", nobody)
        self.assertIn("not found", self.run_command(*create, expect=FAILED))
        self.assertIn("not found", self.run_command("keys", "revoke", "abc", expect=FAILED))
        self.assertEqual(self.run_command("keys", "list"), "")

    def test_what_was_done_is_chained_and_an_edit_of_it_is_named(self) -> None:
        with service.listening(self.folder / "serve.log", "serve", **self.settings):
            self.run_command("keys", "create", "--name", "CRM")
        checkpoints = self.folder / "data" / "audit-checkpoints"
        # Whatever waited was sealed and written down at the stop.
        verify = ("audit", "verify", str(checkpoints))
        self.assertRegex(
            self.run_command(*verify),
            "^whole: 1 chains, 1 entries, [1-9][0-9]* checkpoints compared; 0 wait",
        )
        edit = "UPDATE audit_entries SET actor = 'nobody' WHERE sequence = 1"
        with contextlib.closing(sqlite3.connect(self.folder / "data" / "baitline.db")) as conn:
            conn.execute(edit)
            conn.commit()
        told = service.run(*verify, expect=NOT_WHOLE, **self.settings).stdout
        self.assertIn("entry 1 is not what was sealed under this number", told)
        checkpoints.write_text("no checkpoint\n")
        told = service.run(*verify, expect=NOT_WHOLE, **self.settings).stdout
        self.assertIn("line 1 is no checkpoint", told)

    def test_a_back_up_restores_elsewhere_and_a_changed_byte_stops_it(self) -> None:
        key = self.run_command("keys", "create", "--name", "CRM").strip()
        backup, elsewhere = self.folder / "backup", self.folder / "elsewhere"
        self.assertIn("Backed up ", self.run_command("backup", str(backup)))
        subprocess.run(
            ["sha256sum", "--quiet", "-c", "SHA256SUMS"], cwd=backup, check=True, timeout=60
        )
        settings = {"BAITLINE_DATA": str(elsewhere)}
        database = backup / "database.sqlite"
        whole = database.read_bytes()
        database.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        told = service.run("restore", str(backup), expect=NOT_WHOLE, **settings).stdout
        self.assertIn("database.sqlite has other bytes", told)
        database.write_bytes(whole)
        service.run("restore", str(backup), **settings)
        with service.listening(self.folder / "serve.log", "serve", **settings) as base:
            self.assertEqual(list_clients(base, key), HTTPStatus.OK)
        refused = service.run("restore", str(backup), expect=FAILED, **settings).stderr
        self.assertIn("there is a database at", refused)

    def test_an_edition_is_imported_whole_or_not_at_all(self) -> None:
        file = self.folder / "DEF-9xx.csv"
        registry.write(file)
        whole = file.read_bytes()
        file.write_bytes(whole[: len(whole) // 2])
        self.run_command("numbering", "import", str(file), *IN_FORCE_FROM, expect=FAILED)
        self.assertIn("No edition", self.run_command("numbering", "show"))
        file.write_bytes(whole)
        imported = self.run_command("numbering", "import", str(file), *IN_FORCE_FROM)
        self.assertIn(f"{registry.RANGES} ranges", imported)
        self.assertIn(f"{registry.RANGES} ranges", self.run_command("numbering", "show"))
        holder = self.run_command("numbering", "show", "8 (916) 000-01-01")
        self.assertIn(f"ИНН {registry.MTS[1]}", holder)
        again = self.run_command("numbering", "import", str(file), *IN_FORCE_FROM, expect=FAILED)
        self.assertIn("edition", again)

    def test_a_server_says_at_its_start_which_files_of_the_registry_are_missing(self) -> None:
        file = self.folder / "DEF-9xx.csv"
        registry.write(file)
        for loaded in (False, True):
            if loaded:
                self.run_command("numbering", "import", str(file), *IN_FORCE_FROM)
            log = self.folder / f"serve-{loaded}.log"
            with service.listening(log, "serve", **self.settings):
                pass
            warned = [line for line in log.read_text().splitlines() if "not loaded" in line]
            with self.subTest(loaded=loaded):
                self.assertEqual(len(warned), 1, warned)
                self.assertIn("ABC-3xx, ABC-4xx, ABC-8xx", warned[0])
                self.assertEqual("DEF-9xx" in warned[0], not loaded)

    def test_the_real_registry_is_imported_in_time(self) -> None:
        if not REAL_REGISTRY.exists():
            print(f"{REAL_REGISTRY} is absent, so only a made-up registry was imported")
            return
        service.run("migrate", **self.settings)
        started = time.monotonic()
        imported = self.run_command("numbering", "import", str(REAL_REGISTRY), *IN_FORCE_FROM)
        seconds = time.monotonic() - started
        self.assertIn(f"{REAL_RANGES} ranges", imported)
        self.assertLess(seconds, IMPORT_CEILING_SECONDS)
        print(
            f"{REAL_RANGES} ranges imported in {seconds:.2f} s (target {IMPORT_TARGET_SECONDS} s)"
        )


def list_clients(base: str, key: str) -> int:
    return ask(base, key, "/v1/clients")


def ask(base: str, key: str, path: str) -> int:
    return httpx.get(f"{base}{path}", headers={"Authorization": f"Bearer {key}"}).status_code


unittest.main(verbosity=2)
