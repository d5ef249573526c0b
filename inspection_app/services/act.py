"""The one place where permission, stage, transaction and log meet.

Every use case that changes a visit runs inside ``with act(...) as tx``; what it writes is committed together with one
entry of the log, or not at all.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from sqlite_utils import Database

from inspection_app.core.visit import KEPT_BEFORE, Act, Actor, Member, Visit, permit
from inspection_app.store import log, panel, snapshots, visits
from inspection_app.store.file import VisitFile


@dataclass
class Transaction:
    """An open change to a visit: its database, who makes it, and what the log will say of it."""

    db: Database
    visit: Visit
    member: Member
    now: datetime
    details: dict[str, object] = field(default_factory=dict)

    def record(self, **details: object) -> None:
        """Add to the log entry; no personal data, digests instead (see ``digest``)."""
        self.details.update(details)

    def digest(self, text: str) -> str:
        """Return a salted digest (32 hex digits) that pins a text without telling it."""
        return hmac.new(visits.salt(self.db), text.encode(), hashlib.sha256).hexdigest()[:32]


@contextmanager
def act(file: VisitFile, actor: Actor, what: Act, now: datetime) -> Iterator[Transaction]:
    """Open the transaction of one use case.

    Args:
        file: the visit.
        actor: who is signed in; the role is read afresh from the visit.
        what: the act, which decides roles and stages (``core.visit.PERMITS``) and names the log entry.
        now: the time, with its offset.

    Raises:
        PermissionDenied, StageError: the act is not allowed to this person, or not now; nothing was changed.
    """
    with file.writing() as db:
        visit, member = visits.read(db), panel.member(db, actor.member_id)
        permit(what, member.role, visit.stage)
        if what in KEPT_BEFORE:
            snapshots.take_before(file, str(what), now)
        tx = Transaction(db, visit, member, now)
        yield tx
        log.append(db, now, member.id, str(what), tx.details)
