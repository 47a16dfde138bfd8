"""What may befall an installation, by name: processes that die, at random or while
they sync; disks that are full or broken below one folder; a clock that jumps; a
network between program and database that is cut or says nothing."""

import contextlib
import ctypes
import errno
import mmap
import random
import selectors
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import postgres_cluster
import service
from fault_installation import Installation

SOURCE = Path(__file__).with_name("misfortune.c")
# How long a disk fails, a network says nothing, a clock is wrong.
LASTING_SECONDS = (0.1, 0.8)
# A process dies at one of its next syncs.
MOST_SYNCS = 40
SYNC_SECONDS = 10
# What a clock jumps by, there and back again.
CLOCK_SECONDS = (-7_200, -90, -5, 5, 90, 7_200)
PIECE_BYTES = 65_536


class Page(ctypes.Structure):
    """As misfortune.c has it."""

    _fields_ = [
        ("error", ctypes.c_int32),
        ("syncs_left", ctypes.c_int32),
        ("clock_offset", ctypes.c_int64),
        ("failed", ctypes.c_int32),
        ("folder", ctypes.c_char * 1024),
    ]


class Below:
    """The system below the processes of one installation."""

    def __init__(self, folder: Path) -> None:
        library, shared = folder / "misfortune.so", folder / "misfortune"
        command = ["cc", "-O2", "-shared", "-fPIC", "-o", library, SOURCE, "-ldl"]
        subprocess.run(command, check=True)
        shared.write_bytes(bytes(mmap.PAGESIZE))
        with shared.open("r+b") as file:
            self.page = Page.from_buffer(mmap.mmap(file.fileno(), mmap.PAGESIZE))
        self.settings = {"LD_PRELOAD": str(library), "MISFORTUNE": str(shared)}
        # PostgreSQL runs as another user.
        library.chmod(0o755)
        shared.chmod(0o666)

    @contextlib.contextmanager
    def failing(self, error: int, beginning: Path):
        self.page.folder = str(beginning).encode()
        self.page.error = error
        try:
            yield
        finally:
            self.page.error = 0


class Network:
    """A way between program and database that may be cut, or say nothing."""

    def __init__(self, url: str) -> None:
        self.there = urlsplit(url)
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        here = f"127.0.0.1:{self.listener.getsockname()[1]}"
        login = self.there.netloc.rpartition("@")[0]
        self.url = urlunsplit(self.there._replace(netloc=f"{login}@{here}"))
        self.pairs: set[tuple[socket.socket, socket.socket]] = set()
        self.flows = threading.Event()
        self.flows.set()
        self.ended = False
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self) -> None:
        while not self.ended:
            with contextlib.suppress(OSError):
                near, _ = self.listener.accept()
                try:
                    far = socket.create_connection((self.there.hostname, self.there.port))
                except OSError:
                    near.close()
                    continue
                pair = (near, far)
                self.pairs.add(pair)
                threading.Thread(target=self.carry, args=[pair], daemon=True).start()

    def carry(self, pair: tuple[socket.socket, socket.socket]) -> None:
        others = dict([pair, pair[::-1]])
        with contextlib.suppress(OSError), selectors.DefaultSelector() as waiting:
            for end in pair:
                waiting.register(end, selectors.EVENT_READ)
            while True:
                for ready, _ in waiting.select():
                    self.flows.wait()
                    piece = ready.fileobj.recv(PIECE_BYTES)
                    if not piece:
                        return self.drop(pair)
                    others[ready.fileobj].sendall(piece)
        self.drop(pair)

    def drop(self, pair: tuple[socket.socket, socket.socket]) -> None:
        self.pairs.discard(pair)
        for end in pair:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def cut(self) -> None:
        for pair in list(self.pairs):
            self.drop(pair)

    def end(self) -> None:
        self.ended = True
        self.listener.close()
        self.cut()


# Each is done and over when it returns.
Kinds = dict[str, Callable[[random.Random], None]]


def failing_disks(
    below: Below, place: str, beginning: Path, after: Callable[[], None] = lambda: None
) -> Kinds:
    """A disk that is full, and one that is broken, for what lies under some beginning."""

    def failing(error: int) -> Callable[[random.Random], None]:
        def lasting(dice: random.Random) -> None:
            before = below.page.failed
            with below.failing(error, beginning):
                time.sleep(dice.uniform(*LASTING_SECONDS))
                # A disk that nobody wrote to has failed nobody.
                service.wait_for("a failed write", lambda: below.page.failed > before)
            after()

        return lasting

    return {
        f"full disk of {place}": failing(errno.ENOSPC),
        f"broken disk of {place}": failing(errno.EIO),
    }


def kinds_of_postgres(network: Network, cluster: postgres_cluster.Cluster, below: Below) -> Kinds:
    """What may befall PostgreSQL and the way to it; `below` is the system below it."""

    def silent(dice: random.Random) -> None:
        network.flows.clear()
        time.sleep(dice.uniform(*LASTING_SECONDS))
        network.flows.set()

    return {
        "database killed": lambda dice: cluster.kill_and_restart(),
        "connections cut": lambda dice: network.cut(),
        "network silent": silent,
    } | failing_disks(below, "PostgreSQL", cluster.data, cluster.come_back)


def kinds(installation: Installation, below: Below) -> Kinds:
    """What may befall the processes of this installation and what lies below them."""
    data = installation.folder / "data"

    def killed(dice: random.Random) -> None:
        program = installation.programs[dice.choice(list(installation.programs))]
        program.kill()
        program.start()

    def killed_at_a_sync(dice: random.Random) -> None:
        below.page.syncs_left = dice.randrange(1, MOST_SYNCS)
        deadline = time.monotonic() + SYNC_SECONDS
        while time.monotonic() < deadline:
            dead = [one for one in installation.programs.values() if one.process.poll() is not None]
            for program in dead:
                # Whoever ended otherwise ended by a fault of its own.
                assert program.process.returncode == -signal.SIGKILL, service.tail(program.log)
                program.start()
            if dead:
                return
            time.sleep(service.POLL_SECONDS)
        raise AssertionError("nothing was synced for so long")

    def clock_jumps(dice: random.Random) -> None:
        below.page.clock_offset = dice.choice(CLOCK_SECONDS)
        time.sleep(dice.uniform(*LASTING_SECONDS))
        below.page.clock_offset = 0

    found = {"killed": killed, "killed at a sync": killed_at_a_sync, "clock": clock_jumps}
    found |= failing_disks(below, "blobs", data / "blobs")
    return found | failing_disks(below, "temporary files", data / "spool")
