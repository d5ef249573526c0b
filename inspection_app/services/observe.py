"""On site: the programme of activities, who was there, what was noted, and what the drawn sites showed.

A number of a locked list may mean somebody else once the list was unlocked and locked again. So what was said of a
drawn site or citizen before the present lock stays on file and no longer counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache

from sqlite_utils import Database

from inspection_app.core.programme import (
    Activity,
    Attendance,
    Attendee,
    Draws,
    Observation,
    Programme,
    SiteCheck,
    check_activity,
    check_attendance,
    check_observation,
    check_site_check,
    default_activities,
    told,
)
from inspection_app.core.roster import Citizen, Site
from inspection_app.core.visit import Act, Actor
from inspection_app.errors import N_, InspectionError, NotFound, PermissionDenied, StageError
from inspection_app.services.act import Transaction, act
from inspection_app.services.draw import CITIZENS, SITES, DrawState
from inspection_app.services.prepare import rubric_of
from inspection_app.store import duties, lists, panel, seals
from inspection_app.store import programme as store
from inspection_app.store.file import VisitFile


def programme(file: VisitFile) -> Programme:
    """Return the programme with everything recorded in it; the scheme's own until somebody changes or uses it."""
    return _kept_programme(file, file.as_written())


@lru_cache(maxsize=16)
def _kept_programme(file: VisitFile, _written: tuple[object, ...]) -> Programme:
    """Keep what was found while nobody writes to the file."""
    with file.reading() as db:
        return _programme(db)


def _programme(db: Database) -> Programme:
    standing, withdrawn = store.activities(db), store.activities(db, withdrawn=True)
    if not standing and not withdrawn:
        standing = default_activities(rubric_of(db))
    sites, sites_locked = _drawn(db, SITES)
    citizens, citizens_locked = _drawn(db, CITIZENS)
    known = {site.identity: site for site in lists.sites(db)} if sites else {}
    people = {citizen.identity: citizen for citizen in lists.roster(db)} if citizens else {}

    def of_this_draw(number: int, at: datetime | None) -> bool:
        return number in sites and at is not None and sites_locked is not None and at >= sites_locked

    return Programme(
        standing,
        panel.members(db),
        withdrawn,
        {number: known.get(identity, Site("")) for number, identity in sites.items()},
        # no more of a citizen than the pages need
        {
            number: Citizen(one.name, one.category) if (one := people.get(identity)) else Citizen("", "")
            for number, identity in citizens.items()
        },
        tuple(
            one
            for one, at in store.attendance(db)
            if one.kind is not Attendee.CITIZEN
            or (int(one.who) in citizens and citizens_locked is not None and at >= citizens_locked)
        ),
        tuple(
            one if of_this_draw(one.site, one.at) else replace(one, site=0) for one in store.observations(db)
        ),
        {check.site: check for check in store.checks(db) if of_this_draw(check.site, check.at)},
    )


def _drawn(db: Database, kind: str) -> tuple[dict[int, str], datetime | None]:
    """Return who stands after the draw, identities by number in its order, and when the list was locked."""
    draw = DrawState(kind, lists.locked(db, kind), lists.ceremonies(db, kind), (), ())
    if draw.kept is None or draw.result is None:
        return {}, None
    return {number: draw.kept.identities.get(number, "") for number in draw.standing_numbers}, draw.kept.at


def _begun(tx: Transaction) -> Programme:
    """Return the programme, stored: the first who changes or uses it makes the scheme's own the visit's."""
    found = _programme(tx.db)
    if not store.activities(tx.db) and not store.activities(tx.db, withdrawn=True):
        store.begin(tx.db, found.activities)
    return found


# --- the programme -------------------------------------------------------------------------------------------------


def add_activity(file: VisitFile, actor: Actor, activity: Activity, now: datetime) -> int:
    """Add an activity at the end of the programme and return its id.

    Raises:
        InspectionError: without a title.
    """
    with act(file, actor, Act.PLAN_ACTIVITIES, now) as tx:
        _begun(tx)
        tidy = check_activity(activity)
        id_ = store.add_activity(tx.db, tidy)
        _record_activity(tx, replace(tidy, id=id_), "added")
    return id_


def change_activity(file: VisitFile, actor: Actor, activity: Activity, now: datetime, *, base: Activity) -> None:
    """Change the title, day, time and place of the activity whose id it carries; what the rubric says of it stays.

    Args:
        base: the activity as the screen showed it.

    Raises:
        InspectionError: without a title, or somebody changed it in between (``changed-elsewhere``, with both).
        NotFound: it is not in the programme.
    """
    with act(file, actor, Act.PLAN_ACTIVITIES, now) as tx:
        stands = _begun(tx).activity(activity.id)
        tidy = check_activity(replace(activity, text=stands.text, draws=stands.draws, position=stands.position))
        if tidy != stands:
            if stands != replace(base, position=stands.position):
                raise _changed_elsewhere(stands, tidy)
            store.change_activity(tx.db, tidy)
        _record_activity(tx, tidy, "changed")


def move_activity(file: VisitFile, actor: Actor, id_: int, steps: int, now: datetime) -> None:
    """Move an activity earlier (negative steps) or later in the programme, at most to its ends."""
    with act(file, actor, Act.PLAN_ACTIVITIES, now) as tx:
        found = _begun(tx)
        moved = found.activity(id_)
        rest = [activity for activity in found.activities if activity.id != id_]
        rest.insert(max(found.activities.index(moved) + steps, 0), moved)
        for position, activity in enumerate(rest, 1):
            store.change_activity(tx.db, replace(activity, position=position))
        tx.record(activity=id_, order=[activity.id for activity in rest])


def withdraw_activity(file: VisitFile, actor: Actor, id_: int, now: datetime, *, back: bool = False) -> None:
    """Take an activity out of the programme, or with ``back`` undo that.

    Raises:
        StageError: something is recorded in it.
        NotFound: there is no such activity.
    """
    with act(file, actor, Act.PLAN_ACTIVITIES, now) as tx:
        found = _begun(tx)
        if id_ not in {activity.id for activity in found.withdrawn}:
            activity = found.activity(id_)
            if found.observed(activity) or (activity.draws is Draws.SITES and found.checks):
                raise StageError(
                    N_("“{title}” was held: records stand in it. Withdraw those first."),
                    "activity-held", title=activity.title,
                )  # fmt: skip
        store.withdraw_activity(tx.db, id_, None if back else now)
        tx.record(activity=id_, withdrawn=not back)


def _record_activity(tx: Transaction, activity: Activity, change: str) -> None:
    tx.record(
        activity=activity.id, change=change, title=tx.digest(activity.title), place=tx.digest(activity.place),
        day=activity.day.isoformat() if activity.day else "", time=tx.digest(activity.time),
    )  # fmt: skip


# --- attendance ----------------------------------------------------------------------------------------------------


def take_attendance(file: VisitFile, actor: Actor, attendance: Sequence[Attendance], now: datetime) -> None:
    """Mark who is there, who is not, and who came in place of a drawn citizen; whoever is not named stays as marked.

    Raises:
        InspectionError, StageError, NotFound: as ``core.programme.check_attendance`` does.
        StageError: the visit is sealed, and what was marked before would change.
    """
    with act(file, actor, Act.TAKE_ATTENDANCE, now) as tx:
        marked = _unsealed(tx, check_attendance(_begun(tx), attendance))
        for one in marked:
            store.mark(tx.db, one, now, actor.member_id)
        tx.record(
            marked=[
                [one.activity, str(one.kind), tx.digest(one.who) if one.kind is Attendee.GUEST else one.who,
                 one.present, *([tx.digest(one.stand_in)] if one.stand_in else [])]
                for one in marked
            ]
        )  # fmt: skip


def _unsealed(tx: Transaction, marked: Iterable[Attendance]) -> tuple[Attendance, ...]:
    """Leave out what a seal fixes and would stay as it is, and refuse what would not."""
    fixed, stands = seals.fixed_attendance(tx.db), [one for one, _at in store.attendance(tx.db)]
    wanted = [one for one in marked if one not in stands or (one.activity, str(one.kind), one.who) not in fixed]
    if any((one.activity, str(one.kind), one.who) in fixed for one in wanted):
        raise StageError(
            N_("The visit is sealed: who was there before is fixed. Only attendance after the seal is still taken."),
            "sealed",
        )
    return tuple(wanted)


# --- observations --------------------------------------------------------------------------------------------------


def observe(file: VisitFile, actor: Actor, observation: Observation, now: datetime) -> int:
    """Note what was seen or said during an activity; return the observation's id.

    Raises:
        InspectionError: without text, or too long.
        StageError: tied to a site that is not drawn.
        NotFound: no such activity or item.
    """
    with act(file, actor, Act.OBSERVE, now) as tx:
        tidy = _checked(tx, _begun(tx), observation)
        id_ = store.add_observation(tx.db, tidy, now, actor.member_id)
        _record_observation(tx, id_, tidy)
    return id_


def reword_observation(
    file: VisitFile, actor: Actor, observation: Observation, now: datetime, *, base: Observation
) -> None:
    """Put other words, ties or another activity in the place of one's own observation, whose id it carries.

    Args:
        base: the observation as the screen showed it.

    Raises:
        PermissionDenied: somebody else's.
        NotFound: it was withdrawn.
        InspectionError, StageError: as ``observe``; or it was changed in between (``changed-elsewhere``, with both).
    """
    with act(file, actor, Act.OBSERVE, now) as tx:
        found = _begun(tx)
        _own(tx, observation.id)
        stands = next((one for one in found.observations if one.id == observation.id), None)
        if stands is None:
            raise NotFound(N_("This record was withdrawn in the meantime. Add it again."), "withdrawn")
        tidy = replace(_checked(tx, found, observation), by=stands.by, at=stands.at)
        if tidy != stands:
            if stands != replace(base, at=stands.at):
                raise _changed_elsewhere(stands, tidy)
            store.reword_observation(tx.db, tidy, now)
        _record_observation(tx, tidy.id, tidy)


def withdraw_observation(file: VisitFile, actor: Actor, id_: int, now: datetime, *, back: bool = False) -> None:
    """Take one's own observation back, or with ``back`` undo that.

    Raises:
        PermissionDenied: somebody else's.
        NotFound: there is none such, or its activity is no longer in the programme.
    """
    with act(file, actor, Act.OBSERVE, now) as tx:
        stands = _own(tx, id_)
        _begun(tx).activity(stands.activity)
        store.withdraw_observation(tx.db, id_, None if back else now)
        tx.record(observation=id_, withdrawn=not back)


def _checked(tx: Transaction, found: Programme, observation: Observation) -> Observation:
    found.activity(observation.activity)
    if observation.item:
        rubric_of(tx.db).item(observation.item)
    return check_observation(observation, found.sites)


def _own(tx: Transaction, id_: int) -> Observation:
    observation = store.observation(tx.db, id_)
    if observation.by != tx.member.id:
        raise PermissionDenied(N_("Only who made a record changes it. Add one of your own."), "not-yours")
    return observation


def _record_observation(tx: Transaction, id_: int, observation: Observation) -> None:
    tx.record(
        observation=id_, activity=observation.activity, kind=str(observation.kind), text=tx.digest(observation.text),
        person=tx.digest(observation.person) if observation.person else "", item=observation.item,
        site=observation.site,
    )  # fmt: skip


# --- site checks ---------------------------------------------------------------------------------------------------


def check_site(file: VisitFile, actor: Actor, check: SiteCheck, now: datetime, *, base: int) -> SiteCheck:
    """Say whether a drawn site agrees with the application; earlier checks stay on file and the latest counts.

    Args:
        base: the id of the check that the screen showed for this site, 0 for none.

    Returns:
        The check as it stands. Saving what is already there changes nothing.

    Raises:
        StageError: nothing is drawn yet, or not this site, or one is recused from it.
        InspectionError: it does not wholly agree and no note says where, or somebody checked the site in between
            (``changed-elsewhere``, with both).
    """
    with act(file, actor, Act.CHECK_SITE, now) as tx:
        found = _begun(tx)
        tidy = check_site_check(check, found.sites)
        _refuse_recused(tx, found.sites[tidy.site].name)
        latest = found.checks.get(tidy.site)
        if latest and _said(latest) == _said(tidy):
            tx.record(site=tidy.site, check=latest.id, same=True)
            return latest
        if latest and base != latest.id:
            raise _changed_elsewhere(latest, tidy)
        id_ = store.add_check(tx.db, tidy, now, actor.member_id)
        tx.record(
            site=tidy.site, check=id_, agrees=str(tidy.agrees),
            content=tx.digest("\n".join((tidy.note, tidy.people, tidy.documents))),
        )  # fmt: skip
    return replace(tidy, id=id_, by=actor.member_id, at=now)


def _refuse_recused(tx: Transaction, site: str) -> None:
    if duties.duties(tx.db).recused_from_site(tx.member.id, site):
        raise StageError(
            N_("You are recused from “{site}”. Somebody else of the panel says what it showed."), "recused", site=site
        )


def _said(check: SiteCheck) -> tuple[str, ...]:
    return str(check.agrees), check.note, check.people, check.documents


# --- two people at the same field ----------------------------------------------------------------------------------


def _changed_elsewhere(
    stands: Activity | Observation | SiteCheck, wanted: Activity | Observation | SiteCheck
) -> InspectionError:
    """Say both, so that nobody overwrites the other's words unseen."""
    return InspectionError(
        N_("This was changed on another screen in the meantime, and yours was not saved. There: “{theirs}”. "
           "Yours: “{yours}”. Choose one."),
        "changed-elsewhere", theirs=told(stands), yours=told(wanted),
    )  # fmt: skip
