"""The programme: what it is before anybody changes it, what may be entered, who counts as present, what is printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from inspection_app.core.document import Block, Heading, Paragraph, Table
from inspection_app.core.programme import (
    MOST_CHARACTERS,
    Activity,
    Agrees,
    Attendance,
    Attendee,
    Draws,
    Observation,
    ObservationKind,
    Programme,
    SiteCheck,
    check_activity,
    check_attendance,
    check_observation,
    check_site_check,
    default_activities,
    evidence,
    on_site_blocks,
    told,
)
from inspection_app.core.roster import Citizen, Site
from inspection_app.core.rubric import Rubric
from inspection_app.core.visit import Member, Role
from inspection_app.errors import InspectionError
from inspection_app.files import load_rubric, parse_rubric

MEMBERS = (Member(1, "高知微", Role.SECRETARY), Member(2, "章北川", Role.CHAIR), Member(3, "江晚舟", Role.EXPERT))
VISITS = Activity(4, "实地考察", "抽取3至4个点", Draws.SITES, date(2026, 5, 12), "14:30—17:00", "各考察点", 4)
MEETING = Activity(5, "群众座谈", "了解满意程度", Draws.CITIZENS, position=5)
REVIEW = Activity(6, "内部评议", position=6)
PROGRAMME = Programme(
    (VISITS, MEETING, REVIEW),
    MEMBERS,
    sites={3: Site("清溪阀门", "解放路3号"), 1: Site("城南市场")},
    citizens={7: Citizen("蓝若水", "群众代表"), 2: Citizen("石敢言", "人大代表")},
)


def rubric(activities: str, verification: str = "[听取汇报]") -> Rubric:
    text = f"""
id: tiny
version: "1"
title: 小细则
issuer: 测试单位
year: 2026
source: 虚构
stated_total: 1
scheme:
  prescribed: false
  candidate_sites: 5
  drawn_sites: [3]
  activities: {activities}
aspects:
  - id: a
    title: 一、组织
    points: 1
    items:
      - {{no: 1, content: 机构, points: 1, rule_text: 一分。, verification: {verification},
          criteria: [{{id: 1, kind: tick, points: 1, text: 机构}}]}}
"""
    return parse_rubric(text, "tiny.yaml").rubric


REPORT = "{id: report, title: 汇报交流, text: 听取汇报}"
SITES = "{id: sites, title: 实地考察, draws: sites}"
FEEDBACK = "{id: feedback, title: 情况反馈}"


# --- the programme nobody has changed yet --------------------------------------------------------------------------


def test_the_programme_of_the_official_text() -> None:
    """Henan's four activities with the panel's own around them, in the order of the issue, numbered from 1."""
    activities = default_activities(load_rubric("henan-county"))
    assert [activity.title for activity in activities] == [
        "预备会", "汇报交流", "查阅资料", "实地考察", "群众座谈", "内部评议", "情况反馈",
    ]  # fmt: skip
    assert [activity.id for activity in activities] == [activity.position for activity in activities]
    assert [activity.id for activity in activities] == [1, 2, 3, 4, 5, 6, 7]
    assert [activity.draws for activity in activities if activity.draws] == [Draws.SITES, Draws.CITIZENS]
    assert [activity.title for activity in activities if not activity.text] == ["预备会", "查阅资料", "内部评议"]


@pytest.mark.parametrize(
    ("activities", "verification", "titles"),
    [
        ("[]", "[]", ["预备会", "内部评议"]),
        (f"[{REPORT}, {FEEDBACK}]", "[]", ["预备会", "汇报交流", "内部评议", "情况反馈"]),
        (f"[{REPORT}, {SITES}]", "[]", ["预备会", "汇报交流", "实地考察", "内部评议"]),
        (f"[{SITES}, {FEEDBACK}]", "[查阅文件]", ["预备会", "查阅资料", "实地考察", "内部评议", "情况反馈"]),
        (f"[{REPORT}, {FEEDBACK}]", "[查阅文件]", ["预备会", "汇报交流", "查阅资料", "内部评议", "情况反馈"]),
        ("[{id: deliberation, title: 内部评议}, " + FEEDBACK + "]", "[]", ["预备会", "内部评议", "情况反馈"]),
    ],
    ids=["no activities", "no draws", "draws to the end", "documents first", "documents without draws", "named already"],
)
def test_what_practice_adds(activities: str, verification: str, titles: Sequence[str]) -> None:
    """Deliberation comes when all is seen and heard, documents before what is drawn, and nothing twice."""
    assert [activity.title for activity in default_activities(rubric(activities, verification))] == titles


# --- what may be entered -------------------------------------------------------------------------------------------


def test_an_activity_needs_a_title() -> None:
    """Blanks are no title, and blanks around words are not kept."""
    with pytest.raises(InspectionError) as caught:
        check_activity(Activity(1, "　 "))
    assert caught.value.code == "no-title"
    assert check_activity(Activity(1, " 汇报　交流 ", time=" 9:00 ")) == Activity(1, "汇报 交流", time="9:00")


def test_a_record_needs_words() -> None:
    """Without text, or with a novel, a record is refused; 4,000 characters are taken."""
    note = Observation(1, ObservationKind.NOTE, " 机构 健全 ", " 市场监管局　王某 ")
    assert check_observation(note, ()) == replace(note, text="机构 健全", person="市场监管局 王某")
    assert len(check_observation(replace(note, text="长" * MOST_CHARACTERS), ()).text) == MOST_CHARACTERS
    for text, code in (("\n", "no-text"), ("长" * (MOST_CHARACTERS + 1), "too-long")):
        with pytest.raises(InspectionError) as caught:
            check_observation(replace(note, text=text), ())
        assert caught.value.code == code


def test_only_drawn_sites_are_spoken_of() -> None:
    """Before the draw the way out is named; afterwards the drawn sites are."""
    for sites, code, words in (((), "not-drawn", "Hold the draw first"), ((3, 1), "site-not-drawn", "3 / 1")):
        for check in (
            lambda sites=sites: check_observation(Observation(1, ObservationKind.NOTE, "好", site=2), sites),
            lambda sites=sites: check_site_check(SiteCheck(2, Agrees.YES), sites),
        ):
            with pytest.raises(InspectionError) as caught:
                check()
            assert caught.value.code == code
            assert words in caught.value.text()


@pytest.mark.parametrize("agrees", [Agrees.PARTLY, Agrees.NO])
def test_what_does_not_agree_is_said(agrees: Agrees) -> None:
    """A site that agrees needs no words; one that does not needs them."""
    assert check_site_check(SiteCheck(1, Agrees.YES, " "), (1,)).note == ""
    with pytest.raises(InspectionError) as caught:
        check_site_check(SiteCheck(1, agrees, " "), (1,))
    assert caught.value.code == "no-note"
    assert check_site_check(SiteCheck(1, agrees, " 产能不符 "), (1,)).note == "产能不符"


def test_what_is_told_of_an_entry() -> None:
    """The words of an entry, empty ones left out: this is what two people see beside each other."""
    assert told(VISITS) == ("实地考察", "2026-05-12", "14:30—17:00", "各考察点")
    assert told(SiteCheck(1, Agrees.NO, "产能不符", documents="台账")) == ("Does not agree", "产能不符", "台账")
    assert told(Observation(1, ObservationKind.REPLY, "月底办结", site=3)) == ("Reply on the spot", "月底办结", "3")


# --- who was there -------------------------------------------------------------------------------------------------


def test_nobody_is_absent_before_attendance_is_taken() -> None:
    """Not taken is not the same as nobody there; once somebody is marked, the others are absent."""
    assert not PROGRAMME.taken(REVIEW, Attendee.MEMBER)
    assert PROGRAMME.absent(REVIEW, Attendee.MEMBER) == ()
    marked = replace(PROGRAMME, attendance=(
        Attendance(6, Attendee.MEMBER, "2"), Attendance(6, Attendee.MEMBER, "3", False, "请假"),
    ))  # fmt: skip
    assert [one.who for one in marked.present(REVIEW, Attendee.MEMBER)] == ["2"]
    assert [(one.who, one.remark) for one in marked.absent(REVIEW, Attendee.MEMBER)] == [("1", ""), ("3", "请假")]
    assert not marked.taken(MEETING, Attendee.MEMBER)


def test_who_is_expected() -> None:
    """The panel everywhere, drawn citizens where citizens are drawn, guests nowhere."""
    assert PROGRAMME.expected(REVIEW, Attendee.MEMBER) == ("1", "2", "3")
    assert PROGRAMME.expected(MEETING, Attendee.CITIZEN) == ("7", "2")
    assert PROGRAMME.expected(VISITS, Attendee.CITIZEN) == ()
    assert PROGRAMME.expected(MEETING, Attendee.GUEST) == ()


def test_names() -> None:
    """Members by id, citizens by number, guests by themselves; whoever is unknown has no name."""
    asked = [(Attendee.MEMBER, "2"), (Attendee.CITIZEN, "7"), (Attendee.GUEST, "申局长"), (Attendee.MEMBER, "9"),
             (Attendee.CITIZEN, "9")]  # fmt: skip
    assert [PROGRAMME.name(*one) for one in asked] == ["章北川", "蓝若水", "申局长", "", ""]


def away(who: str, stand_in: str = "", activity: int = 5) -> Attendance:
    return Attendance(activity, Attendee.CITIZEN, who, False, "", stand_in)


def test_somebody_comes_in_anothers_place() -> None:
    """A name beside whoever is away, without blanks around it; it can be changed and taken back."""
    assert check_attendance(PROGRAMME, [away("7", " 王　小明 ")]) == (away("7", "王 小明"),)
    marked = replace(PROGRAMME, attendance=(away("7", "王小明"),))
    assert check_attendance(marked, [away("7", "王大明"), away("2", "王小明")])  # the first name is free again
    assert check_attendance(marked, [replace(away("7"), present=True)])[0].stand_in == ""


@pytest.mark.parametrize(
    ("one", "code"),
    [
        (replace(away("7", "王小明"), present=True), "nobody-away"),
        (Attendance(5, Attendee.MEMBER, "2", False, "", "王小明"), "nobody-away"),
        (Attendance(5, Attendee.GUEST, "申必达", False, "", "王小明"), "nobody-away"),
        (away("7", "12"), "no-name"),
        (away("7", "名" * 201), "too-long"),
        (away("7", "王小明", activity=4), "no-citizens-here"),
        (away("9", "王小明"), "not-drawn"),
        (away("2", "李二"), "stands-in-twice"),
    ],
)
def test_a_stand_in_that_cannot_be(one: Attendance, code: str) -> None:
    """For somebody who is there or was not drawn, a number in place of a name, one person for two."""
    marked = replace(PROGRAMME, attendance=(away("7", "李二"),))
    with pytest.raises(InspectionError) as caught:
        check_attendance(marked, [one])
    assert caught.value.code == code
    assert caught.value.text()


def test_nobody_stands_in_for_two_of_one_list() -> None:
    """Two who are marked at once are compared with each other, too."""
    with pytest.raises(InspectionError) as caught:
        check_attendance(PROGRAMME, [away("7", "李二"), away("2", "李二")])
    assert caught.value.code == "stands-in-twice"


# --- the report ----------------------------------------------------------------------------------------------------


def text(blocks: Sequence[Block]) -> list[str]:
    said = []
    for block in blocks:
        match block:
            case Heading():
                said.append(f"{'#' * block.level} {block.text}")
            case Paragraph():
                said.append(block.text)
            case Table():
                said += [" | ".join(row.cells) for row in block.rows]
    return said


def test_nothing_recorded_is_one_sentence() -> None:
    """A visit that was held on paper is not seven empty chapters."""
    assert text(on_site_blocks(PROGRAMME)) == ["本次验收未在系统中作现场记录。"]


def test_the_report_says_all_of_it() -> None:
    """Time and place, attendance with the absent, site checks with those not checked, records in order, what was left
    out; worked out by hand."""
    held = replace(
        PROGRAMME,
        withdrawn=(Activity(2, "汇报交流", "听取汇报"), Activity(8, "误加的")),
        attendance=(
            Attendance(4, Attendee.MEMBER, "2"),
            Attendance(4, Attendee.MEMBER, "3", False, "请假"),
            Attendance(5, Attendee.CITIZEN, "7"),
            Attendance(5, Attendee.GUEST, "申必达", True, "市场监管局局长"),
            Attendance(5, Attendee.GUEST, "误加的", False),
        ),
        observations=(
            Observation(5, ObservationKind.REPLY, "月底前办结。", "住建局", id=1, by=1),
            Observation(5, ObservationKind.OPINION, "路灯太暗。", "蓝若水", "6", id=2, by=3),
            Observation(5, ObservationKind.OPINION, "菜价合理。", id=3, by=9),
            Observation(4, ObservationKind.NOTE, "设备在用。", site=3, id=4, by=2),
        ),
        checks={3: SiteCheck(3, Agrees.PARTLY, "产能低于申报", "车间主任", "生产台账")},
    )
    assert text(on_site_blocks(held)) == [
        "## （一）实地考察",
        "时间：5月12日14:30—17:00；地点：各考察点。",
        "专家组：应到3人，实到1人；未到：高知微、江晚舟（请假）。",
        "3号 清溪阀门 | 部分一致 | 产能低于申报 | 车间主任 | 生产台账",
        "1号 城南市场 | 未核查 |  |  | ",
        "（1）设备在用。（3号 清溪阀门；章北川记）",
        "## （二）群众座谈",
        "抽取群众：应到2人，实到1人（7号蓝若水）；未到：2号石敢言。",
        "申报单位及其他人员：申必达（市场监管局局长）。",
        "（1）现场答复：月底前办结。（住建局；高知微记）",
        "（2）意见建议：路灯太暗。（考核项6；蓝若水；江晚舟记）",
        "（3）意见建议：菜价合理。",
        "## （三）内部评议",
        "未作记录。",
        "验收方案列明而未举行的环节：汇报交流。",
    ]


def test_stand_ins_are_told_beside_whoever_is_away() -> None:
    """With the reason of absence, and that nobody drew them."""
    held = replace(PROGRAMME, attendance=(
        replace(away("7", "王小明"), remark="住院"), away("2", "李二"), Attendance(6, Attendee.MEMBER, "2"),
    ))  # fmt: skip
    assert (
        "抽取群众：应到2人，实到0人；未到：7号蓝若水（住院；王小明代为到会，非抽取产生）、"
        "2号石敢言（李二代为到会，非抽取产生）。"
    ) in text(on_site_blocks(held))


def test_records_are_evidence() -> None:
    """By id, with the activity, what it ties to and who noted it."""
    held = replace(PROGRAMME, observations=(
        Observation(5, ObservationKind.OPINION, "路灯太暗。", "蓝若水", "6", id=2, by=3),
        Observation(4, ObservationKind.NOTE, "设备在用。", site=3, id=4, by=2),
    ))  # fmt: skip
    assert evidence(held) == {
        2: "群众座谈，意见建议：路灯太暗。（考核项6；蓝若水；江晚舟记）",
        4: "实地考察，设备在用。（3号 清溪阀门；章北川记）",
    }


def test_the_table_fills_its_width() -> None:
    """The shares of the table of site checks add up to the whole."""
    held = replace(PROGRAMME, checks={3: SiteCheck(3, Agrees.YES)})
    (table,) = (block for block in on_site_blocks(held) if isinstance(block, Table))
    assert sum(column.share for column in table.columns) == pytest.approx(1)
    assert {len(row.cells) for row in table.rows} == {len(table.columns)}
