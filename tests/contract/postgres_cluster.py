"""A PostgreSQL cluster of this process alone, which may be killed."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
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
        self.pg_ctl = find_pg_ctl(int(version) // 10_000)
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

    def restart(self) -> None:
        assert self.control("stop", "--mode", "fast"), "the database did not stop"
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
        """Runs `pg_ctl` as the owner of the files, in an environment of its own."""
        owner = (self.data / "PG_VERSION").stat()
        user = {} if os.geteuid() else {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}
        done = subprocess.run(
            [self.pg_ctl, word, "--silent", "--pgdata", str(self.data), *options],
            cwd=self.data.parent,
            env=os.environ | self.settings,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **user,
        )
        return done.returncode == 0


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


def find_pg_ctl(version: int) -> str:
    known = Path(f"/usr/lib/postgresql/{version}/bin/pg_ctl")
    return str(known) if known.exists() else "pg_ctl"


def of_database(url: str) -> str:
    """The superuser's URL of the database that another login's URL names."""
    cluster = urlsplit(os.environ["BAITLINE_TEST_POSTGRES"])
    return urlunsplit(cluster._replace(path=urlsplit(url).path))
