"""Standing aside: declarations of conflicts and confidence, recusals with the organiser's word, the chair's hand-over.

Declaring a conflict changes nothing by itself: a recusal is proposed with a reason and counts once the organiser has
approved it. Marks given before stay on their sheet, and do not count.
"""

from __future__ import annotations

from datetime import datetime

from inspection_app.core.duties import Declaration, HandOver, Scope
from inspection_app.core.visit import Act, Actor, Role
from inspection_app.errors import N_, NotFound, ScoreError, StageError
from inspection_app.services.act import Transaction, act
from inspection_app.services.prepare import rubric_of
from inspection_app.store import duties, lists, panel
from inspection_app.store.file import VisitFile


def declare(file: VisitFile, actor: Actor, conflict: str, confidential: bool, now: datetime) -> None:
    """Declare one's conflicts of interest and that one keeps confidence; may be repeated, the latest counts.

    Args:
        conflict: in the member's own words; empty where there is none.
        confidential: the confirmation; without it there is no declaration.

    Raises:
        StageError: confidence is not confirmed.
    """
    with act(file, actor, Act.DECLARE, now) as tx:
        if not confidential:
            raise StageError(
                N_("Confirm that you keep marks and deliberation confidential; otherwise you cannot take part."),
                "not-confidential",
            )
        conflict = conflict.strip()
        duties.declare(tx.db, Declaration(actor.member_id, conflict, True, now))
        tx.record(conflict=tx.digest(conflict) if conflict else "", confidential=True)


def declared(file: VisitFile) -> frozenset[int]:
    """Return who has declared, by member id."""
    with file.reading() as db:
        return frozenset(member for member, one in duties.declarations(db).items() if one.confidential)


def propose_recusal(
    file: VisitFile, actor: Actor, member: int, scope: Scope, ref: str, reason: str, now: datetime
) -> int:
    """Propose that somebody stands aside, oneself or another, and return the recusal's id.

    Args:
        ref: the item's number or the candidate site's name; not used for the whole visit.

    Raises:
        NotFound: no such item, site or scoring member.
        ScoreError: no reason.
        StageError: the same is proposed or approved already.
    """
    with act(file, actor, Act.PROPOSE_RECUSAL, now) as tx:
        if not panel.member(tx.db, member).scores:
            raise NotFound(N_("Only the chair and the experts score, so only they can be recused."), "not-scoring")
        ref = _known_ref(tx, Scope(scope), ref)
        if not reason.strip():
            raise ScoreError(N_("A recusal needs a reason. Say in a few words what the conflict is."), "no-reason")
        same = [one for one in duties.recusals(tx.db) if (one.member, one.scope, one.ref) == (member, scope, ref)]
        if any(one.approved is not False for one in same):
            raise StageError(N_("This recusal is proposed or approved already."), "already-proposed")
        id_ = duties.propose(tx.db, member, Scope(scope), ref, reason.strip(), now, actor.member_id)
        tx.record(
            recusal=id_, member=member, scope=str(scope),
            ref=tx.digest(ref) if scope is Scope.SITE else ref, reason=tx.digest(reason.strip()),
        )  # fmt: skip
    return id_


def _known_ref(tx: Transaction, scope: Scope, ref: str) -> str:
    if scope is Scope.VISIT:
        return ""
    if scope is Scope.ITEM:
        return rubric_of(tx.db).item(ref).no
    if ref not in {site.name for site in lists.sites(tx.db)}:
        raise NotFound(N_("There is no candidate site “{site}”."), "no-site", site=ref)
    return ref


def refuse_recused(tx: Transaction, item: str = "") -> None:
    """Refuse a decision by a chair who is recused: who stands aside decides nothing either; the duties pass on first.

    Args:
        item: the number of what is decided on; empty for the visit as a whole.

    Raises:
        StageError: the actor is recused from the visit, or from the item.
    """
    found = duties.duties(tx.db)
    if found.recused_from_visit(tx.member.id):
        raise StageError(
            N_("You are recused from this visit. The secretary hands the chair over first, under Duties."),
            "chair-recused",
        )
    if item and found.recused(tx.member.id, item):
        raise StageError(
            N_("You are recused from item {item}. To decide it, the secretary hands the chair over, under Duties."),
            "chair-recused", item=item,
        )  # fmt: skip


def sites_recused_from(file: VisitFile, actor: Actor) -> frozenset[str]:
    """Return the candidate sites, by name, from which the actor is recused."""
    with file.reading() as db:
        found = duties.duties(db)
        return frozenset(
            site.name for site in lists.sites(db) if found.recused_from_site(actor.member_id, site.name)
        )


def decide_recusal(
    file: VisitFile, actor: Actor, recusal: int, organiser: str, approved: bool, now: datetime
) -> None:
    """Record what the organiser decided on a proposed recusal.

    Args:
        organiser: who decided for the organiser, by name.

    Raises:
        NotFound: no such recusal.
        StageError: it is decided already.
        ScoreError: the organiser is not named.
    """
    with act(file, actor, Act.DECIDE_RECUSAL, now) as tx:
        known = next((one for one in duties.recusals(tx.db) if one.id == recusal), None)
        if known is None:
            raise NotFound(N_("There is no such recusal."), "no-recusal", recusal=recusal)
        if known.approved is not None:
            raise StageError(N_("This recusal is decided already."), "already-decided")
        if not organiser.strip():
            raise ScoreError(N_("Name who decided this for the organiser."), "no-organiser")
        duties.decide(tx.db, recusal, approved, organiser.strip(), now)
        tx.record(recusal=recusal, approved=approved, organiser=tx.digest(organiser.strip()))


def hand_over_chair(file: VisitFile, actor: Actor, to: int, reason: str, now: datetime) -> None:
    """Pass the duties of the chair on to an expert, because the chair is recused or leaves; both keep their sheets.

    Args:
        to: the member who takes over; the chair before becomes an expert.

    Raises:
        NotFound: no such member.
        StageError: they do not score, are the chair already, or are recused from the visit.
        ScoreError: no reason.
    """
    with act(file, actor, Act.HAND_OVER_CHAIR, now) as tx:
        heir = panel.member(tx.db, to)
        if heir.role is not Role.EXPERT:
            raise StageError(N_("Only an expert of the panel can take over from the chair."), "not-an-expert")
        if duties.duties(tx.db).recused_from_visit(to):
            raise StageError(
                N_("{name} is recused from the visit. Choose somebody else."), "recused", name=heir.name
            )
        if not reason.strip():
            raise ScoreError(N_("A hand-over needs a reason: recused, or leaving, and why."), "no-reason")
        chair = next(member for member in panel.members(tx.db) if member.role is Role.CHAIR)
        panel.set_role(tx.db, chair.id, Role.EXPERT)
        panel.set_role(tx.db, to, Role.CHAIR)
        duties.hand_over(tx.db, HandOver(chair.id, to, reason.strip(), now, actor.member_id))
        tx.record(from_member=chair.id, to_member=to, reason=tx.digest(reason.strip()))
