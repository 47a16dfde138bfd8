"""Changes single bytes in the files of a PostgreSQL that holds a little of everything,
and has PostgreSQL's own check name each page that was changed, and no other. The
program refuses a cluster without the sums that this rests on.

Without arguments 500 bytes; `PAGES_BYTES=10000` for more. SQLite keeps no such sums."""

import os
import random
import re
import tempfile
from pathlib import Path
from unittest import mock

import postgres_cluster
import service
import small_world

SEED = int(os.environ.get("PAGES_SEED", "20261129"))
BYTES = int(os.environ.get("PAGES_BYTES", "500"))
# Changed at once, each in a page of its own.
AT_ONCE = 100
PAGE_BYTES = 8192
FEWEST_PAGES = 500
# What is read from a changed page.
READ_TABLE = "observations"
FAILED = re.compile(r'checksum verification failed in file "([^"]+)", block (\d+)')

# A file of the cluster and the number of a page in it.
Page = tuple[Path, int]


def main() -> None:
    with postgres_cluster.private() as cluster, tempfile.TemporaryDirectory() as folder:
        with (
            mock.patch.dict(os.environ, BAITLINE_TEST_POSTGRES=cluster.url),
            service.postgres_database() as (owner_url, url, login),
        ):
            fill(Path(folder), owner_url, url, login)
            database = postgres_cluster.of_database(url)
            [table] = service.psql(database, f"SELECT pg_relation_filepath('{READ_TABLE}')")
            table = cluster.data / table
            cluster.stop()
            try:
                pages = written_pages(table.parent)
                print(f"{len(pages)} pages in {len({file for file, _ in pages})} files")
                assert len(pages) >= FEWEST_PAGES, "so few pages show little"
                assert check(cluster) == set(), "a page is wrong before any was changed"
                found = change_all(cluster, pages)
                see_the_fault(cluster, pages)
                assert check(cluster) == set(), "a page is wrong after all was put back"
                see_it_refused(cluster, database, (table, 0))
            finally:
                service.wait_for("the database", cluster.start)
    print(f"pages: {found} of {found} changed bytes found, each by the page it is in")


def fill(folder: Path, owner_url: str, url: str, login: str) -> None:
    settings = {"BAITLINE_DATA": str(folder / "data"), "BAITLINE_DATABASE_URL": url}
    service.run("migrate", "--grant-to", login, **settings | {"BAITLINE_DATABASE_URL": owner_url})
    key = service.make_key("pages", settings)
    with service.running(folder / "worker.log", "worker", **settings):
        with service.listening(folder / "api.log", "api", **settings) as base:
            small_world.enter(base, key)


def written_pages(folder: Path) -> list[Page]:
    """Every page of the database that is not all zeros, as new ones are."""
    files = sorted(file for file in folder.iterdir() if re.fullmatch(r"\d+(_\w+)?(\.\d+)?", file.name))
    return [
        (file, number // PAGE_BYTES)
        for file in files
        for content in [file.read_bytes()]
        for number in range(0, len(content), PAGE_BYTES)
        if any(content[number : number + PAGE_BYTES])
    ]


def check(cluster: postgres_cluster.Cluster, *narrowed: str) -> set[Page]:
    """The pages that PostgreSQL says were changed."""
    done = cluster.run("pg_checksums", "--check", *narrowed, capture_output=True)
    found = {(Path(file).resolve(), int(page)) for file, page in FAILED.findall(done.stderr)}
    assert (done.returncode == 0) == (not found), done.stderr
    return found


def change(page: Page, dice: random.Random) -> tuple[int, bytes]:
    """Changes a byte of a page; tells where, and what stood there."""
    file, number = page
    place = number * PAGE_BYTES + dice.randrange(PAGE_BYTES)
    with file.open("r+b") as opened:
        opened.seek(place)
        before = opened.read(1)
        opened.seek(place)
        opened.write(bytes([before[0] ^ dice.randrange(1, 256)]))
    return place, before


def put_back(page: Page, place: int, before: bytes) -> None:
    with page[0].open("r+b") as opened:
        opened.seek(place)
        opened.write(before)


def change_all(cluster: postgres_cluster.Cluster, pages: list[Page]) -> int:
    dice = random.Random(SEED)
    changed_bytes = 0
    while changed_bytes < BYTES:
        chosen = dice.sample(pages, AT_ONCE)
        changes = [(page, *change(page, dice)) for page in chosen]
        assert missed(chosen, check(cluster)) == set()
        for page, place, before in changes:
            put_back(page, place, before)
        changed_bytes += AT_ONCE
    return changed_bytes


def see_it_refused(cluster: postgres_cluster.Cluster, database: str, page: Page) -> None:
    """Nobody is told what such a page says."""
    done = change(page, random.Random(SEED))
    service.wait_for("the database", cluster.start)
    try:
        told = service.psql(database, f"SELECT count(*) FROM {READ_TABLE}")
    except AssertionError as error:
        assert "invalid page in block 0" in str(error), error
    else:
        raise AssertionError(f"a changed page was read: {told}")
    cluster.stop()
    put_back(page, *done)


def missed(changed: list[Page], found: set[Page]) -> set[Page]:
    expected = {(file.resolve(), number) for file, number in changed}
    assert found <= expected, f"named and not changed: {found - expected}"
    return expected - found


def see_the_fault(cluster: postgres_cluster.Cluster, pages: list[Page]) -> None:
    """A check that looks at one file alone misses a change in another."""
    page, other = pages[0], pages[-1]
    done = change(page, random.Random(SEED))
    found = check(cluster, "--filenode", re.match(r"\d+", other[0].name)[0])
    assert missed([page], found), "a check that looks at one file is taken for one that looks at all"
    put_back(page, *done)


if __name__ == "__main__":
    main()
