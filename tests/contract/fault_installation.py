"""An installation whose processes may die at any moment, and come again."""

import contextlib
import subprocess
from pathlib import Path

import httpx

import service

# Longer than any stall that is meant.
ANSWER_SECONDS = 30


class Program:
    """A process of the program that may die at any moment, and comes again."""

    def __init__(self, log: Path, settings: dict[str, str], *arguments: str) -> None:
        self.log, self.settings, self.arguments = log, settings, arguments
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [service.BINARY, *self.arguments],
                env=service.environment(self.settings),
                stdout=output,
                stderr=output,
            )

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        service.stop(self.process, self.log)


class Installation:
    """What can be killed, and where it listens."""

    def __init__(
        self,
        folder: Path,
        settings: dict[str, str],
        programs: list[str],
        own: dict[str, str] | None = None,
    ) -> None:
        """`own` is for the processes that may die, and not for commands beside them."""
        self.folder, self.settings = folder, settings
        address = service.free_address()
        self.base = f"http://{address}"
        self.programs = {}
        for name in programs:
            arguments = (name,) if name == "worker" else (name, "--listen", address)
            known = settings | (own or {})
            self.programs[name] = Program(folder / f"{name}.log", known, *arguments)

    def start(self) -> None:
        for program in self.programs.values():
            program.start()
        self.wait()

    def wait(self) -> None:
        service.wait_for("readiness", self.is_ready)

    def is_ready(self) -> bool:
        for name, program in self.programs.items():
            ended = program.process.poll()
            assert ended is None, f"{name} ended by itself:\n{service.tail(program.log)}"
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(f"{self.base}/readyz", timeout=ANSWER_SECONDS).is_success
        return False

    def stop(self) -> None:
        for program in self.programs.values():
            program.stop()

    def end(self) -> None:
        for program in self.programs.values():
            if program.process and program.process.poll() is None:
                program.kill()
