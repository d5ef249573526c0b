"""Snapshots by the page: kept, put back with what would be lost told before, a broken visit mended, files taken away."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from inspection_app.core.visit import Act, Actor, Role, Stage
from inspection_app.language import _
from inspection_app.sample import Sample
from inspection_app.services import check
from inspection_app.services.prepare import outline
from inspection_app.services.score import answer_item, sheet_of
from inspection_app.store import log
from inspection_app.store.file import VisitFile
from tests.browser.pad_tablet import now
from tests.browser.screen import PATIENCE, Screen
from tests.browser.test_home import sign_in
from tests.browser.test_whole_visit import BOX, pick
from tests.conftest import SampleAt
from tests.hub import hub

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.soak]


def note(sample: Sample, text: str) -> None:
    """Let the first expert write a note on item 1, past the page."""
    who = expert(sample)
    entry = sheet_of(sample.file, who).entries.get("1")
    answers, base = (entry.answers, entry.revision) if entry else ({}, 0)
    answer_item(sample.file, who, "1", answers, text, base=base, now=now())


def expert(sample: Sample) -> Actor:
    member = next(one for one in outline(sample.file).members if one.role is Role.EXPERT)
    return Actor(member.id, member.role)


def written(sample: Sample) -> str:
    return sheet_of(sample.file, expert(sample)).entries["1"].note


def acts(file: VisitFile) -> list[str]:
    with file.reading() as db:
        return [entry.act for entry in log.entries(db)]


def told(screen: Screen) -> Locator:
    """What the last step had to say."""
    return screen.page.locator(".st-key-said-done")


def keep_one(office: Screen, sample: Sample) -> None:
    """Sign in as the secretary and keep a snapshot."""
    sign_in(office, sample, Role.SECRETARY)
    office.unfold(_("Snapshots and restore"))
    office.tap(_("Keep a snapshot now"))
    expect(told(office)).to_contain_text(_("Kept."), timeout=PATIENCE)


def put_back(screen: Screen) -> None:
    """Put the chosen snapshot back: it is asked once, said, and nothing is chosen any more."""
    screen.confirm(_("Put this snapshot back"))
    words = _("The snapshot was put back. The replaced file is kept as a snapshot. Let everybody reload the page and look "
              "whether their last entries are there.")  # fmt: skip
    expect(told(screen)).to_contain_text(words, timeout=PATIENCE)
    expect(screen.page.get_by_role("button", name=_("Put this snapshot back"), exact=True)).to_have_count(0)


def test_a_snapshot_is_put_back_by_the_page(
    tmp_path: Path, sample_at: SampleAt, screens: Callable[[str], Screen], shots: Path | None
) -> None:
    """The page tells whose entries would be lost, asks once, puts the snapshot back, and keeps what it replaced."""
    folder = tmp_path / "visits"
    sample = sample_at(folder, Stage.SCORE)
    note(sample, "拍照之前")
    with hub(folder) as url:
        office = screens(url)
        keep_one(office, sample)
        kept = len(acts(sample.file))
        note(sample, "拍照之后")
        pick(office, office.page.locator(BOX).last, _("{count} acts", count=kept))
        office.sees(next(one.name for one in outline(sample.file).members if one.role is Role.EXPERT))
        office.shot(shots, "keep-what-would-be-lost")
        put_back(office)
        office.shot(shots, "keep-put-back")
        assert written(sample) == "拍照之前"
        assert Act.RESTORE in acts(sample.file)
        pick(office, office.page.locator(BOX).last, _("replaced by a restore"))
        put_back(office)
        assert written(sample) == "拍照之后"
    check.verify(sample.file.path)


def test_a_broken_visit_is_mended_by_the_page(
    tmp_path: Path, sample_at: SampleAt, screens: Callable[[str], Screen], shots: Path | None
) -> None:
    """A visit that nobody can sign in to is put back from the list of visits, on the hub itself."""
    folder = tmp_path / "visits"
    sample = sample_at(folder, Stage.SCORE)
    with hub(folder) as url:
        keep_one(screens(url), sample)
    for beside in folder.glob(f"{sample.file.path.name}-*"):
        beside.unlink()
    sample.file.path.write_bytes(b"no visit" * 4000)
    with hub(folder) as url:
        screen = screens(url)
        screen.page.goto(url + "/")
        part = screen.unfold(_("Put a snapshot of “{slug}” back", slug=sample.file.slug))
        pick(screen, part.locator(BOX), ":")
        screen.shot(shots, "keep-broken")
        button = screen.page.get_by_role("button", name=_("Put this snapshot back"), exact=True)
        button.tap()
        screen.page.get_by_role("dialog").get_by_role("button", name=_("Put this snapshot back"), exact=True).tap()
        expect(screen.page.locator(".cards .card")).to_have_count(1, timeout=PATIENCE)
        screen.shot(shots, "keep-mended")
    check.verify(sample.file.path)


def test_a_visits_file_is_taken_away(
    tmp_path: Path, sample_at: SampleAt, screens: Callable[[str], Screen], shots: Path | None
) -> None:
    """Either file opens on another hub's list; the copy to hand over has nobody's phone in it."""
    folder, aside = tmp_path / "visits", tmp_path / "stick"
    sample = sample_at(folder, Stage.SEALED)
    aside.mkdir()
    with hub(folder) as url:
        office = screens(url)
        sign_in(office, sample, Role.SECRETARY)
        office.unfold(_("Snapshots and restore"))
        office.shot(shots, "keep-take-away")
        whole = office.download(_("Copy of the visit's file"), aside / "whole.visit")
        handed = office.download(_("Copy to hand over"), aside / "handed.visit")
    assert check.verify(whole).sealed
    assert check.verify(handed).sealed
    with closing(sqlite3.connect(whole)) as db:
        phones = [phone.encode() for (phone,) in db.execute("SELECT phone FROM citizen WHERE phone != ''")]
    assert len(phones) > 100
    assert not [phone for phone in phones if phone in handed.read_bytes()]
    with hub(tmp_path / "elsewhere") as url:
        other = screens(url)
        other.page.goto(url + "/")
        other.unfold(_("Open a visit's file from elsewhere"))
        other.upload(handed)
        other.tap(_("Check and copy"))
        expect(other.page.locator(".cards .card")).to_have_count(1, timeout=PATIENCE)
        other.shot(shots, "keep-opened-elsewhere")
