"""Which files count: bad input is named and counted, never silently mixed; what did not change is not read again."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from inspection_app.archive import index as indexing
from inspection_app.archive.dataset import Dataset
from inspection_app.archive.engines import opened
from inspection_app.archive.index import Indexed
from inspection_app.archive.questions import ask
from inspection_app.archive.sources import State
from inspection_app.archive.tables import TABLES
from inspection_app.core.visit import Actor, Role
from inspection_app.errors import InspectionError, NotFound
from inspection_app.services.seal import attach_scan
from inspection_app.store.file import VisitFile
from tests.archive.conftest import NOW, THREE, indexed, make
from tests.services.conftest import PDF

Copy = Callable[[int, str], Path]


def states(found: Indexed) -> dict[str, str]:
    return {place: str(one.state) for place, one in found.files.items()}


def applicants(folder: Path) -> list[str]:
    with opened(folder / "archive") as archive:
        return sorted(row["applicant"] for row in ask(archive, "visits").dicts())


def later(path: Path, title: str) -> None:
    """Do something after the seal, which the log tells."""
    attach_scan(VisitFile(path), Actor(4, Role.SECRETARY), title, PDF, NOW)


# --- what is in the dataset ------------------------------------------------------------------------------------------


def test_partitioned_by_rubric_and_year(three: Path) -> None:
    """Every table has a part for 2025 and one for 2026, with the rows of those visits and no others."""
    for table in TABLES:
        parts = sorted(one.relative_to(three / "archive" / table).as_posix() for one in
                       (three / "archive" / table).rglob("*.parquet"))
        assert parts == [f"rubric=small-county/year={year}/part-1.parquet" for year in (2025, 2026)]
    part = three / "archive" / "visits" / "rubric=small-county" / "year=2026" / "part-1.parquet"
    assert pq.read_table(part, partitioning=None)["applicant"].to_pylist() == ["青原县人民政府"]


def test_no_person_is_in_the_dataset(copied: Copy, tmp_path: Path) -> None:
    """Without the switch nobody's name or office is in any table; with it in one file, which goes when it is off."""
    copied(0, "a.visit")
    folder = tmp_path / "visits"
    people = {"章北川", "江晚舟", "罗云岫", "高知微", "省研究院", "省标准院", "省计量院", "申必达", "公证石"}

    def found() -> set[str]:
        cells = {str(cell) for path in (folder / "archive").rglob("*.parquet")
                 for column in pq.read_table(path, partitioning=None).columns for cell in column.to_pylist()}
        return {name for name in people if any(name in cell for cell in cells)}

    indexed(folder)
    assert found() == set()
    indexed(folder, names=True)
    assert found() == {"章北川", "江晚舟", "罗云岫", "省研究院", "省标准院", "省计量院"}
    indexed(folder)
    assert found() == set()
    with pytest.raises(NotFound, match="--names"), opened(folder / "archive", names=True):
        pass


def test_an_expert_has_one_pseudonym(three: Path) -> None:
    """In all visits, and another one in another archive, whose key is another."""
    own = set(Dataset(three / "archive").read_names())
    assert len(own) == 3
    other = three.parent / f"{three.name}-other"
    indexed(three, to=other, names=True)
    assert set(Dataset(other).read_names().values()) == set(Dataset(three / "archive").read_names().values())
    assert not own & set(Dataset(other).read_names())
    shutil.rmtree(other)


# --- bad input -------------------------------------------------------------------------------------------------------


def test_what_does_not_count_is_named(copied: Copy, tmp_path: Path) -> None:
    """A damaged file, a file of another kind, a newer release and a tampered visit are each named; the rest counts."""
    folder = tmp_path / "visits"
    copied(0, "good.visit")
    torn = copied(1, "torn.visit")
    torn.write_bytes(torn.read_bytes()[:70_000])
    (folder / "text.visit").write_text("not a database", "utf-8")
    with closing(sqlite3.connect(copied(1, "newer.visit"))) as connection, connection:
        connection.execute("INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('visit', 'x', '')")
    tampered = copied(2, "tampered.visit")
    with closing(sqlite3.connect(tampered)) as connection, connection:
        (rule,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'answer_no_update'").fetchone()
        connection.execute("DROP TRIGGER answer_no_update")
        connection.execute("""UPDATE answer SET answers = '{"1":"4"}' WHERE item = '4'""")
        connection.execute(rule)
    found = indexed(folder, verify=True)
    assert states(found) == {
        "good.visit": "counted", "torn.visit": "damaged", "text.visit": "damaged", "newer.visit": "newer",
        "tampered.visit": "changed",
    }  # fmt: skip
    assert all(one.why for one in found.of(State.DAMAGED, State.NEWER, State.CHANGED).values())
    assert applicants(folder) == ["清溪县人民政府"]
    with opened(folder / "archive") as archive:
        assert [context["count"] for _said, context in ask(archive, "years").cautions] == [4]


def test_without_verification_tampering_passes_and_is_told(copied: Copy, tmp_path: Path) -> None:
    """Whoever skips the check is told in every answer; checking later reads the file once more."""
    copied(0, "a.visit")
    indexed(tmp_path / "visits")
    with opened(tmp_path / "visits" / "archive") as archive:
        assert [str(said) for said, _context in ask(archive, "years").cautions] == [
            "{count} visits were indexed without being verified."
        ]
    assert indexed(tmp_path / "visits", verify=True).read == 1
    assert indexed(tmp_path / "visits", verify=True).read == 0


def test_open_visits_are_listed_and_not_counted(copied: Copy, tmp_path: Path) -> None:
    """An open visit leaves no row; once it is sealed it counts."""
    copied(0, "a.visit")
    make(tmp_path / "visits", THREE[2], sealed=False)
    found = indexed(tmp_path / "visits")
    assert found.counts == {State.COUNTED: 1, State.OPEN: 1}
    assert applicants(tmp_path / "visits") == ["清溪县人民政府"]


def test_the_same_visit_twice_counts_once(copied: Copy, tmp_path: Path) -> None:
    """The first file counts; when it goes, the other does."""
    first, folder = copied(0, "a.visit"), tmp_path / "visits"
    copied(0, "b.visit")
    assert states(indexed(folder)) == {"a.visit": "counted", "b.visit": "same"}
    first.unlink()
    found = indexed(folder)
    assert (states(found), found.removed) == ({"b.visit": "counted"}, 1)
    assert applicants(folder) == ["清溪县人民政府"]


def test_an_earlier_copy_does_not_count(copied: Copy, tmp_path: Path) -> None:
    """Of two states of one visit the later one counts, whichever was there first."""
    folder = tmp_path / "visits"
    copied(0, "b.visit")
    indexed(folder)
    later(copied(0, "c.visit"), "签字页")
    assert states(indexed(folder)) == {"b.visit": "earlier", "c.visit": "counted"}
    assert applicants(folder) == ["清溪县人民政府"]


def test_two_contents_of_one_visit_count_neither(copied: Copy, tmp_path: Path) -> None:
    """Each went on without the other: none counts, both are named, until one of them is taken away."""
    one, two, folder = copied(0, "a.visit"), copied(0, "b.visit"), tmp_path / "visits"
    copied(1, "other.visit")
    later(one, "一")
    indexed(folder)
    later(two, "二")
    assert states(indexed(folder)) == {"a.visit": "contradicts", "b.visit": "contradicts", "other.visit": "counted"}
    assert applicants(folder) == ["白川县人民政府"]
    two.unlink()
    assert states(indexed(folder)) == {"a.visit": "counted", "other.visit": "counted"}
    assert applicants(folder) == ["清溪县人民政府", "白川县人民政府"]


def test_rows_that_differ_under_one_log(copied: Copy, tmp_path: Path) -> None:
    """Two files with the same log but other answers contradict each other even where nobody verifies."""
    copied(0, "a.visit")
    with closing(sqlite3.connect(copied(0, "b.visit"))) as connection, connection:
        (rule,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'answer_no_update'").fetchone()
        connection.execute("DROP TRIGGER answer_no_update")
        connection.execute("""UPDATE answer SET answers = '{"1":"4"}' WHERE item = '4'""")
        connection.execute(rule)
    assert set(states(indexed(tmp_path / "visits")).values()) == {"contradicts"}


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    """A missing folder, and a file in its place, are refused and named."""
    for place in (tmp_path / "none", tmp_path / "file"):
        (tmp_path / "file").write_text("", "utf-8")
        with pytest.raises(NotFound) as caught:
            indexed(place)
        assert caught.value.code == "no-folder"
    assert not (tmp_path / "none").exists()


@pytest.fixture
def nobody(three: Path) -> Iterator[Path]:
    """A folder whose visit is read as a user to whom it can be closed: for root every folder is open."""
    if not hasattr(os, "geteuid"):
        pytest.skip("file permissions are another matter here")
    with tempfile.TemporaryDirectory() as name:
        inside = Path(name) / "in"
        inside.mkdir()
        shutil.copy(next((three / THREE[0].place).glob("清溪*.visit")), inside / "a.visit")
        root = os.geteuid() == 0
        if root:
            for one in (Path(name), inside, inside / "a.visit"):
                os.chown(one, 65534, -1)
            os.seteuid(65534)
        try:
            yield Path(name)
        finally:
            if root:
                os.seteuid(0)


def test_a_closed_folder_or_file_is_not_taken_for_gone(nobody: Path) -> None:
    """What lies in a folder that cannot be looked into stays, and the folder is named; a closed file is read later."""
    inside, file = nobody / "in", nobody / "in" / "a.visit"
    indexed(nobody)
    inside.chmod(0)
    assert states(indexed(nobody)) == {"in/a.visit": "counted", "in": "unreadable"}
    inside.chmod(0o755)
    file.chmod(0)
    os.utime(file)
    assert states(indexed(nobody)) == {"in/a.visit": "unreadable"}
    file.chmod(0o644)
    assert states(indexed(nobody)) == {"in/a.visit": "counted"}
    nobody.chmod(0)
    with pytest.raises(NotFound) as caught:
        indexed(nobody)
    assert caught.value.code == "folder-closed"
    nobody.chmod(0o755)


def test_a_dataset_of_another_version(copied: Copy, tmp_path: Path) -> None:
    """It is neither read nor written; so is a folder that holds something else, and a damaged manifest."""
    copied(0, "a.visit")
    folder = tmp_path / "visits"
    indexed(folder)
    manifest = folder / "archive" / "manifest.json"
    told = json.loads(manifest.read_text("utf-8"))
    manifest.write_text(json.dumps(told | {"format": "inspection-app archive 9"}), "utf-8")
    before = sorted(folder.rglob("*"))
    for use in (lambda: indexed(folder), lambda: Dataset(folder / "archive").manifest()):
        with pytest.raises(InspectionError, match="archive 9") as caught:
            use()
        assert caught.value.code == "other-archive"
    assert sorted(folder.rglob("*")) == before
    manifest.write_text("{", "utf-8")
    with pytest.raises(InspectionError) as caught:
        indexed(folder)
    assert caught.value.code == "archive-damaged"
    with pytest.raises(InspectionError) as caught:
        indexed(folder, to=tmp_path)
    assert caught.value.code == "not-empty"


def test_an_archive_without_a_visit(tmp_path: Path) -> None:
    """Nothing can be asked of it, and it says so."""
    (tmp_path / "visits").mkdir()
    assert indexed(tmp_path / "visits").files == {}
    with pytest.raises(NotFound) as caught:
        applicants(tmp_path / "visits")
    assert caught.value.code == "empty-archive"


def test_reading_changes_no_visit(copied: Copy, tmp_path: Path) -> None:
    """Indexing with verification leaves every visit file as it was, with nothing beside it."""
    path = copied(0, "in/a.visit")
    before = {one.name: hashlib.sha256(one.read_bytes()).hexdigest() for one in path.parent.iterdir()}
    indexed(tmp_path / "visits", verify=True)
    assert {one.name: hashlib.sha256(one.read_bytes()).hexdigest() for one in path.parent.iterdir()} == before


# --- incremental -----------------------------------------------------------------------------------------------------


def test_only_what_changed_is_read(copied: Copy, tmp_path: Path) -> None:
    """A second run reads nothing and writes no part; a new file writes the parts of its own year alone."""
    folder = tmp_path / "visits"
    copied(0, "a.visit")
    copied(2, "c.visit")
    indexed(folder)
    again = indexed(folder)
    assert (again.read, again.unchanged) == (0, 2)
    copied(1, "b.visit")
    assert indexed(folder).read == 1
    manifest = Dataset(folder / "archive").manifest()
    assert manifest.parts == {("small-county", 2025): 3, ("small-county", 2026): 1}
    assert applicants(folder) == ["清溪县人民政府", "白川县人民政府", "青原县人民政府"]


def test_what_is_gone_leaves_no_row(copied: Copy, tmp_path: Path) -> None:
    """A file that was taken away is counted as gone, and a year without visits has no part any more."""
    folder = tmp_path / "visits"
    copied(0, "a.visit")
    gone = copied(2, "c.visit")
    indexed(folder)
    gone.unlink()
    assert indexed(folder).removed == 1
    assert list(Dataset(folder / "archive").manifest().parts) == [("small-county", 2025)]
    assert not list((folder / "archive").rglob("year=2026/*.parquet"))


def test_another_key_makes_everybody_anew(copied: Copy, tmp_path: Path) -> None:
    """Where the key is lost all visits are read again: two pseudonyms of one expert are never mixed."""
    folder = tmp_path / "visits"
    copied(0, "a.visit")
    copied(1, "b.visit")
    indexed(folder)
    (folder / "archive.key").unlink()
    assert indexed(folder).read == 2
    with opened(folder / "archive") as archive:
        assert len(ask(archive, "severity").rows) == 3


def test_several_processes_find_the_same(three: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows and states do not depend on how many read."""
    monkeypatch.setattr(indexing, "_CHUNK", 1)
    shutil.copy(three / "archive.key", tmp_path / "archive.key")
    indexed(three, to=tmp_path / "archive", workers=2)
    for table in TABLES:
        def rows(dataset: Path, table: str = table) -> list[str]:
            return sorted(str(row) for path in (dataset / table).rglob("*.parquet")
                          for row in pq.read_table(path, partitioning=None).to_pylist())
        assert rows(tmp_path / "archive") == rows(three / "archive")
