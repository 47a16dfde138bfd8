"""A PostgreSQL cluster of this process alone, which may be killed."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import service

KEEPER = Path(__file__).parents[2] / "crates" / "testkit" / "private-postgres.sh"


class Cluster:
    """Started by the script that every test's cluster is started by."""

    def __init__(self, url: str) -> None:
        self.url = url
        [folder] = service.psql(url, "SHOW data_directory")
        self.data = Path(folder)
        self.port = urlsplit(url).port
        [version] = service.psql(url, "SHOW server_version_num")
        self.programs = find_programs(int(version) // 10_000)
        # Variables of the server, from its next start on.
        self.settings: dict[str, str] = {}

    def kill_and_restart(self) -> None:
        """As a crash does it: nothing is told, nothing is written first."""
        server = int((self.data / "postmaster.pid").read_text().split()[0])
        os.kill(server, signal.SIGKILL)
        service.wait_for("a restart of the database", self.start)

    def start(self) -> bool:
        # What the dead server's processes still hold keeps the first tries from it.
        log = ("--log", str(self.data.parent / "log"))
        done = self.control("start", "--wait", *log, "--options", f"-p {self.port}")
        if not done:
            time.sleep(service.POLL_SECONDS)
        return done

    def stop(self) -> None:
        assert self.control("stop", "--mode", "fast"), "the database did not stop"

    def restart(self) -> None:
        self.stop()
        service.wait_for("a restart of the database", self.start)

    def come_back(self) -> None:
        """Waits for a server that helps itself, and starts one that ended, as a service
        manager does."""

        def is_back() -> bool:
            if not self.control("status"):
                self.start()
            with contextlib.suppress(AssertionError):
                return service.psql(self.url, "SELECT 1") == ["1"]
            return False

        service.wait_for("the database", is_back)

    def control(self, word: str, *options: str) -> bool:
        # What a server inherits it keeps, so nobody could read a pipe to its end.
        nowhere = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        return self.run("pg_ctl", word, "--silent", *options, **nowhere).returncode == 0

    def run(self, program: str, *arguments: str, **where: Any) -> subprocess.CompletedProcess:
        """Runs one of PostgreSQL's programs on the cluster, as the owner of its files."""
        owner = (self.data / "PG_VERSION").stat()
        user = {} if os.geteuid() else {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}
        return subprocess.run(
            [str(self.programs / program), *arguments, "--pgdata", str(self.data)],
            cwd=self.data.parent,
            env=os.environ | self.settings,
            stdin=subprocess.DEVNULL,
            text=True,
            **user,
            **where,
        )


@contextlib.contextmanager
def private() -> Iterator[Cluster]:
    """A cluster until the end of the block."""
    keeper = subprocess.Popen([KEEPER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        url = keeper.stdout.readline().strip()
        assert url, "the private PostgreSQL did not start"
        yield Cluster(url)
    finally:
        # The end of its input tells it to stop the cluster and to remove its files.
        keeper.stdin.close()
        keeper.wait()


def find_programs(version: int) -> Path:
    known = Path(f"/usr/lib/postgresql/{version}/bin")
    return known if known.exists() else Path(shutil.which("pg_ctl")).resolve().parent


def of_database(url: str) -> str:
    """The superuser's URL of the database that another login's URL names."""
    cluster = urlsplit(os.environ["BAITLINE_TEST_POSTGRES"])
    return urlunsplit(cluster._replace(path=urlsplit(url).path))
