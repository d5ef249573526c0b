"""The sample visit: what it holds at each stage, and that it is the same visit each time."""

from __future__ import annotations

import os
import pickle
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from inspection_app.core.audit import Entry
from inspection_app.core.certificate import verify_certificate
from inspection_app.core.document import Document, Table
from inspection_app.core.feedback import FindingKind
from inspection_app.core.programme import Agrees, Attendee, Draws, ObservationKind
from inspection_app.core.scoring import Flag, State
from inspection_app.core.visit import Role, Stage
from inspection_app.errors import StageError
from inspection_app.places import shipped
from inspection_app.sample import Sample, build_sample
from inspection_app.services.bring import application, self_check_of
from inspection_app.services.consolidate import Consolidation, consolidation
from inspection_app.services.dispute import disputes
from inspection_app.services.draw import CITIZENS, SITES, DrawState, draw_state
from inspection_app.services.feed_back import findings, report_document
from inspection_app.services.hand_in import readiness
from inspection_app.services.join import actor_of, sign_in
from inspection_app.services.observe import programme
from inspection_app.services.prepare import enter_figure, preparation
from inspection_app.services.score import sheet_of
from inspection_app.store import log
from inspection_app.store.sheets import AgreedFigure
from tests.conftest import SampleAt

NOW = datetime(2026, 5, 13, 18, 30, tzinfo=timezone(timedelta(hours=8)))
EXPERTS = ["陆维岳", "秦思衡", "白若澜", "石敬川", "苗雨禾"]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, sample_at: SampleAt) -> Mapping[Stage, Sample]:
    """The sample visit at every stage, each in a folder of its own."""
    return {stage: sample_at(tmp_path_factory.mktemp(stage), stage) for stage in Stage}


@pytest.fixture(scope="module")
def done(built: Mapping[Stage, Sample]) -> Sample:
    return built[Stage.SEALED]


@pytest.fixture(scope="module")
def outcome(done: Sample) -> Consolidation:
    return consolidation(done.file)


def log_of(sample: Sample) -> tuple[Entry, ...]:
    with sample.file.reading() as db:
        return log.entries(db)


def drawn(state: DrawState) -> Mapping[str, list[str]]:
    assert state.result is not None
    return {stratum: [state.name(number) for number in numbers] for stratum, numbers in state.result.selected.items()}


@pytest.mark.parametrize("stage", Stage)
def test_a_visit_stands_at_the_stage_asked_for(built: Mapping[Stage, Sample], stage: Stage) -> None:
    """Each stage can be asked for by name, and the visit's file is all that is left in the folder."""
    file = built[stage].file
    assert preparation(file).visit.stage is stage
    assert list(file.path.parent.iterdir()) == [file.path]


BUILD_ELSEWHERE = """
import pickle, sys
from pathlib import Path
from inspection_app.sample import build_sample
sys.stdout.buffer.write(pickle.dumps(build_sample(Path(sys.argv[1]))))
"""


def test_the_same_visit_is_built_each_time(done: Sample, tmp_path: Path) -> None:
    """A build in another process, where sets have another order, has the same log head, codes and certificates."""
    run = subprocess.run(
        [sys.executable, "-c", BUILD_ELSEWHERE, tmp_path], env=os.environ | {"PYTHONHASHSEED": "1"},
        capture_output=True, check=True,
    )  # fmt: skip
    again: Sample = pickle.loads(run.stdout)
    assert preparation(again.file).log_head == preparation(done.file).log_head
    assert again.codes == done.codes
    for kind in (SITES, CITIZENS):
        assert draw_state(again.file, kind).certificate == draw_state(done.file, kind).certificate


def test_a_later_stage_continues_an_earlier_one(built: Mapping[Stage, Sample]) -> None:
    """The log of every stage is the beginning of the log of the next, so that a demo can be told as one story."""
    logs = [log_of(built[stage]) for stage in Stage]
    for earlier, later in pairwise(logs):
        assert len(earlier) < len(later)
        assert later[: len(earlier)] == earlier


def test_time_runs_forward_within_the_visit(done: Sample) -> None:
    """No entry of the log is earlier than the one before, and all that is scored falls on the two days."""
    times = [datetime.fromisoformat(entry.at) for entry in log_of(done)]
    assert times == sorted(times)
    scored = {datetime.fromisoformat(entry.at).date() for entry in log_of(done) if entry.act == "answer-item"}
    description = preparation(done.file).visit.description
    assert scored == {description.starts, description.ends}


def test_an_earlier_sample_is_replaced(tmp_path: Path) -> None:
    """Building again leaves the new visit alone in the folder, even while the old one is open."""
    first = build_sample(tmp_path, Stage.SCORE)
    secretary, _ = actor_of(first.file, sign_in(first.file, first.codes[-1].code))
    with first.file.reading() as db:
        db.execute("SELECT * FROM visit").fetchall()
        enter_figure(first.file, secretary, AgreedFigure("construction_awards", "9", source="x"), NOW)
        assert first.file.path.with_name(first.file.path.name + "-wal").stat().st_size
        second = build_sample(tmp_path, Stage.PREPARE).file
    prepared = preparation(second)
    assert prepared.visit.stage is Stage.PREPARE
    assert prepared.figures["construction_awards"].value == "3"
    assert list(tmp_path.iterdir()) == [second.path]


def test_everybody_signs_in_with_their_code(done: Sample) -> None:
    """The codes handed back open the visit, each for the person and role it names."""
    people = [actor_of(done.file, sign_in(done.file, code.code))[1] for code in done.codes]
    assert [(person.name, person.role) for person in people] == [(code.name, code.role) for code in done.codes]
    assert Counter(code.role for code in done.codes) == {Role.CHAIR: 1, Role.EXPERT: 4, Role.SECRETARY: 1}


def test_prepared_means_all_entered_and_nothing_drawn(built: Mapping[Stage, Sample]) -> None:
    """Five sites, 120 citizens, every figure of the rubric with a source; no list is locked."""
    prepared = preparation(built[Stage.PREPARE].file)
    assert len(prepared.sites) == 5
    assert Counter(c.category for c in prepared.roster) == {
        "群众代表": 60, "人大代表": 20, "政协委员": 20, "社会监督员": 20,
    }  # fmt: skip
    assert prepared.figures.keys() == prepared.rubric.figures.keys()
    assert all(figure.value and figure.source for figure in prepared.figures.values())
    assert not prepared.sites_locked
    assert not prepared.roster_locked


def test_what_the_applicant_handed_in_is_there_before_the_visit(built: Mapping[Stage, Sample]) -> None:
    """The form is filled but for the city's opinions; the self-check gives the agreed figures; each item has desk marks.

    The figures were entered by themselves, so the sums of the spreadsheet could differ from them.
    """
    file = built[Stage.PREPARE].file
    prepared, handed_in, self_check = preparation(file), application(file), self_check_of(file)
    left_out = {"review_opinion", "review_opinion_date", "city_opinion", "city_opinion_date"}
    assert handed_in.facts.keys() == {field.id for field in prepared.rubric.scheme.form} - left_out
    assert self_check.missing == ()
    assert all(row.page for row in self_check.rows)
    assert [str(self_check.base), str(self_check.bonus)] == ["95.5", "5"]
    for key, total in (("self_check_score", self_check.base), ("self_check_bonus", self_check.bonus)):
        assert Decimal(prepared.figures[key].value) == total
    assert Counter(len(marks) for marks in handed_in.desk_marks.values()) == {1: 32, 2: 5}
    assert {mark.name for marks in handed_in.desk_marks.values() for mark in marks} == set(EXPERTS)


def test_the_programme_is_planned_and_nothing_recorded_before_the_visit(built: Mapping[Stage, Sample]) -> None:
    """Each of the seven activities has a place and a time on one of the two days."""
    file = built[Stage.PREPARE].file
    planned, description = programme(file), preparation(file).visit.description
    assert [activity.title for activity in planned.activities] == [
        "预备会", "汇报交流", "查阅资料", "实地考察", "群众座谈", "内部评议", "情况反馈",
    ]  # fmt: skip
    assert all(one.place and one.time and one.day for one in planned.activities)
    assert {one.day for one in planned.activities} == {description.starts, description.ends}
    assert planned.empty()


def test_the_activities_are_recorded_as_they_are_held(built: Mapping[Stage, Sample], done: Sample) -> None:
    """After the first day four activities are recorded, at the end all but the feedback meeting, which comes after."""
    halfway, whole = programme(built[Stage.SCORE].file), programme(done.file)
    held = [
        [one.title for one in found.activities if found.present(one, Attendee.MEMBER)] for found in (halfway, whole)
    ]
    assert held == [
        ["预备会", "汇报交流", "查阅资料", "实地考察"],
        ["预备会", "汇报交流", "查阅资料", "实地考察", "群众座谈", "内部评议"],
    ]
    assert all(not whole.absent(activity, Attendee.MEMBER) for activity in whole.activities)
    assert {one.who for one in whole.attendance if one.kind is Attendee.GUEST} == {"方兆林", "闻立群", "葛明远"}


def test_one_drawn_citizen_is_absent(done: Sample) -> None:
    """Nineteen of the twenty came to the meeting; the one who did not is named with the reason."""
    found = programme(done.file)
    (meeting,) = (one for one in found.activities if one.draws is Draws.CITIZENS)
    assert len(found.present(meeting, Attendee.CITIZEN)) == 19
    away = [(found.name(one.kind, one.who), one.remark) for one in found.absent(meeting, Attendee.CITIZEN)]
    assert away == [("孙立新", "因病请假")]


def test_records_stand_where_they_were_made(done: Sample) -> None:
    """Questions have answers, opinions have replies, and every tie is to an item or a drawn site."""
    found = programme(done.file)
    kinds = {one.title: Counter(note.kind for note in found.observed(one)) for one in found.activities}
    assert kinds["汇报交流"] == {ObservationKind.QUESTION: 2, ObservationKind.ANSWER: 2}
    assert kinds["群众座谈"] == {ObservationKind.GOOD_DEED: 1, ObservationKind.OPINION: 2, ObservationKind.REPLY: 2}
    visits = [(found.sites[one.site].name, one.item) for one in found.observations if one.site]
    assert visits == [("云岭县综合检验检测中心", "8"), ("锦泰家园住宅小区二期工地", "25")]
    spoke = {one.person for one in found.observations if one.kind is ObservationKind.OPINION}
    assert spoke < {citizen.name for citizen in found.citizens.values()}


def test_every_drawn_site_is_checked(done: Sample) -> None:
    """Two sites agree with the application and the building site does in part, with a note of where it does not."""
    found = programme(done.file)
    assert {found.sites[site].name: check.agrees for site, check in found.checks.items()} == {
        "云岭县综合检验检测中心": Agrees.YES,
        "云岭县政务服务中心": Agrees.YES,
        "锦泰家园住宅小区二期工地": Agrees.PARTLY,
    }
    assert all(check.note and check.people and check.documents for check in found.checks.values())


def test_a_dispute_is_raised_on_the_first_day_and_settled_before_the_marks_open(built: Mapping[Stage, Sample]) -> None:
    """The disputed figure stands as it is, and the answer says why."""
    raised, settled = (disputes(built[stage].file) for stage in (Stage.SCORE, Stage.CONSOLIDATE))
    assert [(one.key, one.open) for one in raised] == [("household_acceptance_coverage", True)]
    assert [(one.key, one.open) for one in settled] == [("household_acceptance_coverage", False)]
    assert (
        preparation(built[Stage.CONSOLIDATE].file).figures["household_acceptance_coverage"].value in settled[0].answer
    )


def test_the_roster_names_nobody(built: Mapping[Stage, Sample]) -> None:
    """Names are all different, three with rare characters; telephones are no telephones; no identity numbers."""
    roster = preparation(built[Stage.PREPARE].file).roster
    names = [citizen.name for citizen in roster]
    assert len(set(names)) == 120
    assert [next((name for name in names if rare in name), "") for rare in "䶮㛃𬴊"] == ["王䶮", "李㛃", "陈𬴊"]
    assert all(re.fullmatch(r"139\*{4}\d{4}", citizen.phone) for citizen in roster)
    assert not any(citizen.id_number for citizen in roster)
    assert (shipped("data") / "sample" / "roster.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def test_both_draws_are_done_before_scoring_and_verify(built: Mapping[Stage, Sample]) -> None:
    """From the score stage on there are two certificates, and the strangers' verifier finds nothing wrong with them."""
    for kind in (SITES, CITIZENS):
        state = draw_state(built[Stage.SCORE].file, kind)
        assert state.certificate is not None
        assert verify_certificate(state.certificate).ok
        assert len(state.current.public_digits if state.current else "") >= state.digits_wanted
    citizens = drawn(draw_state(built[Stage.SCORE].file, CITIZENS))
    assert {category: len(names) for category, names in citizens.items()} == {
        "群众代表": 8, "人大代表": 4, "政协委员": 4, "社会监督员": 4,
    }  # fmt: skip


def test_the_notes_tell_of_what_was_drawn(done: Sample) -> None:
    """Sites and citizens that the notes speak of are among those drawn, and so are the rare characters."""
    sites = drawn(draw_state(done.file, SITES))["备选考察点"]
    assert sorted(sites) == ["云岭县政务服务中心", "云岭县综合检验检测中心", "锦泰家园住宅小区二期工地"]
    citizens = {name for names in drawn(draw_state(done.file, CITIZENS)).values() for name in names}
    assert {"薛宏业", "熊天成", "邢少峰", "王䶮", "李㛃", "陈𬴊"} <= citizens


def test_halfway_every_sheet_is_elsewhere(built: Mapping[Stage, Sample]) -> None:
    """At the score stage about 60 % of the entries are in, no two experts stand at the same place, marks are closed."""
    sample = built[Stage.SCORE]
    actors = [actor_of(sample.file, sign_in(sample.file, code.code))[0] for code in sample.codes[:5]]
    entered = [len(sheet_of(sample.file, actor).entries) for actor in actors]
    assert entered == [20, 29, 24, 15, 23]  # 111 of 185
    assert not any(one.complete or one.handed_in for one in readiness(sample.file).sheets)
    with pytest.raises(StageError):
        consolidation(sample.file)


def test_all_sheets_are_in_before_anything_is_decided(built: Mapping[Stage, Sample]) -> None:
    """At the consolidate stage everybody has marked all 37 items and handed them in; nothing is adjudicated, decided or recommended."""
    opened = consolidation(built[Stage.CONSOLIDATE].file)
    assert all(one.handed_in and one.handed_in.by == one.member.id for one in readiness(built[Stage.CONSOLIDATE].file).sheets)
    assert [member.name for member in opened.members] == EXPERTS
    assert all(score.state is State.SCORED for item in opened.result.items for score in item.scores.values())
    assert sum(len(item.scores) for item in opened.result.items) == 5 * 37
    assert opened.adjudications == ()
    assert all(decision.applies is None for decision in opened.result.vetoes)
    assert opened.visit.recommendation == ""
    assert findings(built[Stage.CONSOLIDATE].file) == ()


@pytest.mark.parametrize(
    ("item", "working"),
    [
        ("6", "4.5 4.5 5.5 5.5 6 → 5.20"),  # (5.5 + 4.5 + 5.5 + 6 + 4.5) / 5
        ("10", "2.5 3.5 3.5 4 4 → 3.50"),
        ("33", "1.5 2 2.5 2.5 2.5 → 2.20"),  # the 2 is an override where no tier fits
        ("3", "2 2 2 2 2 → 2.00"),  # the agreed 0.52‰ alone
    ],
)
def test_panel_scores_by_hand(outcome: Consolidation, item: str, working: str) -> None:
    """The panel scores are those worked out by hand from marks.yaml and the rubric."""
    assert outcome.result.item(item).panel.working == working


def test_totals_by_hand(outcome: Consolidation) -> None:
    """Aspect by aspect the totals are those worked out by hand; the bonus stands apart."""
    points = [str(aspect.points.normalize()) for aspect in outcome.result.aspects]
    assert points == ["8.6", "10.45", "12.9", "13.3", "9.9", "9.7", "6.3", "6.5", "9.1", "4.2"]
    assert (outcome.result.base, outcome.result.bonus) == (Decimal("86.75"), Decimal("4.20"))


def test_the_experts_differ(outcome: Consolidation) -> None:
    """There is something to deliberate on: wide spreads, overrides, a figure against ticks, two adjudications."""
    assert sum(item.spread >= Decimal("0.4") for item in outcome.result.items) >= 4
    flags = Counter(flag for item in outcome.result.items for score in item.scores.values() for flag in score.flags)
    assert flags == {Flag.OVERRIDE: 3, Flag.NO_TIER: 3, Flag.FIGURE_CONTRADICTS: 3}
    assert {a.item: str(a.points) for a in outcome.adjudications} == {"8": "3", "26": "2.9"}
    assert all(a.reason and a.clause for a in outcome.adjudications)


def test_notes_are_field_notes(outcome: Consolidation) -> None:
    """Nearly half of the 185 marks carry a note of 15 to 60 characters, and everybody writes some."""
    notes = [(member, note) for by_member in outcome.notes.values() for member, note in by_member.items()]
    assert 70 <= len(notes) <= 110
    assert all(15 <= len(note) <= 60 for _, note in notes)
    assert min(Counter(member for member, _ in notes).values()) >= 12


def test_everything_is_decided(done: Sample, outcome: Consolidation) -> None:
    """No veto applies, every gate holds, each with its proof or figure; findings of all kinds; a recommendation."""
    result = outcome.result
    assert [decision.applies for decision in result.vetoes] == [False] * 4
    assert [decision.holds for decision in result.gates] == [True] * 13
    assert all(decision.proof for decision in result.vetoes)
    assert all(decision.proof or decision.value for decision in result.gates)
    assert Counter(f.kind for f in findings(done.file)) == dict.fromkeys(FindingKind, 5)
    assert all(finding.items for finding in findings(done.file))
    assert outcome.visit.recommendation == "pass-after-mending"


def test_the_report_names_everybody_and_every_item(done: Sample) -> None:
    """The report has a row for each of the 37 items, and names panel, drawn sites and drawn citizens."""
    document = report_document(done.file, NOW)
    text = text_of(document)
    tables = [block for block in document.blocks if isinstance(block, Table)]
    numbers = [row.cells[0] for table in tables if table.columns[0].title == "序号" for row in table.rows]
    assert [number for number in numbers if number] == [str(number) for number in range(1, 38)]
    chosen = [
        name for kind in (SITES, CITIZENS) for names in drawn(draw_state(done.file, kind)).values() for name in names
    ]
    assert [name for name in (*EXPERTS, "简文昕", *chosen) if name not in text] == []
    assert "整改后通过" in text
    assert [one.text for one in programme(done.file).observations if one.text not in text] == []


def test_the_report_depends_on_nothing_but_the_visit_and_the_time(done: Sample) -> None:
    """The same visit and time give the same report; another time changes the date and the imprint only."""
    one, other = report_document(done.file, NOW), report_document(done.file, NOW + timedelta(days=1))
    assert report_document(done.file, NOW) == one
    assert replace(other, date=one.date, imprint=one.imprint) == one


def text_of(document: Document) -> str:
    """Everything a document says, in one string."""
    return repr(document)
