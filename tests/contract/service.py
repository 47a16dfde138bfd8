"""Starts and stops the program, and waits for it. Knows processes, ports and
databases, and how the program is deployed on each; knows nothing of what the
program answers."""

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import httpx

BINARY = os.environ["BAITLINE_TEST_BINARY"]

PATIENCE_SECONDS = 60
STOP_SECONDS = 10
POLL_SECONDS = 0.05
LOG_TAIL_CHARACTERS = 4_000

Answer = TypeVar("Answer")


def run(*arguments: str, expect: int = 0, **settings: str) -> subprocess.CompletedProcess:
    """Runs a command of the program to its end and holds it to its exit code."""
    done = subprocess.run(
        [BINARY, *arguments],
        env=environment(settings),
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )
    if done.returncode != expect:
        ended = f"`baitline {' '.join(arguments)}` ended with {done.returncode}, not {expect}"
        raise AssertionError(f"{ended}:\n{done.stdout}{done.stderr}")
    return done


def environment(settings: dict[str, str]) -> dict[str, str]:
    """The variables of a process: what this one has, without settings that were
    meant for another installation."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BAITLINE_")}
    return kept | settings


@contextlib.contextmanager
def running(log: Path, *arguments: str, **settings: str) -> Iterator[subprocess.Popen]:
    """A process of the program. On leaving it is told to stop, and must."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [BINARY, *arguments], env=environment(settings), stdout=output, stderr=output
        )
    try:
        yield process
        stop(process, log)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def stop(process: subprocess.Popen, log: Path) -> None:
    """Ends it as a service manager would; it must end well and soon."""
    assert process.poll() is None, f"it ended by itself:\n{tail(log)}"
    process.send_signal(signal.SIGTERM)
    try:
        code = process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        raise AssertionError(f"still there {STOP_SECONDS} s after SIGTERM:\n{tail(log)}") from None
    assert code == 0, f"SIGTERM ended it with {code}:\n{tail(log)}"


@contextlib.contextmanager
def listening(log: Path, command: str, **settings: str) -> Iterator[str]:
    """`serve` or `api` on a free port, ready; yields its URL."""
    address = free_address()
    with running(log, command, "--listen", address, **settings) as process:
        base = f"http://{address}"
        wait_for("readiness", lambda: is_ready(base, process, log))
        yield base


def is_ready(base: str, process: subprocess.Popen, log: Path) -> bool:
    assert process.poll() is None, f"it ended by itself:\n{tail(log)}"
    try:
        return httpx.get(f"{base}/readyz").status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def wait_for(what: str, ask: Callable[[], Answer | None]) -> Answer:
    """Asks until there is an answer, for as long as patience lasts."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if answer := ask():
            return answer
        time.sleep(POLL_SECONDS)
    raise AssertionError(f"waited {PATIENCE_SECONDS} s in vain for {what}")


def free_address() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        host, port = probe.getsockname()
    return f"{host}:{port}"


def tail(log: Path) -> str:
    return log.read_text(errors="replace")[-LOG_TAIL_CHARACTERS:]


@contextlib.contextmanager
def postgres_database() -> Iterator[tuple[str, str, str]]:
    """A database in the cluster of this run; yields the owner's URL, the
    application's URL and the application's login."""
    cluster = os.environ.get("BAITLINE_TEST_POSTGRES")
    assert cluster, "BAITLINE_TEST_POSTGRES is not set; ./test.sh starts a cluster and sets it"
    name = f"contract_{secrets.token_hex(4)}"
    owner, login, password = f"{name}_owner", f"{name}_app", secrets.token_hex(16)
    psql(cluster, f"CREATE ROLE {owner} LOGIN CREATEROLE PASSWORD '{password}'")
    psql(cluster, f"CREATE ROLE {login} LOGIN NOINHERIT PASSWORD '{password}'")
    # From PostgreSQL 16 on, CREATEROLE hands out only the roles it administers.
    for role in psql(
        cluster, "SELECT rolname FROM pg_roles WHERE rolname IN ('baitline_client', 'baitline_all')"
    ):
        psql(cluster, f"GRANT {role} TO {owner} WITH ADMIN OPTION")
    psql(cluster, f"CREATE DATABASE {name} OWNER {owner}")
    address = urlsplit(cluster).netloc.rpartition("@")[2]
    try:
        url = "postgresql://{}:" + f"{password}@{address}/{name}"
        yield url.format(owner), url.format(login), login
    finally:
        psql(cluster, f"DROP DATABASE {name} WITH (FORCE)")
        # What the owner granted goes with it.
        psql(cluster, f"DROP OWNED BY {owner}")
        psql(cluster, f"DROP ROLE {login}, {owner}")


def psql(url: str, statement: str) -> list[str]:
    """Runs one statement and returns its rows."""
    done = subprocess.run(
        ["psql", "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", statement],
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )
    assert done.returncode == 0, f"psql: {done.stderr}"
    return done.stdout.split()


@contextlib.contextmanager
def on_sqlite(folder: Path, **settings: str) -> Iterator[tuple[str, dict[str, str]]]:
    """One process, the database in its folder."""
    settings["BAITLINE_DATA"] = str(folder / "data")
    with listening(folder / "serve.log", "serve", **settings) as url:
        yield url, settings


@contextlib.contextmanager
def on_postgres(folder: Path, **settings: str) -> Iterator[tuple[str, dict[str, str]]]:
    """API and worker as processes of their own, with a login that owns nothing."""
    with postgres_database() as (owner_url, url, login):
        settings["BAITLINE_DATA"] = str(folder / "data")
        owner = settings | {"BAITLINE_DATABASE_URL": owner_url}
        run("migrate", "--grant-to", login, **owner)
        settings["BAITLINE_DATABASE_URL"] = url
        with running(folder / "worker.log", "worker", **settings):
            with listening(folder / "api.log", "api", **settings) as base:
                yield base, settings


def make_key(name: str, settings: dict[str, str], *arguments: str) -> str:
    return run("keys", "create", "--name", name, *arguments, **settings).stdout.strip()
