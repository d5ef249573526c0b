"""Signing in to a visit by personal code, and giving out codes."""

from __future__ import annotations

import hmac
from datetime import datetime

from inspection_app.access import Session, hash_code
from inspection_app.core.visit import Act, Actor, Member
from inspection_app.errors import N_, NotFound, PermissionDenied
from inspection_app.services.act import act
from inspection_app.store import panel, visits
from inspection_app.store.file import VisitFile


def sign_in(file: VisitFile, code: str) -> Session:
    """Return a session for the member whose code this is.

    Raises:
        PermissionDenied: nobody on the panel has this code.
    """
    with file.reading() as db:
        hashed = hash_code(code, visits.salt(db))
        for member, stored in panel.code_hashes(db).items():
            if hmac.compare_digest(hashed, stored):
                return Session(file.slug, member, panel.code_number(db, member), visits.read(db).id)
    raise PermissionDenied(
        N_("This code is not known here. Check each sign, or ask the secretary for a new code."), "unknown-code"
    )


def actor_of(file: VisitFile, session: Session) -> tuple[Actor, Member]:
    """Return who a session stands for.

    Raises:
        PermissionDenied: the code it was made with has been replaced, the member has left the panel, or another visit
            has this name now.
    """
    with file.reading() as db:
        if visits.read(db).id != session.visit:
            raise PermissionDenied(
                N_("You were signed in to another visit of this name. Sign in with your code."), "code-replaced"
            )
        try:
            member = panel.member(db, session.member)
        except NotFound as error:
            raise PermissionDenied(error.message, error.code) from error
        if panel.code_number(db, member.id) != session.code_number:
            raise PermissionDenied(N_("Your code was replaced. Sign in with the new one."), "code-replaced")
    return Actor(member.id, member.role), member


def issue_code(file: VisitFile, actor: Actor, member: int, code: str, now: datetime) -> None:
    """Give a member a new code; sign-ins with the old one end.

    Args:
        code: a fresh code from ``access.new_code``; only its hash is kept.
    """
    with act(file, actor, Act.ISSUE_CODE, now) as tx:
        person = panel.member(tx.db, member)
        number = panel.set_code(tx.db, person.id, hash_code(code, visits.salt(tx.db)))
        tx.record(member=person.id, code_number=number)
