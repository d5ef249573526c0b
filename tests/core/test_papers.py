"""The papers as plain structure: what is known is printed, what is not is room to write in, and no paper says too much."""

from __future__ import annotations

import doctest
import itertools
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import pytest

from inspection_app.core import papers
from inspection_app.core.certificate import digits_wanted
from inspection_app.core.document import Cards, Document, Facts, Form, FormRow, Heading, Large, Paragraph, Table
from inspection_app.core.draw import Entry, LockedList, Quota, lock_list
from inspection_app.core.papers import ProgrammeEntry
from inspection_app.core.roster import Citizen, Site
from inspection_app.core.rubric import Rubric
from inspection_app.core.visit import Description, Member, Role, Stage, Visit
from inspection_app.files import load_rubric_file, parse_rubric

AT = datetime.fromisoformat("2026-05-12T10:41:10+08:00")
CHAIR, EXPERT, SECRETARY = (
    Member(1, "章北川", Role.CHAIR, "省研究院", "质量管理"),
    Member(2, "江晚舟", Role.EXPERT, "省标准院", "标准化"),
    Member(3, "高知微", Role.SECRETARY, "省质量办", "会务"),
)
MEMBERS = (CHAIR, EXPERT, SECRETARY)
VISIT = Visit(
    "a1b2c3", Description("清溪县人民政府", "县", date(2026, 5, 12), date(2026, 5, 13), "县行政中心"), Stage.PREPARE,
    "henan-county", "1", "0" * 64, 2, "", AT,
)  # fmt: skip
HENAN = load_rubric_file("henan-county").rubric
ENTRIES = (
    ProgrammeEntry("预备会", "讨论评分分工。", internal=True),
    *(ProgrammeEntry(one.title, one.text, one.draws) for one in HENAN.scheme.activities[:-1]),
    ProgrammeEntry("内部评议", "合议评分。", internal=True),
    *(ProgrammeEntry(one.title, one.text, one.draws) for one in HENAN.scheme.activities[-1:]),
)
SITES = [Site(f"第{sign}考察点", f"解放路{sign}号", f"特色{sign}") for sign in "甲乙丙丁戊"]
CITIZENS = [Citizen(f"群众{n}", category) for category in ("群众代表", "人大代表") for n in "一二三四五六"]
NONCES = [bytes([n]) * 16 for n in range(1, 20)]


def locked_sites() -> LockedList:
    entries = [Entry(site.identity, "备选考察点") for site in SITES]
    return lock_list("sites", VISIT.id, entries, NONCES[:5], [Quota("备选考察点", 3)])


def locked_citizens() -> LockedList:
    entries = [Entry(citizen.identity, citizen.category) for citizen in CITIZENS]
    return lock_list("citizens", VISIT.id, entries, NONCES[:12], [Quota("群众代表", 4), Quota("人大代表", 2, 3)])


def words(document: Document) -> Iterator[str]:
    """Everything a document prints."""
    yield from (document.title, document.subtitle, document.date, document.marking, document.running)
    yield from document.imprint
    for block in document.blocks:
        match block:
            case Heading(text=text) | Paragraph(text=text):
                yield text
            case Table():
                yield from (column.title for column in block.columns)
                yield from (cell for row in block.rows for cell in row.cells)
            case Facts(pairs=pairs):
                yield from itertools.chain(*pairs)
            case Form():
                yield from (cell.text for row in block.rows for cell in row.cells)
            case Large():
                yield from (block.text, block.note)
            case Cards(cards=cards):
                for card in cards:
                    yield from (card.title, card.owner, card.note, *(boxes.text for boxes in card.boxes))


def said(document: Document) -> str:
    return "\n".join(words(document))


def tables(document: Document) -> list[Table]:
    return [block for block in document.blocks if isinstance(block, Table)]


def test_the_examples_are_true() -> None:
    """Every doctest of the module holds."""
    assert doctest.testmod(papers).failed == 0


# --- programme and sign-in sheets ----------------------------------------------------------------------------------


def test_the_programme_lists_every_entry_with_room_for_what_is_not_fixed() -> None:
    """Titles and official words in order; a time that is known is printed, one that is not is left to fill in."""
    entries = (replace(ENTRIES[1], day="5月12日", time="9:00—10:30", place="三楼会议室"), *ENTRIES[2:])
    (table,) = tables(papers.programme(VISIT, HENAN, entries, MEMBERS))
    assert [row.cells[1] for row in table.rows] == ["汇报交流", "实地考察", "群众座谈", "内部评议", "情况反馈"]
    assert table.rows[0].cells[0] == "5月12日\n9:00—10:30"
    assert table.rows[0].cells[2:4] == (HENAN.scheme.activities[0].text, "三楼会议室")
    assert table.rows[1].cells[0].split() == ["月", "日", "时", "分"]
    assert "抽取的群众" in table.rows[2].cells[4]
    assert table.rows[3].cells[4] == "专家组"


def test_the_applicants_programme_does_not_say_what_the_panel_does_by_itself() -> None:
    """The panel's meetings are on it, because they need a room, without a word about their content."""
    internal = said(papers.programme(VISIT, HENAN, ENTRIES, MEMBERS))
    given = said(papers.programme(VISIT, HENAN, ENTRIES, MEMBERS, for_applicant=True))
    assert "评分" in internal
    assert "评分" not in given
    assert "内部评议" in given


@pytest.mark.parametrize(
    ("ends", "written"),
    [
        (date(2026, 5, 12), "2026年5月12日"),
        (date(2026, 5, 13), "2026年5月12日至13日"),
        (date(2026, 6, 1), "2026年5月12日至6月1日"),
        (date(2027, 1, 2), "2026年5月12日至2027年1月2日"),
    ],
)
def test_days_are_written_shortly(ends: date, written: str) -> None:
    """Year and month are not said twice."""
    visit = replace(VISIT, description=replace(VISIT.description, ends=ends))
    assert ("验收时间", written) in papers.programme(visit, HENAN, ENTRIES, MEMBERS).blocks[0].pairs  # type: ignore[union-attr]


def test_a_sign_in_sheet_has_the_panel_the_drawn_citizens_and_empty_rows() -> None:
    """Names are printed where they are known; each group counts its own rows; empty groups are left out."""
    document = papers.sign_in_sheet(
        VISIT, ENTRIES[3], MEMBERS, citizens=[("群众代表", "群众一")], citizen_rows=2, guest_rows=4
    )
    panel, citizens, guests = tables(document)
    assert [row.cells[1] for row in panel.rows] == ["章北川", "江晚舟", "高知微"]
    assert panel.rows[0].cells[2] == "省研究院（组长）"
    assert [row.cells[:3] for row in citizens.rows] == [("1", "群众一", "群众代表"), ("2", "", ""), ("3", "", "")]
    assert [row.cells for row in guests.rows] == [(str(n), "", "", "", "") for n in range(1, 5)]
    assert min(table.height for table in (panel, citizens, guests)) >= 8  # room for a signature
    assert len(tables(papers.sign_in_sheet(VISIT, ENTRIES[0], MEMBERS))) == 1


# --- the script ----------------------------------------------------------------------------------------------------


def test_the_script_follows_the_programme_with_both_draws_before_what_they_are_for() -> None:
    """One section an entry, and the draws right before the first entry that is held with what is drawn."""
    script = papers.host_script(VISIT, HENAN, ENTRIES, MEMBERS)
    sections = [block.text for block in script.blocks if isinstance(block, Heading) and block.level == 1]
    assert sections == [
        "一、预备会", "二、汇报交流", "三、当众抽取", "四、实地考察", "五、群众座谈", "六、内部评议", "七、情况反馈",
    ]  # fmt: skip
    draws = [block.text for block in script.blocks if isinstance(block, Heading) and block.level == 2]
    assert draws == ["（一）抽取实地考察点", "（二）抽取座谈群众"]


def test_the_script_reads_out_the_official_steps_and_the_visits_numbers() -> None:
    """The four steps of the presentation, people, items and points are in it; discipline comes first."""
    text = said(papers.host_script(VISIT, HENAN, ENTRIES, MEMBERS))
    for phrase in (
        "第一项：创建成果视频展示。", "第四项：专家组听取汇报并提问交流。", "第三项：相关部门现场解答群众疑问。",
        "共10个方面、37项内容，基本分100分，另有加分6分", "组长章北川，成员江晚舟；秘书高知微", "抽取3或4个",
        "2026年5月12日至13日",
    ):  # fmt: skip
        assert phrase in text
    assert text.index("一是回避") < text.index("二是保密") < text.index("三是独立评分") < text.index("各位领导")


def test_the_script_keeps_the_order_of_the_protocol() -> None:
    """Lock, code, cards face down, public digits, open the cards, draw, sign: in this order, for each draw."""
    text = said(papers.host_script(VISIT, HENAN, ENTRIES, MEMBERS))
    steps = ("锁定名单", "名单编码是", "扣放在桌上", "抽公开数字", "翻开卡片", "第五步，抽取", "第六步，签名")
    for draw in text.split("（一）抽取")[1].split("（二）抽取"):
        places = [draw.index(step) for step in steps]
        assert places == sorted(places)


def test_a_locked_list_fills_in_the_script() -> None:
    """Code, quotas and the number of public digits come from the list; before the lock there are blanks."""
    sites, citizens = locked_sites(), locked_citizens()
    text = said(papers.host_script(VISIT, HENAN, ENTRIES, MEMBERS, locked={"sites": sites, "citizens": citizens}))
    for locked in (sites, citizens):
        assert f"名单编码是：{locked.short_code[:4]} {locked.short_code[4:]}。" in text
    assert "抽取3个进行实地考察" in text
    assert "群众代表从6人中抽4人、人大代表从6人中抽2人" in text
    assert f"共{max(6, digits_wanted(citizens))}位" in text
    assert "名单编码是：＿" in said(papers.host_script(VISIT, HENAN, ENTRIES, MEMBERS))


def test_the_drawn_sites_are_read_out() -> None:
    """Once drawn, the sites stand in the script in their order."""
    script = papers.host_script(VISIT, HENAN, ENTRIES, MEMBERS, sites=["丙厂", "甲所"])
    listed = [block.text for block in script.blocks if isinstance(block, Paragraph) and re.match(r"\d\. ", block.text)]
    assert listed == ["1. 丙厂", "2. 甲所"]


def test_a_visit_without_draws_has_a_script_without_them() -> None:
    """Where the scheme has no draws, nothing is said of any."""
    entries = tuple(replace(entry, draws="") for entry in ENTRIES)
    assert "抽取" not in said(papers.host_script(VISIT, HENAN, [e for e in entries if "抽取" not in e.text], MEMBERS))


# --- the draws -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["", "38332469"])
def test_there_is_a_card_for_each_party(code: str) -> None:
    """Applicant, chair and third party: eight boxes for the code and eight for digits, to be laid face down."""
    (block,) = [block for block in papers.contribution_cards(VISIT, "sites", code).blocks if isinstance(block, Cards)]
    assert [card.owner for card in block.cards] == ["申报单位", "专家组组长", "第三方见证人"]
    for card in block.cards:
        assert [(boxes.count, boxes.text) for boxes in card.boxes] == [(8, code), (8, "")]
        assert "扣放" in card.note
        assert "签名" in card.blanks


def test_the_slip_of_sites_has_the_whole_digest_the_code_and_the_names() -> None:
    """All 64 hex digits in groups, eight digits in large type, the digest as QR code, every site with its number."""
    locked = locked_sites()
    sites = {row.number: next(site for site in SITES if site.identity == row.identity) for row in locked.annex}
    slip = papers.locked_list_slip(VISIT, locked, AT, MEMBERS, sites=sites)
    (large,) = [block for block in slip.blocks if isinstance(block, Large)]
    assert large.text.replace(" ", "") == locked.short_code
    assert large.qr == locked.digest
    (form,) = [block for block in slip.blocks if isinstance(block, Form)]
    assert "".join(cell.text for row in form.rows for cell in row.cells[1:]) == locked.digest
    (table,) = tables(slip)
    assert [row.cells[:2] for row in table.rows] == [(str(n), sites[n].name) for n in range(1, 6)]
    assert "共5个，抽取3个" in said(slip)


def test_the_slip_of_citizens_names_nobody() -> None:
    """Numbers by category, how many of them, quotas and reserves; even sites handed in by mistake print no name."""
    locked = locked_citizens()
    slip = papers.locked_list_slip(VISIT, locked, AT, MEMBERS, sites={1: Site("群众一")})
    assert [citizen.name for citizen in CITIZENS if citizen.name in said(slip)] == []
    (table,) = tables(slip)
    assert [row.cells for row in table.rows] == [
        ("群众代表", "1—6", "6人", "4人", "其余各人"), ("人大代表", "7—12", "6人", "2人", "3人"),
    ]  # fmt: skip


def test_public_attributes_are_listed_row_by_row() -> None:
    """Where rows carry attributes, each number stands with its own."""
    entries = [Entry(c.identity, c.category, {"性别": sex}) for c, sex in zip(CITIZENS[:2], "男女", strict=True)]
    locked = lock_list("citizens", VISIT.id, entries, NONCES[:2], [Quota("群众代表", 1)])
    (table,) = tables(papers.locked_list_slip(VISIT, locked, AT, MEMBERS))
    assert [row.cells for row in table.rows] == [
        (str(row.number), "群众代表", f"性别：{dict(row.attributes)['性别']}") for row in locked.rows
    ]


def test_all_parties_sign_the_slip() -> None:
    """Applicant, chair, third party and secretary have a line each."""
    slip = papers.locked_list_slip(VISIT, locked_citizens(), AT, MEMBERS)
    assert slip.blocks[-1].lines == (  # type: ignore[union-attr]
        ("申报单位代表", ""), ("专家组组长", "章北川"), ("第三方见证人", ""), ("秘书", "高知微"),
    )  # fmt: skip


# --- forms ---------------------------------------------------------------------------------------------------------


def rooms(document: Document) -> dict[str, float]:
    """The labels of a form with the height of their rows."""
    rows = [row for block in document.blocks if isinstance(block, Form) for row in block.rows]
    return {cell.text.replace("\n", ""): row.height for row in rows for cell in row.cells if cell.label}


def test_minutes_have_room_for_everything_that_is_noted() -> None:
    """Time, place, host, clerk, content and opinions; the citizens' meeting has its own three parts."""
    plain, citizens = (rooms(papers.minutes_form(VISIT, entry)) for entry in (ENTRIES[1], ENTRIES[3]))
    assert {"时间", "地点", "主持人", "记录人", "记录内容", "意见建议"} <= set(plain)
    assert {"为群众办的实事", "群众意见和提问", "现场解答"} <= set(citizens)
    assert plain["记录内容"] >= 100


def test_a_site_is_checked_against_the_application() -> None:
    """Three boxes, people spoken to, documents seen and a note; the site's own words are printed where it is known."""
    form = papers.site_check_form(VISIT, SITES[0])
    assert {"交谈人员（姓名、职务）", "查看资料", "不一致之处的说明"} <= set(rooms(form))
    assert all(words in said(form) for words in ("□一致　", "□部分一致", "□不一致", "第甲考察点", "特色甲"))
    assert "考察点" in rooms(papers.site_check_form(VISIT))


def test_declarations_are_the_members_own() -> None:
    """Conflicts and confidence with the member's name; only those who score promise to score independently."""
    expert, secretary = (said(papers.declarations(VISIT, member)) for member in (EXPERT, SECRETARY))
    assert all(words in expert for words in ("江晚舟", "一、回避声明", "二、保密承诺", "清溪县人民政府", "□没有上述情形"))
    assert "独立评分" in expert
    assert "独立评分" not in secretary


def test_the_sheet_of_codes_has_a_line_for_everybody() -> None:
    """Each person's role, name and code, to be cut apart."""
    (table,) = tables(papers.codes_sheet(VISIT, MEMBERS, {1: "AAAA", 2: "BBBB", 3: "CCCC"}))
    assert [row.cells for row in table.rows] == [
        ("组长", "章北川", "AAAA"), ("专家", "江晚舟", "BBBB"), ("秘书", "高知微", "CCCC"),
    ]  # fmt: skip


# --- score sheets --------------------------------------------------------------------------------------------------

ALL = [item.no for item in HENAN.items]


def forms(document: Document) -> dict[str, tuple[FormRow, ...]]:
    """The items of a score sheet by number."""
    found = [block.rows for block in document.blocks if isinstance(block, Form)]
    return {rows[0].cells[0].text: rows for rows in found}


def coded(document: Document) -> dict[str, FormRow]:
    """The criteria of a score sheet by the code they are typed in by."""
    return {row.cells[0].text: row for rows in forms(document).values() for row in rows[2:-1]}


def test_every_assigned_item_is_on_the_sheet_with_its_official_words() -> None:
    """Number, content, points and the rule to the letter, in official order; every clause under its code."""
    sheet = papers.score_sheet(VISIT, HENAN, EXPERT, ALL)
    assert list(forms(sheet)) == ALL
    for item in HENAN.items:
        head, rule, *_, last = forms(sheet)[item.no]
        assert head.cells[1].text == item.content
        assert rule.cells[0].text.endswith(f"评分方法：{item.rule_text}")
        assert last.cells[2].text == "得分"
    assert list(coded(sheet)) == [f"{item.no}-{criterion.id}" for item in HENAN.items for criterion in item.criteria]


def test_what_is_not_assigned_is_named_and_not_on_the_sheet() -> None:
    """Only the assigned items can be filled in; the rest is listed shortly, recused ones apart."""
    sheet = papers.score_sheet(VISIT, HENAN, EXPERT, ["6", "2", "7"], recused=["7"])
    assert list(forms(sheet)) == ["2", "6"]
    assert "本人评2项，回避1项（第7项），未分工34项（第1、3—5、8—37项）" in said(sheet)
    assert [block.text for block in sheet.blocks if isinstance(block, Heading)] == [
        "一、质量发展战略规划明确清晰（10分）", "二、质量文化特色鲜明（12分）",
    ]  # fmt: skip


def test_a_tick_has_three_boxes_with_their_points() -> None:
    """Reached, in part and not reached, each with what it earns."""
    row = coded(papers.score_sheet(VISIT, HENAN, EXPERT, ALL))["6-2"]
    assert row.cells[1].text.startswith("获得河南省质量诚信体系建设A等工业企业5家以上，并进行宣传表彰")
    assert [cell.text for cell in row.cells[2:]] == ["□达到2　□部分1　□未达0", " / 2"]


def test_tiers_have_their_numbers_and_one_for_none_of_them() -> None:
    """The number beside each box is the one that is typed in; 0 means that none fits."""
    lines = coded(papers.score_sheet(VISIT, HENAN, EXPERT, ALL))["12-1"].cells[1].text.split("\n")
    assert [line[:2] for line in lines] == ["□1", "□2", "□3", "□4", "□0"]
    assert lines[1] == "□2　由副县（市、区）长负责的得1.5分"


def test_a_figure_has_room_until_it_is_agreed() -> None:
    """Agreed, it is printed with its points, to be copied by nobody; without it there is a blank with the unit."""
    empty = coded(papers.score_sheet(VISIT, HENAN, EXPERT, ALL))
    agreed = coded(papers.score_sheet(VISIT, HENAN, EXPERT, ALL, {
        "quality_fund_share": {"value": "0.45"},
        "public_quality_satisfaction": {"value": "86.1", "last": "82.9"},
        "credit_grade_a_enterprises": {"value": "7"},
    }))  # fmt: skip
    assert empty["3-1"].cells[2].text.startswith("数据：＿＿＿＿‰\n≥ 0.6‰：3分\n")
    assert empty["3-1"].cells[3].text == " / 3"
    assert agreed["3-1"].cells[2].text.startswith("数据：0.45‰（已约定）\n")
    assert agreed["3-1"].cells[3].text == "2 / 3"
    assert agreed["34-2"].cells[2].text == "数据：86.1%，上年82.9%（已约定）"
    assert agreed["34-2"].cells[3].text == "2 / 2"
    assert agreed["6-2"].cells[1].text.endswith("［获得河南省质量诚信体系建设A等工业企业数量：7家（已约定）］")


def test_a_figure_is_not_agreed_while_what_it_is_compared_with_is_missing() -> None:
    """This year's value is printed, last year's is a blank, and no points follow."""
    figures = {"public_quality_satisfaction": {"value": "86.1"}}
    row = coded(papers.score_sheet(VISIT, HENAN, EXPERT, ALL, figures))["34-2"]
    assert [cell.text for cell in row.cells[2:]] == ["数据：86.1%，上年＿＿＿＿%", " / 2"]


def other_kinds() -> Rubric:
    return parse_rubric(
        """
id: kinds
version: "1"
title: 细则
issuer: 测试
year: 2026
source: 虚构
stated_total: 8
scheme: {prescribed: false, activities: [], part_step: 0.2}
figures: {awards: {title: 获奖数量, unit: 项}}
aspects:
  - id: a
    title: 一、其他
    points: 8
    items:
      - no: 1
        content: 各种评分点
        points: 8
        rule_text: 原文。
        na: 没有此项业务的
        criteria:
          - {id: 1, kind: rate, points: 2, each: 1, text: 每项1分, figure: awards}
          - {id: 2, kind: grade, points: 2, text: 酌情得分, external: true}
          - {id: 3, kind: grade, points: 2, text: 只有三档, allowed: [0, 1, 2]}
          - {id: 4, kind: tick, points: 2, text: 可分五步, na: 无此情形}
""",
        "kinds.yaml",
    ).rubric


def test_the_other_kinds_of_clauses_can_be_filled_in_by_hand() -> None:
    """A rate asks for its figure, a grade for points or one of the allowed ones, a finer tick for its part."""
    sheet = papers.score_sheet(VISIT, other_kinds(), EXPERT, ["1"])
    answers = {code: row.cells[2].text for code, row in coded(sheet).items()}
    assert answers == {
        "1-1": "数据：＿＿＿＿项",
        "1-2": "0至2分，写明理由（由有关部门提供）",
        "1-3": "□0　□1　□2",
        "1-4": "□达到2　□部分（0.4/0.8/1.2/1.6）＿＿　□未达0 □不适用（无此情形）",
    }
    assert forms(sheet)["1"][-1].cells[1].text == "□本项不适用（没有此项业务的）"


def test_a_tiers_points_are_added_where_its_words_do_not_say_them() -> None:
    """得4分 is not said twice; a bare word gets its points in brackets."""
    assert papers._stated("省级的得4分", Decimal(4)) == ""
    assert papers._stated("没有的不得分", Decimal(0)) == ""
    assert papers._stated("省级", Decimal(4)) == "（4分）"


def test_the_sheet_says_whose_it_is_on_every_page_and_is_signed() -> None:
    """The running foot has applicant and expert; the expert, who typed it in, and the expert again sign."""
    sheet = papers.score_sheet(VISIT, HENAN, EXPERT, ALL)
    assert sheet.running == "清溪县人民政府　专家评分表　江晚舟"
    assert sheet.blocks[-1].lines == (("专家", "江晚舟"), ("代录人", ""), ("录入后本人核对", ""))  # type: ignore[union-attr]
