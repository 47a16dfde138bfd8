"""Stands between the program and PostgreSQL, and cuts or stalls what passes."""

import contextlib
import random
import socket
import struct
import threading
import time
from urllib.parse import urlsplit, urlunsplit

PIECE_BYTES = 65_536
# Short and long beside what a request waits for.
STALL_SECONDS = (0.2, 2.0)
# Closing without a word: the other side gets a reset.
RESET = struct.pack("ii", 1, 0)


class Proxy:
    """One port before another of this machine."""

    def __init__(self, port: int, seed: int) -> None:
        self.upstream = port
        self.dice = random.Random(f"{seed} proxy")
        self.flows = threading.Event()
        self.flows.set()
        self.lock = threading.Lock()
        self.pairs: set[tuple[socket.socket, socket.socket]] = set()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def through(self, url: str) -> str:
        """The same database by way of this."""
        parts = urlsplit(url)
        place = f"{parts.netloc.rpartition(':')[0]}:{self.port}"
        return urlunsplit(parts._replace(netloc=place))

    def accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self.listener.accept()
                threading.Thread(target=self.join, args=(near,), daemon=True).start()

    def join(self, near: socket.socket) -> None:
        try:
            far = socket.create_connection(("127.0.0.1", self.upstream))
        except OSError:
            reset(near)
            return
        pair = (near, far)
        with self.lock:
            self.pairs.add(pair)
        for one, other in (pair, pair[::-1]):
            threading.Thread(target=self.pump, args=(one, other, pair), daemon=True).start()

    def pump(self, one: socket.socket, other: socket.socket, pair: tuple) -> None:
        with contextlib.suppress(OSError):
            while piece := one.recv(PIECE_BYTES):
                self.flows.wait()
                other.sendall(piece)
        with contextlib.suppress(OSError):
            other.shutdown(socket.SHUT_WR)
        with self.lock:
            self.pairs.discard(pair)

    def cut(self) -> None:
        """Every connection at once, in the middle of whatever it says."""
        with self.lock:
            pairs, self.pairs = self.pairs, set()
        for pair in pairs:
            for one in pair:
                reset(one)

    def stall(self) -> None:
        """Nothing passes for a while, and then everything does."""
        self.flows.clear()
        time.sleep(self.dice.uniform(*STALL_SECONDS))
        self.flows.set()

    def stall_and_cut(self) -> None:
        """Silence, and never an answer: whether it was committed nobody knows."""
        self.flows.clear()
        time.sleep(self.dice.uniform(*STALL_SECONDS))
        self.cut()
        self.flows.set()


def reset(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        # Wakes whoever reads from it, too.
        one.shutdown(socket.SHUT_RDWR)
    one.close()
