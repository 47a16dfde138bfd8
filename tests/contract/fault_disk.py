"""A disk that becomes full or fails for a while, in the eyes of whoever is
started with its settings. Needs no right to mount anything."""

import errno
import random
import subprocess
import time
from pathlib import Path

SOURCE = Path(__file__).parent / "failing_disk.c"
KINDS = {"full": errno.ENOSPC, "broken": errno.EIO}
FAILING_SECONDS = (0.2, 1.5)


class Disk:
    """What makes it fail, and when."""

    def __init__(self, folder: Path, seed: int) -> None:
        folder.mkdir()
        self.dice = random.Random(f"{seed} disk")
        self.control = folder / "control"
        self.library = folder / "failing_disk.so"
        compiler = ["cc", "-shared", "-fPIC", "-O2", "-o", str(self.library), str(SOURCE), "-ldl"]
        subprocess.run(compiler, check=True)
        # Whoever runs the database must reach them, too.
        self.library.chmod(0o755)
        for above in (folder, folder.parent):
            above.chmod(0o755)
        self.settings = {"LD_PRELOAD": str(self.library), "FAILING_DISK": str(self.control)}

    def fail(self, kind: str, beginning: Path) -> None:
        """Whatever begins so fails for a while."""
        new = self.control.with_suffix(".new")
        new.write_text(f"{KINDS[kind]} {beginning}\n")
        new.chmod(0o644)
        new.rename(self.control)
        try:
            time.sleep(self.dice.uniform(*FAILING_SECONDS))
        finally:
            self.control.unlink()
