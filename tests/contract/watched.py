"""The program under strace, which writes down whom it turned to, and a socket
that notes whoever comes."""

import contextlib
import re
import shutil
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import service

# What opens a connection, or sends to an address without one.
CALLS = "connect,sendto,sendmsg,sendmmsg"
INTERNET = re.compile(
    r"sa_family=AF_INET6?, sin6?_port=htons\((\d+)\).*?(?:inet_addr|inet_pton)\((?:AF_INET6, )?\"([^\"]+)\""
)


class Watch:
    """What was seen of the processes that were started meanwhile."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def addresses(self) -> set[tuple[str, int]]:
        """Whoever was connected or sent to, by address and port."""
        return {
            (address, int(port))
            for seen in self.folder.glob("seen.*")
            for port, address in INTERNET.findall(seen.read_text(errors="replace"))
        }

    def other_sockets(self) -> list[str]:
        """Connections that are not of the internet, such as to a resolver."""
        return [
            line
            for seen in self.folder.glob("seen.*")
            for line in seen.read_text(errors="replace").splitlines()
            if "connect(" in line and "sa_family" in line and not INTERNET.search(line)
        ]

    def has_begun(self) -> bool:
        """Whether strace followed anything at all."""
        return any(self.folder.glob("seen.*"))


@contextlib.contextmanager
def watching(folder: Path) -> Iterator[Watch]:
    assert shutil.which("strace"), "strace is missing; ./test.sh installs it"
    folder.mkdir()
    script = folder / "baitline"
    seen = f"strace -D -f --seccomp-bpf -qq -e trace={CALLS} -e signal=none -o '{folder}/seen.'$$"
    script.write_text(f"#!/bin/sh\nexec {seen} '{service.BINARY}' \"$@\"\n")
    script.chmod(0o755)
    with mock.patch.object(service, "BINARY", str(script)):
        yield Watch(folder)


class Listener:
    """A port on every address of this machine, old and new protocol."""

    def __init__(self) -> None:
        self.came: list[tuple] = []
        self.socket = socket.create_server(
            ("::", 0), family=socket.AF_INET6, dualstack_ipv6=True, backlog=64
        )
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                peer, address = self.socket.accept()
                self.came.append(address)
                peer.close()
