"""Preparing a visit: what is refused names every fault and changes nothing; what is taken is there."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from inspection_app.core.roster import Site
from inspection_app.core.visit import Act, Appointment, Description, Role, Stage
from inspection_app.errors import InspectionError, NotFound, PermissionDenied, RosterError, ScoreError, StageError
from inspection_app.services import assign, draw, enlist, prepare
from inspection_app.services.join import actor_of, sign_in
from inspection_app.store.file import visit_files
from inspection_app.store.sheets import AgreedFigure
from tests.services.conftest import (
    CHAIR,
    DESCRIPTION,
    EXPERT,
    MEMBERS,
    NOW,
    OTHER,
    PANEL,
    SECRETARY,
    SITES,
    THIRD,
    Scene,
    create,
    dump,
    enter_figures,
    hold,
    lock,
    log_of,
    members,
    places,
    refused,
    rows,
    scene_at,
    small_rubric,
)

ALL = frozenset("12345")


def test_a_new_visit_is_complete(new: Scene) -> None:
    """Panel, codes and assignment are there from the first moment: everybody who scores has every item."""
    prepared = prepare.preparation(new.file)
    assert (prepared.visit.stage, prepared.visit.description) == (Stage.PREPARE, DESCRIPTION)
    assert new.file.path.name == "清溪县人民政府-2026-05-12.visit"
    assert [member.name for member in prepared.members] == list(MEMBERS)
    assert prepared.assignment == {member.id: ALL for member in prepared.members if member.role is not Role.SECRETARY}
    for name, code in new.codes.items():
        actor = new.people[name]
        assert actor_of(new.file, sign_in(new.file, code)) == (actor, prepared.member(actor.member_id))
    (entry,) = log_of(new)
    assert (entry.act, entry.actor) == (Act.CREATE_VISIT, new.secretary.member_id)
    assert prepared.log_head == entry.hash


def test_the_rubric_travels_in_the_file(new: Scene) -> None:
    """The exact text of the rubric is kept, and the rubric comes from it."""
    kept = small_rubric()
    assert prepare.preparation(new.file).rubric == kept.rubric
    assert [row["rubric_text"] for row in rows(new, "visit")] == [kept.text]
    assert prepare.preparation(new.file).visit.rubric_digest == kept.digest


def test_no_code_is_kept(new: Scene) -> None:
    """The codes are in the file as salted hashes only, none twice."""
    content = new.file.path.read_bytes()
    for code in new.codes.values():
        assert code.encode() not in content
        assert code.replace("-", "").encode() not in content
    assert len({row["code_hash"] for row in rows(new, "member")}) == len(MEMBERS)


@pytest.mark.parametrize(
    ("description", "panel", "where"),
    [
        (replace(DESCRIPTION, applicant=" ", ends=DESCRIPTION.starts - timedelta(1)), PANEL, ["Applicant", "Dates"]),
        (DESCRIPTION, [person for person in PANEL if person.role is not Role.CHAIR], ["Panel"]),
        (DESCRIPTION, [*PANEL, Appointment("又一组长", Role.CHAIR)], ["Panel"]),
        (DESCRIPTION, PANEL[1:], ["Panel"]),
        (DESCRIPTION, [*PANEL, Appointment(" ", Role.EXPERT), PANEL[2]], ["Panel member 6", "Panel"]),
        (DESCRIPTION, [*PANEL, *(Appointment(f"专家{n}", Role.EXPERT) for n in range(12))], ["Panel"]),
        (DESCRIPTION, [], ["Panel", "Panel"]),
    ],
)
def test_a_faulty_visit_leaves_no_file(
    tmp_path: Path, description: Description, panel: list[Appointment], where: list[str]
) -> None:
    """Every fault of description and panel is named, and the folder stays empty."""
    with pytest.raises(InspectionError) as caught:
        prepare.create_visit(tmp_path, small_rubric(), description, panel, entropy=os.urandom, now=NOW)
    assert places(caught.value) == where
    assert list(tmp_path.iterdir()) == []


def test_a_crash_while_creating_leaves_no_file(tmp_path: Path) -> None:
    """When the machine runs out of randomness, or of anything else, in the middle, the name is still free."""
    asked: list[int] = []

    def entropy(count: int) -> bytes:
        asked.append(count)
        if len(asked) == 5:  # visit and two members are in, the third has no code yet
            raise OSError("no more")
        return os.urandom(count)

    with pytest.raises(OSError, match="no more"):
        prepare.create_visit(tmp_path, small_rubric(), DESCRIPTION, PANEL, entropy=entropy, now=NOW)
    assert list(tmp_path.iterdir()) == []
    create(tmp_path)


def test_a_second_visit_of_the_same_name_is_refused(new: Scene) -> None:
    """Same applicant, same day: the first visit stays as it is and no other file appears."""
    folder = new.file.path.parent
    with refused(new, InspectionError, "visit-exists"):
        create(folder)
    assert visit_files(folder) == (new.file,)
    other = replace(DESCRIPTION, starts=DESCRIPTION.ends)
    prepare.create_visit(folder, small_rubric(), other, PANEL, entropy=os.urandom, now=NOW)
    assert len(visit_files(folder)) == 2


def test_the_name_of_a_file_is_only_a_name(tmp_path: Path) -> None:
    """An applicant's name that looks like a path stays inside the folder."""
    folder = tmp_path / "visits"
    description = replace(DESCRIPTION, applicant="../../etc/甲 县：A\\B")
    file = prepare.create_visit(folder, small_rubric(), description, PANEL, entropy=os.urandom, now=NOW).file
    assert file.path == folder / "etc-甲-县-A-B-2026-05-12.visit"
    assert file.path.is_file()


@pytest.mark.parametrize(
    ("sites", "where"),
    [
        (SITES[:2], ["Candidate sites"]),
        ((*SITES, Site("第六点")), ["Candidate sites"]),
        ((*SITES[:4], Site(" ")), ["Row 5"]),
        ((*SITES[:3], SITES[0], Site("")), ["Row 4", "Row 5"]),
        ((), ["Candidate sites"]),
    ],
)
def test_sites_that_cannot_be_used(prepared: Scene, sites: tuple[Site, ...], where: list[str]) -> None:
    """Two or six sites, one without a name, one twice: each fault with its row, and the earlier sites stay."""
    with refused(prepared, RosterError, "site-faults") as caught:
        prepare.name_sites(prepared.file, prepared.secretary, sites, NOW)
    assert places(caught.value) == where


def test_sites_are_replaced_as_a_whole(prepared: Scene) -> None:
    """Five other sites take the place of the first five."""
    others = [Site(f"新点{number}") for number in range(5)]
    prepare.name_sites(prepared.file, prepared.secretary, others, NOW)
    assert prepare.preparation(prepared.file).sites == tuple(others)


@pytest.mark.parametrize("kind", [draw.SITES, draw.CITIZENS])
def test_a_locked_list_cannot_be_changed(prepared: Scene, kind: str) -> None:
    """Once locked a list is refused, with or without a ceremony; the other list is still free."""

    def change(which: str) -> None:
        if which == draw.SITES:
            prepare.name_sites(prepared.file, prepared.secretary, SITES, NOW)
        else:
            roster = "姓名,类别\n甲,群众代表\n".encode()
            enlist.load_roster(prepared.file, prepared.secretary, roster, NOW)

    lock(prepared, kind)
    with refused(prepared, StageError, "list-locked"):
        change(kind)
    hold(prepared, kind)
    with refused(prepared, StageError, "list-locked"):
        change(kind)
    change(draw.CITIZENS if kind == draw.SITES else draw.SITES)


def test_items_are_given_out(prepared: Scene) -> None:
    """An assignment takes the place of the one before; whoever is not named has nothing."""
    chair, expert = prepared.chair.member_id, prepared.expert.member_id
    assign.assign_items(prepared.file, prepared.secretary, {chair: ["1", "2", "3"], expert: ["3", "4", "5"]}, NOW)
    assert prepare.preparation(prepared.file).assignment == {chair: frozenset("123"), expert: frozenset("345")}


def test_an_assignment_that_cannot_be(prepared: Scene) -> None:
    """Items for the secretary or a stranger, an item that does not exist, items left over: each its own message."""
    file, secretary, chair = prepared.file, prepared.secretary, prepared.chair.member_id
    for nobody in (secretary.member_id, 99):
        with refused(prepared, NotFound, "not-scoring"):
            assign.assign_items(file, secretary, {chair: ALL, nobody: ["1"]}, NOW)
    with refused(prepared, NotFound, "unknown-item"):
        assign.assign_items(file, secretary, {chair: [*ALL, "6"]}, NOW)
    with refused(prepared, ScoreError, "orphans") as caught:
        assign.assign_items(file, secretary, {chair: ["1", "3", "5"]}, NOW)
    assert caught.value.context["items"] == "2, 4"
    with refused(prepared, ScoreError, "orphans"):
        assign.assign_items(file, secretary, {}, NOW)


@pytest.mark.parametrize(
    ("figure", "error", "code"),
    [
        (AgreedFigure("gdp", "5"), NotFound, "no-figure"),
        (AgreedFigure("fund", "1000.1"), ScoreError, "figure-range"),
        (AgreedFigure("fund", "-0.1"), ScoreError, "figure-range"),
        (AgreedFigure("awards", "-1"), ScoreError, "figure-range"),
        (AgreedFigure("fund", "1", target="2000"), ScoreError, "figure-range"),
        (AgreedFigure("fund", "1", last="-3"), ScoreError, "figure-range"),
        (AgreedFigure("fund", "约0.5"), ScoreError, "not-a-number"),
        (AgreedFigure("fund", "1,000"), ScoreError, "not-a-number"),
        (AgreedFigure("fund", "NaN"), ScoreError, "not-a-number"),
        (AgreedFigure("fund", "9" * 21), ScoreError, "not-a-number"),
    ],
)
def test_a_figure_that_cannot_be(
    prepared: Scene, figure: AgreedFigure, error: type[InspectionError], code: str
) -> None:
    """An unknown figure, one out of range, one that is no number: refused, and the figure before stays."""
    with refused(prepared, error, code):
        prepare.enter_figure(prepared.file, prepared.secretary, figure, NOW)


def test_a_figure_as_people_write_it(prepared: Scene) -> None:
    """Full-width digits and the unit are understood; the latest entry counts, the earlier stay; empty takes it back."""
    prepare.enter_figure(prepared.file, prepared.secretary, AgreedFigure("fund", "０．５２‰", source=" 决算报表 "), NOW)
    assert prepare.preparation(prepared.file).figures["fund"] == AgreedFigure("fund", "0.52", source="决算报表")
    prepare.enter_figure(prepared.file, prepared.secretary, AgreedFigure("fund", ""), NOW)
    assert set(prepare.preparation(prepared.file).figures) == {"awards"}
    assert [row["value"] for row in rows(prepared, "figure") if row["key"] == "fund"] == ["0.45", "0.52", ""]


def test_somebody_new_gets_items_and_a_code(prepared: Scene) -> None:
    """An appointed expert has every item and can sign in; a second secretary has no items."""
    file, secretary = prepared.file, prepared.secretary
    for role, items in ((Role.EXPERT, ALL), (Role.SECRETARY, frozenset())):
        person = Appointment(f"新来的{role}", role)
        code = prepare.appoint_member(file, secretary, person, entropy=os.urandom, now=NOW)
        actor, member = actor_of(file, sign_in(file, code))
        assert (member.name, member.role) == (person.name, role)
        assert prepare.preparation(file).assignment.get(actor.member_id, frozenset()) == items


def test_whoever_changes_sides_changes_sheets(prepared: Scene) -> None:
    """An expert who becomes a secretary gives the items back, and gets all of them on returning."""
    file, id_ = prepared.file, prepared.other.member_id
    for role, items in ((Role.SECRETARY, None), (Role.EXPERT, ALL)):
        prepare.change_member(file, prepared.secretary, id_, Appointment(OTHER, role), NOW)
        assert prepare.preparation(file).assignment.get(id_) == items


def test_a_panel_always_works(prepared: Scene) -> None:
    """Without chair or secretary, with two chairs, with one name twice: no change to the panel goes through."""
    file, chair = prepared.file, prepared.chair
    with refused(prepared, InspectionError, "not-usable"):
        prepare.dismiss_member(file, prepared.secretary, chair.member_id, NOW)
    with refused(prepared, InspectionError, "not-usable"):
        prepare.dismiss_member(file, chair, prepared.secretary.member_id, NOW)
    with refused(prepared, InspectionError, "not-usable"):
        prepare.change_member(file, chair, prepared.expert.member_id, Appointment(EXPERT, Role.CHAIR), NOW)
    with refused(prepared, InspectionError, "not-usable"):
        prepare.change_member(file, chair, prepared.expert.member_id, Appointment(f" {CHAIR}", Role.EXPERT), NOW)
    with refused(prepared, InspectionError, "not-usable"):
        prepare.appoint_member(file, chair, Appointment(OTHER, Role.EXPERT), entropy=os.urandom, now=NOW)
    with refused(prepared, StageError, "oneself"):
        prepare.dismiss_member(file, chair, chair.member_id, NOW)
    with refused(prepared, NotFound, "no-member"):
        prepare.dismiss_member(file, chair, 99, NOW)


def test_whoever_left_is_out(new: Scene) -> None:
    """Somebody taken off the panel has no items and no sign-in; who follows them does not inherit theirs."""
    left = new.people[THIRD].member_id
    session = sign_in(new.file, new.codes[THIRD])
    prepare.dismiss_member(new.file, new.secretary, left, NOW)
    assert left not in prepare.preparation(new.file).assignment
    prepare.appoint_member(
        new.file, new.secretary, Appointment("新来的", Role.EXPERT), entropy=os.urandom, now=NOW
    )
    with pytest.raises(InspectionError) as caught:
        actor_of(new.file, session)
    assert caught.value.code == "no-member"


def test_whoever_entered_a_figure_stays_on_record(prepared: Scene) -> None:
    """The record says who entered each figure, so that person cannot be taken off; the message says so."""
    second = Appointment("副秘书", Role.SECRETARY)
    prepare.appoint_member(prepared.file, prepared.chair, second, entropy=os.urandom, now=NOW)
    with refused(prepared, StageError, "on-record"):
        prepare.dismiss_member(prepared.file, prepared.chair, prepared.secretary.member_id, NOW)


def test_the_description_can_be_corrected(prepared: Scene) -> None:
    """Applicant, dates and place are corrected together; a faulty correction changes nothing."""
    better = replace(DESCRIPTION, applicant="清溪市人民政府", place="市行政中心")
    prepare.describe_visit(prepared.file, prepared.secretary, better, NOW)
    assert prepare.preparation(prepared.file).visit.description == better
    with refused(prepared, InspectionError, "not-usable"):
        prepare.describe_visit(prepared.file, prepared.secretary, replace(better, applicant=""), NOW)


def test_scoring_opens_when_all_is_prepared(new: Scene) -> None:
    """Missing sites and somebody without items are named together; with both mended scoring opens, once."""
    chair = new.chair.member_id
    assign.assign_items(new.file, new.secretary, {chair: ALL}, NOW)
    with refused(new, StageError, "not-prepared") as caught:
        prepare.open_scoring(new.file, new.secretary, NOW)
    assert places(caught.value) == ["Candidate sites", "Assignment", "Assignment", "Assignment"]
    assert [fault.context.get("name") for fault in caught.value.faults] == [None, EXPERT, OTHER, THIRD]
    assert str(prepare.unprepared(new.file)) == str(caught.value)
    everybody = {member.id: ALL for member in members(new) if member.scores}
    assign.assign_items(new.file, new.secretary, everybody, NOW)
    prepare.name_sites(new.file, new.secretary, SITES, NOW)
    assert prepare.unprepared(new.file) is None
    prepare.open_scoring(new.file, new.chair, NOW)
    assert prepare.preparation(new.file).visit.stage is Stage.SCORE
    with refused(new, StageError, "wrong-stage"):
        prepare.open_scoring(new.file, new.chair, NOW)


def test_figures_are_entered_by_the_office(prepared: Scene) -> None:
    """Secretary and chair enter figures, also once scoring is open; the record says who did."""
    prepare.open_scoring(prepared.file, prepared.secretary, NOW)
    enter_figures(prepared, fund="0.3")
    prepare.enter_figure(prepared.file, prepared.chair, AgreedFigure("fund", "0.35"), NOW)
    by = [row["by"] for row in rows(prepared, "figure")]
    assert by == [prepared.people[SECRETARY].member_id] * 4 + [prepared.people[CHAIR].member_id]


def test_the_light_reads_say_what_the_whole_preparation_says(prepared: Scene) -> None:
    """A page that needs little reads little, and the same, at once after it was changed by somebody else."""
    for fund in ("0.3", "0.4"):
        enter_figures(prepared, fund=fund)
        whole, little = prepare.preparation(prepared.file), prepare.outline(prepared.file)
        assert (little.visit, little.rubric, little.members) == (whole.visit, whole.rubric, whole.members)
        assert prepare.agreed_figures(prepared.file) == whole.figures
        assert whole.figures["fund"].value == fund
    prepare.open_scoring(prepared.file, prepared.secretary, NOW)
    assert prepare.outline(prepared.file).visit.stage is Stage.SCORE


# --- a finished visit's set-up ----------------------------------------------------------------------------------------

NEXT = Description("白水县人民政府", "县", DESCRIPTION.starts + timedelta(days=30), DESCRIPTION.ends + timedelta(days=30))


def test_the_set_up_of_a_sealed_visit_is_copied_and_nothing_else(tmp_path: Path) -> None:
    """Rubric, panel and method; every code is new, and no site, citizen, figure, answer or recusal comes along."""
    scene = scene_at(tmp_path, Stage.SEALED)
    before, content = prepare.preparation(scene.file), dump(scene.file)
    made = prepare.copy_set_up(scene.file, scene.secretary, NEXT, entropy=os.urandom, now=NOW)
    after = prepare.preparation(made.file)
    assert dump(scene.file) == content
    assert made.file.path.parent == scene.file.path.parent
    assert (after.visit.description, after.visit.stage) == (NEXT, Stage.PREPARE)
    assert after.visit.id != before.visit.id
    assert after.visit.rubric_digest == before.visit.rubric_digest
    method = ("method", "places", "rounding", "min_marks")
    assert [getattr(after.visit, one) for one in method] == [getattr(before.visit, one) for one in method]
    assert [(one.name, one.role, one.organisation) for one in after.members] == [
        (one.name, one.role, one.organisation) for one in before.members
    ]
    assert (after.sites, after.roster, after.figures) == ((), (), {})
    tables = dump(made.file)
    assert not [name for name in ("answer", "recusal", "ceremony", "adjudication", "finding") if tables[name]]
    assert [entry["act"] for entry in tables["log"]] == [Act.CREATE_VISIT]
    for member, code in made.codes.items():
        assert sign_in(made.file, code).member == member


def test_a_method_that_was_chosen_is_copied(tmp_path: Path) -> None:
    """Not the one that every visit begins with."""
    scene = scene_at(tmp_path, Stage.SEALED)
    with closing(sqlite3.connect(scene.file.path, isolation_level=None)) as db:  # past the seal, to see that it is this row that counts
        db.execute("DROP TRIGGER visit_sealed_update")
        db.execute("UPDATE visit SET method = 'median', places = 3, min_marks = 2")
    made = prepare.copy_set_up(scene.file, scene.secretary, NEXT, entropy=os.urandom, now=NOW)
    visit = prepare.preparation(made.file).visit
    assert (visit.method, visit.places, visit.min_marks) == ("median", 3, 2)


def test_only_a_sealed_visit_is_copied_and_only_by_its_secretary(tmp_path: Path) -> None:
    """Before the seal, or by somebody else, no file appears."""
    scene = scene_at(tmp_path, Stage.CONSOLIDATE)
    with refused(scene, StageError, "not-sealed"):
        prepare.copy_set_up(scene.file, scene.secretary, NEXT, entropy=os.urandom, now=NOW)
    with refused(scene, PermissionDenied, "role-may-not"):
        prepare.copy_set_up(scene.file, scene.chair, NEXT, entropy=os.urandom, now=NOW)
    assert visit_files(scene.file.path.parent) == (scene.file,)
