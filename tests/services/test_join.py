"""Signing in by code: who gets in, and what ends it."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from inspection_app.access import new_code
from inspection_app.core.visit import Appointment, Role
from inspection_app.errors import NotFound, PermissionDenied
from inspection_app.services.join import actor_of, issue_code, sign_in
from inspection_app.services.prepare import change_member
from tests.services.conftest import EXPERT, MEMBERS, NOW, OTHER, Scene, create, dump, refused


def test_each_code_is_its_owners(new: Scene) -> None:
    """Every code signs in the person it was made for, however it is typed."""
    for name in MEMBERS:
        session = sign_in(new.file, new.codes[name].lower().replace("-", " "))
        assert session.slug == new.file.slug
        actor, member = actor_of(new.file, session)
        assert (actor, member.name, member.role) == (new.people[name], name, new.people[name].role)


@pytest.mark.parametrize("code", ["", "-", "AAAA-AAAA", "字", "2" * 10_000])
def test_an_unknown_code_opens_nothing(new: Scene, code: str) -> None:
    """A code that nobody has, an empty one too, is refused, and nothing is written."""
    with refused(new, PermissionDenied, "unknown-code"):
        sign_in(new.file, code)


def test_a_code_of_another_visit_opens_nothing(new: Scene, tmp_path: Path) -> None:
    """Codes are the visit's own."""
    other = create(tmp_path / "other")
    with refused(new, PermissionDenied, "unknown-code"):
        sign_in(new.file, other.codes[EXPERT])


def test_a_new_code_ends_the_old_one(new: Scene) -> None:
    """With a new code the old one and every sign-in made with it end at once, for that person alone."""
    before, others = sign_in(new.file, new.codes[EXPERT]), sign_in(new.file, new.codes[OTHER])
    code = new_code(os.urandom)
    issue_code(new.file, new.secretary, new.expert.member_id, code, NOW)
    with refused(new, PermissionDenied, "unknown-code"):
        sign_in(new.file, new.codes[EXPERT])
    with refused(new, PermissionDenied, "code-replaced"):
        actor_of(new.file, before)
    assert actor_of(new.file, sign_in(new.file, code))[0] == new.expert
    assert actor_of(new.file, others)[0] == new.other


def test_a_new_code_is_kept_as_a_hash_only(new: Scene) -> None:
    """Neither file nor log holds the code that was issued."""
    code = new_code(os.urandom)
    issue_code(new.file, new.secretary, new.expert.member_id, code, NOW)
    assert code not in repr(dump(new.file))
    assert code.replace("-", "") not in repr(dump(new.file))


def test_nobody_gets_a_code_who_is_not_there(new: Scene) -> None:
    """A code for somebody who is no member is refused."""
    with refused(new, NotFound, "no-member"):
        issue_code(new.file, new.secretary, 99, new_code(os.urandom), NOW)


def test_a_session_for_nobody_is_refused(new: Scene) -> None:
    """A session for a member who never was, with a code that is still to come, or for another visit that had this
    name, is refused."""
    right = sign_in(new.file, new.codes[EXPERT])
    assert actor_of(new.file, right)[0] == new.expert
    for session in (replace(right, member=99), replace(right, code_number=2), replace(right, visit="another")):
        with pytest.raises(PermissionDenied):
            actor_of(new.file, session)


def test_the_role_is_todays(new: Scene) -> None:
    """A session holds no role: whoever became secretary meanwhile acts as secretary."""
    session = sign_in(new.file, new.codes[EXPERT])
    change_member(new.file, new.secretary, new.expert.member_id, Appointment(EXPERT, Role.SECRETARY), NOW)
    assert actor_of(new.file, session)[0].role is Role.SECRETARY
