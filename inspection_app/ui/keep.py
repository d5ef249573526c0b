"""Snapshots and restore, as parts of pages: what the hub keeps, putting a snapshot back, a visit from elsewhere."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

import streamlit as st

from inspection_app.core.visit import Act, Actor
from inspection_app.language import _
from inspection_app.places import visits_folder
from inspection_app.services import keep, redact
from inspection_app.services.keep import Loss
from inspection_app.services.prepare import outline
from inspection_app.store import upgrades
from inspection_app.store.file import SUFFIX, VisitFile
from inspection_app.store.snapshots import Snapshot
from inspection_app.ui import session, widgets


def standing(here: session.Here) -> None:
    """Say what was found after an unclean end of the hub, and what keeps snapshots from being kept."""
    keeper = keep.keeper_of(here.file)
    if keeper is None:
        return
    for found in keeper.found or ():
        if found.slug == here.file.slug and found.fault:
            st.error(_("The hub did not end properly last time. This visit's file: {fault}",
                       fault=widgets.literal(found.fault.text(_))))  # fmt: skip
        elif found.slug == here.file.slug and found.last:
            st.info(_("The hub did not end properly last time (power cut, or closed by force). This visit's file was "
                      "checked and is whole: {count} acts, the last at {time}.",
                      count=found.last.seq, time=found.last.at[:19].replace("T", " ")))  # fmt: skip
    if trouble := keeper.troubles.get(here.file.slug):
        st.warning(widgets.literal(trouble.text(_)))


def part(here: session.Here) -> None:
    """List the snapshots of this visit and let the secretary put one back."""
    taken, keeper = keep.taken(here.file), keep.keeper_of(here.file)
    label = _("Snapshots and restore") + (f"　{_time(taken[0])}" if taken else "")
    folded = widgets.folded(label, key=here.key("keep"))
    if folded is None:
        return
    with folded:
        second = str(keeper.second) if keeper and keeper.second else _("none (serve --backup FOLDER)")
        st.caption(_("A copy is kept every few minutes while something changes, and before every lock, draw, opening "
                     "and seal. Second place: {second}.", second=second))  # fmt: skip
        if st.button(_("Keep a snapshot now"), key=here.key("keep-now")):
            session.attempt(keep.snapshot, here.file, session.now(), done=_("Kept."))
            st.rerun()
        if session.on_the_hub():
            _take_away(here)
        _choose(here.file, here.actor, taken, here.key("keep-which"))


def _take_away(here: session.Here) -> None:
    """Offer the visit's file for a stick: only on the hub's laptop, where it lies anyhow."""
    st.caption(_("The file holds everything, personal data too; the copy to hand over has no phones, identity numbers "
                 "and citizens' annex. Either opens on another laptop under “Visits”."))  # fmt: skip
    name = here.file.path.name
    left, right = st.columns(2)
    left.download_button(
        _("Copy of the visit's file"), lambda: keep.copied(here.file), name, "application/octet-stream",
        on_click="ignore", width="stretch", key=here.key("copy-out"),
    )  # fmt: skip
    if here.may(Act.REMOVE_PERSONAL):
        right.download_button(
            _("Copy to hand over"), lambda: _handed_over(here),
            name.removesuffix(SUFFIX) + "-handed-over" + SUFFIX, "application/octet-stream",
            on_click="ignore", width="stretch", key=here.key("hand-over"),
        )  # fmt: skip


def _handed_over(here: session.Here) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / here.file.path.name
        redact.hand_over(here.file, here.actor, target, session.now())
        return target.read_bytes()


def mend(file: VisitFile) -> None:
    """Offer the snapshots of a visit that cannot be opened: nobody can sign in to it, so this is for the hub itself."""
    taken = keep.taken(file)
    if taken and session.on_the_hub():
        with st.expander(_("Put a snapshot of “{slug}” back", slug=file.slug)):
            _choose(file, None, taken, f"mend-{file.slug}")


def bring_in() -> None:
    """Take in a visit's file from elsewhere."""
    with st.expander(_("Open a visit's file from elsewhere")):
        st.caption(_("The file is checked without believing anything in it and then copied here; it stays as it is."))
        given = st.file_uploader(_("Visit file"), type=["visit"], key="bring-in")
        if given is not None and st.button(_("Check and copy"), type="primary", key="bring-in-go"):
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / Path(given.name).name
                path.write_bytes(given.getbuffer())
                if file := session.attempt(keep.open_foreign, path, visits_folder()):
                    session.say("success", _("The visit was copied as “{slug}”.", slug=file.slug))
            st.rerun()


def _choose(file: VisitFile, actor: Actor | None, taken: tuple[Snapshot, ...], key: str) -> None:
    if not taken:
        st.write(_("There is no snapshot yet."))
        return
    turn = session.remembered(key + "turn", 0)  # after a restore nothing is chosen: it would be told as a loss
    chosen = st.selectbox(
        _("Snapshot"), taken, format_func=_named, index=None, key=f"{key}-{turn}",
        placeholder=_("Choose one to see what would be lost"),
    )  # fmt: skip
    if chosen is None:
        return
    loss = session.attempt(keep.losses, file, chosen.path)
    if loss is None:
        widgets.messages()
        return
    _tell(file, loss)
    if actor is None and loss.fault is None:
        return  # whoever wants to put back a sound visit signs in to it

    def put_back() -> None:
        if session.attempt(
            keep.restore, file, actor, chosen.path, session.now(),
            done=_("The snapshot was put back. The replaced file is kept as a snapshot. Let everybody reload the page "
                   "and look whether their last entries are there."),
        ):  # fmt: skip
            session.remember(key + "turn", turn + 1)

    widgets.confirm(
        _("Put this snapshot back"),
        _("The visit will be as it was at {time}. Everything after that is taken out of it.", time=_time(chosen)),
        put_back, key=f"{key}-go", primary=False,
    )  # fmt: skip


def _tell(file: VisitFile, loss: Loss) -> None:
    if loss.fault:
        st.warning(_("The present file cannot be read whole: {fault}", fault=widgets.literal(loss.fault.text(_))))
        return
    if not loss.acts:
        st.write(_("Nothing would be lost: nothing was done since."))
        return
    names = {member.id: member.name for member in outline(file).members}
    rows = [
        (names.get(who, "—"), answers, others)
        for who, (answers, others) in sorted(_by_person(loss).items())
    ]  # fmt: skip
    st.write(_("What was done between {first} and {last} would be lost:",
               first=loss.acts[0].at[:19].replace("T", " "), last=loss.acts[-1].at[:19].replace("T", " ")))  # fmt: skip
    widgets.table([_("Who"), _("Answers saved"), _("Other acts")], rows, numbers=[1, 2])


def _by_person(loss: Loss) -> dict[int, tuple[int, int]]:
    counts = Counter((entry.actor, entry.act == Act.ANSWER_ITEM) for entry in loss.acts)
    return {who: (counts[who, True], counts[who, False]) for who in {entry.actor for entry in loss.acts}}


def _named(one: Snapshot) -> str:
    before = _("before an upgrade") if one.before.startswith(upgrades.BEFORE) else {
        Act.LOCK_LIST: _("before a list was locked"), Act.UNLOCK_LIST: _("before a list was unlocked"),
        Act.DRAW: _("before a draw"), Act.DRAW_FRESH: _("before a draw"),
        Act.REGISTER_BY_HAND: _("before a draw"), Act.OPEN_SCORING: _("before scoring was opened"),
        Act.OPEN_MARKS: _("before the marks were opened"), Act.SEAL: _("before the seal"),
        Act.CONFIRM_REOPENING: _("before a reopening"), Act.RESTORE: _("replaced by a restore"),
    }.get(one.before, "")  # type: ignore[call-overload]
    return f"{_time(one)}　{_('{count} acts', count=one.seq)}　{before}".rstrip()


def _time(one: Snapshot) -> str:
    return f"{one.taken.astimezone():%Y-%m-%d %H:%M:%S}"
