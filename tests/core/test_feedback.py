"""The consolidated report as a plain structure: everything is in it, and what is not scored is a dash."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from inspection_app.core.consolidation import (
    Adjudication,
    GateDecision,
    MethodChange,
    ReadingChoice,
    Reckoning,
    VetoDecision,
    consolidate,
)
from inspection_app.core.document import (
    Chart,
    Code,
    Document,
    Facts,
    Heading,
    PageBreak,
    Paragraph,
    Picture,
    Signatures,
    Table,
    Weight,
)
from inspection_app.core.duties import Group
from inspection_app.core.feedback import (
    Attached,
    Drawn,
    Event,
    EventKind,
    Finding,
    FindingKind,
    FreshDigits,
    Material,
    Recommendation,
    Said,
    SealMade,
    report,
)
from inspection_app.core.feedback.annexes import ACT_TITLES
from inspection_app.core.feedback.material import EVENT_TITLES, STAGE_TITLES
from inspection_app.core.rubric import Rubric
from inspection_app.core.scoring import Score, State, score_answers, score_item
from inspection_app.core.sensitivity import sensitivity
from inspection_app.core.totals import Reading
from inspection_app.core.visit import Act, Description, Member, Role, Stage, Visit
from inspection_app.core.wording import chinese_time
from inspection_app.sample import Sample
from inspection_app.services.consolidate import consolidation
from inspection_app.services.feed_back import report_document
from inspection_app.services.prepare import preparation
from inspection_app.services.seal import sealing
from tests.conftest import SampleAt

NOW = datetime.fromisoformat("2026-05-13T18:30:00+08:00")


def tables(document: Document, first_column: str) -> list[Table]:
    """Return the tables of the report's sections; those of the annexes are in small print."""
    found = [block for block in document.blocks if isinstance(block, Table) and not block.small]
    return [table for table in found if table.columns[0].title == first_column]


def said(document: Document) -> str:
    """Return everything a document says in its paragraphs and tables."""
    blocks = document.blocks
    words = [block.text for block in blocks if isinstance(block, Heading | Paragraph)]
    words += [cell for block in blocks if isinstance(block, Table) for row in block.rows for cell in row.cells]
    return "\n".join(words)


# --- the sample visit ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory, sample_at: SampleAt) -> Sample:
    return sample_at(tmp_path_factory.mktemp("sample"), Stage.SEALED)


@pytest.fixture(scope="module")
def document(sample: Sample) -> Document:
    return report_document(sample.file, NOW)


def test_every_item_has_its_row_and_every_aspect_its_subtotal(document: Document) -> None:
    """37 rows in official order with wording, full points and panel score; the subtotals add up to the totals."""
    found = tables(document, "序号")
    rows = [row for table in found for row in table.rows]
    items = [row for row in rows if row.weight is Weight.PLAIN]
    assert [row.cells[0] for row in items] == [str(no) for no in range(1, 38)]
    assert (items[0].cells[1], items[0].cells[2]) == ("制定并出台质量发展战略规划", "4")
    assert all(re.fullmatch(r"\d+\.\d\d", row.cells[3]) for row in rows)
    for table in found:
        assert sum(Decimal(row.cells[3]) for row in table.rows[:-1]) == Decimal(table.rows[-1].cells[3])
    (totals,) = tables(document, "指标项")
    assert [row.cells[2] for row in totals.rows[:10]] == [table.rows[-1].cells[3] for table in found]
    assert [row.cells[:3] for row in totals.rows[10:]] == [
        ("基本分合计", "100", "86.75"), ("加分合计", "6", "4.20"), ("总分（含加分）", "106", "90.95"),
    ]  # fmt: skip


def test_the_adjudication_stands_with_its_reason_and_the_marks(document: Document) -> None:
    """The chair's decision, its clause and reason, and what the experts had given, all on the item's own row."""
    row = next(row for table in tables(document, "序号") for row in table.rows if row.cells[0] == "8")
    assert row.cells[3] == "3.00"
    assert row.cells[4].startswith("合议定分 3（建立省级质量技术基础平台的得3分）：县市场监管局当场补交")
    assert "［专家评分 " in row.cells[4]
    assert " → " in row.cells[4]


def test_vetoes_and_gates_are_all_listed(document: Document) -> None:
    """Four vetoes and thirteen gates, each with the panel's finding and its proof, or the figure with its source."""
    (vetoes,) = tables(document, "情形")
    assert [row.cells[1] for row in vetoes.rows] == ["未出现"] * 4
    assert all(row.cells[2] for row in vetoes.rows)
    (gates,) = tables(document, "条件")
    assert [row.cells[1] for row in gates.rows] == ["符合"] * 13
    assert re.fullmatch(r"41\.3%（.+）", gates.rows[0].cells[2])
    assert gates.rows[6].cells[2] == "云政〔2024〕11号《云岭县质量强县建设规划（2024—2027年）》"


def test_who_scored_signs(document: Document) -> None:
    """One line for the chair and for each expert, on a page of its own; the secretary does not sign for the scores."""
    place = document.blocks.index(Heading("专家组签字稿"))
    assert isinstance(document.blocks[place - 1], PageBreak)
    last = document.blocks[place + 2]
    assert isinstance(last, Signatures)
    assert last.lines == (
        ("组长", "陆维岳"), ("专家", "秦思衡"), ("专家", "白若澜"), ("专家", "石敬川"), ("专家", "苗雨禾"),
    )  # fmt: skip


def test_the_imprint_pins_rubric_and_log(sample: Sample, document: Document) -> None:
    """Version and digest of the rubric, of the result and of the seal, the log's head and the time stand in the small
    print."""
    prepared, sealed = preparation(sample.file), sealing(sample.file)
    rubric, result, seal, head, made = document.imprint
    assert sealed.held
    assert result == f"汇总结果摘要：{sealed.digest}"
    assert seal == (
        f"第1次定稿：{chinese_time(sealed.held.at)}，摘要 {sealed.held.digest}，定稿时记录链末值 {sealed.held.log_head}"
    )
    assert rubric == f"细则：henan-county（版本 1） SHA-256 {prepared.visit.rubric_digest}"
    assert head == f"记录链末值：{prepared.log_head}"
    assert made == "生成时间：2026-05-13 18:30+08:00"
    assert document.date == "2026年5月13日"


def test_sections_and_chapters_are_numbered_in_order(document: Document) -> None:
    """一 to 十一 for the sections; the chapters of the rubric keep their own numbers, each once."""
    sections = [b.text for b in document.blocks if isinstance(b, Heading) and b.level == 1]
    assert [title.split("、")[0] for title in sections[:-4]] == [*"一二三四五六七八九十", "十一"]
    assert [title[:3] for title in sections[-4:]] == ["专家组", "附件1", "附件2", "附件3"]
    place = document.blocks.index(Heading("六、各考核项得分及主要扣分原因"))
    chapters = [b.text for b in document.blocks[place + 1 :] if isinstance(b, Heading)][:10]
    assert [chapter[1] for chapter in chapters] == list("一二三四五六七八九十")
    assert chapters[0] == "（一）质量发展战略规划明确清晰"


def test_notes_and_findings_are_told(sample: Sample, document: Document) -> None:
    """Every note of an expert stands in the report under their name, and every finding with its items."""
    text = said(document)
    found = consolidation(sample.file)
    names = {member.id: member.name for member in found.members}
    notes = [f"{names[who]}：{note}" for by_member in found.notes.values() for who, note in by_member.items()]
    assert len(notes) > 70
    assert [note for note in notes if note not in text] == []
    assert "（考核项1、2、12、13）" in text
    assert "专家组建议：整改后通过。" in text


# --- a visit of two items ------------------------------------------------------------------------------------------


def small(aspects: int = 2) -> Rubric:
    def aspect(number: int) -> dict[str, Any]:
        tiers = [{"points": 2, "text": "好"}, {"points": 1, "text": "差"}]
        criteria = [
            {"id": 1, "kind": "tick", "text": f"第{number}款甲", "points": 2},
            {"id": 2, "kind": "choice", "text": "乙", "tiers": tiers},
        ]
        row = {"no": number, "content": f"项{number}", "points": 4, "rule_text": "评分", "criteria": criteria,
               "na": "无此项的"}  # fmt: skip
        return {"id": number, "title": f"章{number}", "points": 4, "items": [row]}

    return Rubric.model_validate({
        "id": "small", "version": 1, "title": "细则", "issuer": "某局", "year": 2026, "source": "附件",
        "stated_total": 4 * aspects, "scheme": {"prescribed": False, "activities": []},
        "figures": {"rate": {"title": "合格率", "unit": "%"}},
        "aspects": [aspect(number) for number in range(1, aspects + 1)],
        "vetoes": [{"id": 1, "text": "重大事故", "effect": "取消申请资格"}],
        "gates": [{"id": 1, "text": "合格率95%以上", "figure": "rate", "holds": {"from": 95}},
                  {"id": 2, "text": "出台规划"}],
    })  # fmt: skip


PANEL = (Member(1, "赵", Role.SECRETARY), Member(2, "钱", Role.CHAIR), Member(3, "孙", Role.EXPERT))
DESCRIPTION = Description("云岭县", "县", date(2026, 5, 12), date(2026, 5, 12))
VISIT = Visit("ab", DESCRIPTION, Stage.CONSOLIDATE, "small", "1", "d" * 64, 2, "", NOW)


def told(
    rubric: Rubric, *sheets: dict[str, dict[str, Any]], findings: Sequence[Finding] = (), recommendation: str = "",
    material: Mapping[str, Any] | None = None, **more: Any,
) -> Document:  # fmt: skip
    """Return the report on these sheets: the chair's first."""
    scores: dict[int, dict[str, Score]] = {
        member: score_answers(rubric, sheet) for member, sheet in enumerate(sheets, 2)
    }
    visit = replace(VISIT, recommendation=recommendation)
    result = consolidate(rubric, scores, **more)
    known = Material(visit, rubric, PANEL, [], result, {"1": {3: "见照片"}}, findings, "h" * 64, NOW)
    return report(replace(known, **(material or {})))


GOOD = {"1": True, "2": 1}
POOR = {"1": False, "2": 2}


def test_what_is_not_scored_is_a_dash_and_never_a_zero() -> None:
    """An item without marks, its chapter, and the chapter's rate show dashes, and a sentence names the item."""
    document = told(small(), {"1": GOOD}, {"1": POOR})
    (totals,) = tables(document, "指标项")
    assert [row.cells for row in totals.rows] == [
        ("章1", "4", "2.50", "62.5%"), ("章2", "4", "—", "—"), ("基本分合计", "8", "2.50", "31.3%"),
    ]  # fmt: skip
    second = tables(document, "序号")[1]
    assert [row.cells[3] for row in second.rows] == ["—", "—"]
    assert "第2项尚无专家组得分，以上合计不含这些项目，不是最终结果。" in said(document)
    assert "0.00" not in said(document)


def test_a_zero_is_a_zero() -> None:
    """Nothing earned is told as a number, and the reader sees the difference."""
    rubric = small()
    nothing = {"item": {"override": 0, "reason": "无资料"}}
    document = told(rubric, {"1": nothing, "2": GOOD})
    first = tables(document, "序号")[0]
    assert first.rows[0].cells[3] == "0.00"
    assert first.rows[0].cells[4] == "钱调整为0：无资料\n孙：见照片"
    assert "尚无专家组得分" not in said(document)


def test_losses_are_told_by_clause_with_the_largest_first() -> None:
    """Averaged over the experts, in the words of the clause or of the chosen tier, with the reason of a part."""
    part = {"1": {"points": "1", "reason": "缺附件"}, "2": 2}
    document = told(small(), {"1": POOR}, {"1": part})
    assert tables(document, "序号")[0].rows[0].cells[4] == "扣1.5：第1款甲（缺附件）\n扣1：差\n孙：见照片"
    turned = told(small(), {"1": {"1": True, "2": 2}}, {"1": part})
    assert tables(turned, "序号")[0].rows[0].cells[4] == "扣1：差\n扣0.5：第1款甲（缺附件）\n孙：见照片"


def test_not_applicable_is_said() -> None:
    """When everybody finds an item not applicable the report says so and shows no points."""
    document = told(small(), {"1": {"item": "na"}, "2": GOOD}, {"1": {"item": "na"}, "2": GOOD})
    assert tables(document, "序号")[0].rows[0].cells[3:] == ("—", "不适用\n孙：见照片")


def test_an_adjudication_of_an_unmarked_item_has_no_marks_to_show() -> None:
    """The decision is told; where the marks would stand is a dash."""
    decided = [Adjudication("2", Decimal("1.50"), "补交材料", "", NOW)]
    row = tables(told(small(), {"1": GOOD}, adjudications=decided), "序号")[1].rows[0]
    assert row.cells[3:] == ("1.50", "合议定分 1.5：补交材料［专家评分 —］")


def test_vetoes_and_gates_that_go_wrong_stand_out() -> None:
    """A veto that applies, and its effect; a gate that fails, with its figure; what is undecided says so."""
    document = told(
        small(), {"1": GOOD, "2": GOOD},
        vetoes=[VetoDecision("1", True, "通报")], figures={"rate": {"value": "94.9"}},
    )  # fmt: skip
    (vetoes,), (gates,) = tables(document, "情形"), tables(document, "条件")
    assert [(row.cells[1:], row.weight) for row in vetoes.rows] == [(("出现", "通报"), Weight.TOTAL)]
    assert [(row.cells[1:], row.weight) for row in gates.rows] == [
        (("不符合", "94.9%"), Weight.TOTAL), (("未认定", ""), Weight.PLAIN),
    ]  # fmt: skip
    assert "出现否决条件，按细则取消申请资格；评分结果保留备查。" in said(document)
    undecided = told(small(), {"1": GOOD, "2": GOOD}, gates=[GateDecision("2", True, "规划")])
    assert [row.cells[1:] for row in tables(undecided, "条件")[0].rows] == [("未认定", "尚无数据"), ("符合", "规划")]
    assert [row.cells[1] for row in tables(undecided, "情形")[0].rows] == ["未认定"]


def test_a_rubric_of_many_chapters_loses_none() -> None:
    """Twelve chapters are numbered 一 to 十二, each with its table."""
    document = told(small(12), {str(no): GOOD for no in range(1, 13)})
    assert [table.rows[0].cells[0] for table in tables(document, "序号")] == [str(no) for no in range(1, 13)]
    headings = [block.text for block in document.blocks if isinstance(block, Heading)]
    assert {"（十）章10", "（十一）章11", "（十二）章12"} <= set(headings)


@pytest.mark.parametrize(
    ("recommendation", "words"),
    [("", "尚未形成"), (Recommendation.PASS, "建议通过"), (Recommendation.PASS_AFTER_MENDING, "整改后通过"),
     (Recommendation.FAIL, "不建议通过")],
)  # fmt: skip
def test_the_recommendation_is_the_panels_words(recommendation: str, words: str) -> None:
    """It is printed as chosen, or that there is none yet; nothing is derived from the score."""
    document = told(small(), {"1": GOOD, "2": GOOD}, recommendation=recommendation)
    assert f"专家组建议：{words}。" in said(document)


def test_findings_are_numbered_by_kind() -> None:
    """Highlights, problems, suggestions; an empty kind has no heading, and without findings a sentence says so."""
    findings = [
        Finding(FindingKind.PROBLEM, "问题一", ("1", "2")), Finding(FindingKind.HIGHLIGHT, "亮点一"),
        Finding(FindingKind.PROBLEM, "问题二"),
    ]  # fmt: skip
    text = said(told(small(), {"1": GOOD, "2": GOOD}, findings=findings))
    assert "1. 亮点一\n" in text
    assert "1. 问题一（考核项1、2）\n2. 问题二\n" in text
    assert "（一）亮点\n" in text
    assert "（二）问题\n" in text
    assert "）建议" not in text
    late = said(told(small(), {"1": GOOD, "2": GOOD}, findings=[Finding(FindingKind.SUGGESTION, "建议一")]))
    assert "（一）建议\n" in late  # an empty kind takes no number
    bare = said(told(small(), {"1": GOOD, "2": GOOD}))
    assert "尚未形成反馈要点。" in bare
    assert "本次验收未进行抽取。" in bare


def test_findings_stand_with_what_they_rest_on() -> None:
    """The records in their own words below the finding; of those that were taken back, how many."""
    findings = [
        Finding(FindingKind.PROBLEM, "问题一", observations=(3, 1)), Finding(FindingKind.PROBLEM, "问题二", observations=(9, 1)),
        Finding(FindingKind.PROBLEM, "问题三", observations=(9,)), Finding(FindingKind.PROBLEM, "问题四"),
    ]  # fmt: skip
    evidence = {1: "实地考察，台账缺三个月。（赵记）", 3: "群众座谈，路灯太暗。"}
    text = said(told(small(), {"1": GOOD, "2": GOOD}, findings=findings, material={"evidence": evidence}))
    assert (
        "1. 问题一\n依据：群众座谈，路灯太暗；实地考察，台账缺三个月。（赵记）。\n"
        "2. 问题二\n依据：实地考察，台账缺三个月。（赵记）；另有1条记录已撤回。\n"
        "3. 问题三\n依据：所依据的记录已撤回。\n4. 问题四\n"
    ) in text


def test_a_mark_given_before_a_recusal_is_told_and_does_not_count() -> None:
    """The report says whose mark was set aside and what it was; the panel score is the others'."""
    rubric = small()
    given = score_answers(rubric, {"1": GOOD, "2": GOOD})
    aside = replace(given["1"], points=None, state=State.RECUSED, computed=Decimal(4))
    scores = {2: score_answers(rubric, {"1": POOR, "2": GOOD}), 3: given | {"1": aside}}
    visit = Material(VISIT, rubric, PANEL, [], consolidate(rubric, scores), {}, [], "h" * 64, NOW, set_aside={"1": (3,)})
    rows = [table.rows[0] for table in tables(report(visit), "序号")]
    assert rows[0].cells[3] == "1.00"
    assert rows[0].cells[4].endswith("孙回避前评4分，不计入")
    assert "回避" not in rows[1].cells[4]


def test_groups_are_named_and_which_of_them_agreed_on_one_mark() -> None:
    """A column for the groups where there are any, and a sentence on each that handed in one mark for all."""
    panel = (*PANEL[:1], replace(PANEL[1], group="一组"), replace(PANEL[2], group="一组"))
    groups = [Group(1, "一组", "计量", 2, (2, 3), one_mark=True), Group(2, "二组", "", None, ())]
    document = told(small(), {"1": GOOD}, material={"members": panel, "groups": groups})
    (people,) = tables(document, "职责")
    assert [(row.cells[1], row.cells[4]) for row in people.rows] == [("钱", "一组"), ("孙", "一组"), ("赵", "")]
    assert sum(column.share for column in people.columns) == pytest.approx(1)
    assert "一组（钱、孙）的评分由全组商定，每项只计一份。" in said(document)
    assert "二组" not in said(document)
    assert [column.title for column in tables(told(small(), {"1": GOOD}), "职责")[0].columns] == [
        "职责", "姓名", "单位", "专业",
    ]  # fmt: skip


def test_scores_of_the_small_rubric_are_what_the_tests_above_take_for_granted() -> None:
    """GOOD earns four points of four, POOR one."""
    item = small().item("1")
    assert [score_item(item, answers).points for answers in (GOOD, POOR)] == [4, 1]


# --- charts, annexes, method ---------------------------------------------------------------------------------------


def test_four_charts_say_what_the_tables_say(sample: Sample, document: Document) -> None:
    """Rates by aspect, the largest losses first, marks far apart, self-check beside panel: in the tables' own figures."""
    rates, losses, apart, own = [block for block in document.blocks if isinstance(block, Chart)]
    assert [chart.caption[:2] for chart in (rates, losses, apart, own)] == ["图1", "图2", "图3", "图4"]
    (totals,) = tables(document, "指标项")
    assert [bar.text.split("　")[0] for bar in rates.bars] == [row.cells[3] for row in totals.rows[:10]]
    lengths = [bar.length for bar in losses.bars]
    assert lengths == sorted(lengths, reverse=True)
    assert lengths[0] == 1
    spreads = [max(bar.dots) - min(bar.dots) for bar in apart.bars]
    assert spreads == sorted(spreads, reverse=True)
    assert all(bar.tick is not None for bar in own.bars)
    result = consolidation(sample.file).result
    assert len(apart.bars[0].dots) == len(result.item(apart.bars[0].label.split("　")[0]).panel.marks)


def test_the_matrix_has_every_mark(sample: Sample, document: Document) -> None:
    """A row for each item with everybody's mark as it was given, the panel's score, and what is no mark in words."""
    matrix = next(block for block in document.blocks if isinstance(block, Table) and block.columns[0].title == "项号")
    found = consolidation(sample.file)
    rows = {row.cells[0]: row.cells for row in matrix.rows if row.cells[0]}
    assert [*rows] == [str(no) for no in range(1, 38)]
    for item in found.result.items:
        marks = [mark for mark in rows[item.item.no][3:-1] if mark[0].isdigit()]
        assert sorted(map(Decimal, marks)) == list(item.panel.marks)
    assert rows["8"][-1] == "3.00※"
    assert sum(column.share for column in matrix.columns) == pytest.approx(1)


def test_the_annexes_pin_log_and_rubric(sample: Sample, document: Document) -> None:
    """How many entries of which kind, all of them in words; both hashes; the rubric's digest and every erratum."""
    facts = dict(pair for block in document.blocks if isinstance(block, Facts) for pair in block.pairs)
    text = said(document) + "".join(value.replace("\n", "") for value in facts.values())  # a digest has two lines
    prepared = preparation(sample.file)
    assert prepared.log_head in text
    assert prepared.visit.rubric_digest in text
    acts = next(block for block in document.blocks if isinstance(block, Table) and block.columns[0].title == "事项")
    assert [row.cells[0] for row in acts.rows if row.cells[0].isascii()] == []
    assert sum(int(row.cells[1]) for row in acts.rows) == int(facts["记录条数"])
    slips = [slip for item in prepared.rubric.items for slip in item.all_errata]
    assert all(slip.says in text for slip in slips)


def test_every_draw_has_its_code_and_the_report_its_own(document: Document) -> None:
    """Three QR codes: what pins each certificate, and what pins the report."""
    codes = [block.qr.split("\n")[0] for block in document.blocks if isinstance(block, Code)]
    assert codes == ["inspection-app draw 1", "inspection-app draw 1", "inspection-app report 1"]


def test_the_adjudications_stand_together(document: Document) -> None:
    """Item, experts' marks, decision, reason and clause; without any a sentence says so."""
    (table,) = [block for block in document.blocks if isinstance(block, Table) and [c.title for c in block.columns][2:3] == ["定分"]]
    assert {row.cells[0].split("　")[0] for row in table.rows} == {"8", "26"}
    assert all(all(row.cells) for row in table.rows)
    assert "没有合议定分" in said(told(small(), {"1": GOOD, "2": GOOD}))


def test_a_panel_of_fifteen_fits_the_page() -> None:
    """The matrix gives up the titles, not the marks."""
    rubric = small()
    members = [Member(1, "赵", Role.SECRETARY), *(Member(n, f"专家{n}", Role.EXPERT) for n in range(2, 17))]
    scores = {member.id: score_answers(rubric, {"1": GOOD, "2": POOR}) for member in members[1:]}
    visit = Material(VISIT, rubric, members, [], consolidate(rubric, scores), {}, [], "h" * 64, NOW)
    matrix = next(b for b in report(visit).blocks if isinstance(b, Table) and b.columns[0].title == "项号")
    assert len(matrix.columns) == 18
    assert sum(column.share for column in matrix.columns) == pytest.approx(1)


# --- what the result rests on --------------------------------------------------------------------------------------


def test_everything_that_is_logged_has_a_name() -> None:
    """Every act, event and stage is told in Chinese words, and no name stands for an act that there is not."""
    assert set(ACT_TITLES) == {str(act) for act in Act}
    assert set(EVENT_TITLES) == set(EventKind)
    assert set(STAGE_TITLES) == set(Stage)
    events = [Event(kind, NOW, "钱", "某事", "有理由") for kind in EventKind]
    (table,) = tables(told(small(), {"1": GOOD}, material={"events": events}), "时间")
    assert len(table.rows) == len(EventKind)


def test_another_method_is_printed_with_its_reason() -> None:
    """Both methods in words, when, whether the marks were open, and why; without a change there is no such table."""
    change = MethodChange(Reckoning(), Reckoning("median", 1, "total", 2), "两名专家评分悬殊", NOW, opened=True)
    (table,) = tables(told(small(), {"1": GOOD}, material={"method_changes": [change]}), "时间")
    assert table.rows[0].cells == (
        "2026年5月13日18:30（亮分后）", "平均值，逐项取舍后相加，2位小数",
        "中位数，精确相加后取舍，1位小数，每项至少2人评分", "两名专家评分悬殊",
    )  # fmt: skip
    assert tables(told(small(), {"1": GOOD}), "时间") == []


def passing(line: int) -> Rubric:
    """The small rubric with a pass line, and with a gate that can be read in two ways."""
    return Rubric.model_validate(small().model_dump(by_alias=True, exclude_none=True) | {
        "pass_line": line,
        "figures": {"rate": {"title": "合格率", "unit": "%"}, "more": {"title": "加分", "unit": "%"}},
        "gates": [{"id": 1, "text": "合格率95%以上", "figure": "rate", "holds": {"from": 95}, "plus": "more"}],
    })  # fmt: skip


def test_whether_another_method_would_change_the_verdict_is_told() -> None:
    """A sentence and a row for each method, the chosen one first; open items, no pass line and a veto have their own."""
    sheets = [{"1": GOOD, "2": GOOD}, {"1": GOOD, "2": GOOD}, {"1": POOR, "2": POOR}]

    def told_of(rubric: Rubric, *sheets: dict[str, Any], **more: Any) -> tuple[str, list[tuple[str, ...]]]:
        scores = {member: score_answers(rubric, sheet) for member, sheet in enumerate(sheets, 2)}
        found = sensitivity(rubric, consolidate(rubric, scores, **more), Reckoning())
        document = told(rubric, *sheets, material={"sensitivity": found}, **more)
        return said(document), [row.cells for table in tables(document, "方法") for row in table.rows]

    text, rows = told_of(passing(7), *sheets)
    assert "换用其他方法（中位数），结论会不同。各种方法的总分在6.00至8.00分之间。" in text
    assert rows[0] == ("平均值，逐项取舍后相加（本次采用）", "6.00", "不合格")
    assert ("中位数，逐项取舍后相加", "8.00", "合格") in rows
    assert ("去掉最高分和最低分后的平均值，精确相加后取舍", "—", "2项评分数不足") in rows
    assert "换用评分数足够的任何一种方法，结论都相同。" in told_of(passing(5), *sheets)[0]
    assert "原文未规定合格线，换用其他方法不改变结论。" in told_of(small(), *sheets)[0]
    assert "须待各项定分后判断" in told_of(passing(7), {"1": GOOD})[0]
    vetoed = told_of(passing(7), *sheets, vetoes=[VetoDecision("1", True, "通报")])
    assert "出现否决条件，结论与汇总方法无关。" in vetoed[0]
    assert vetoed[1][0][-1] == "否决"


def test_a_chosen_reading_is_told_with_its_reason() -> None:
    """Until it is chosen the report says what is open, then what was chosen, when and why, and what follows from it."""
    rubric = passing(5)
    sheet = {"1": {"item": "na"}, "2": GOOD}
    figures = {"rate": {"value": "94"}, "more": {"value": "2"}}
    undecided = said(told(rubric, sheet, figures=figures))
    assert "94%；另一读法（含加分）96，结论相反，由组长决定采用哪一种" in undecided
    assert "实得分与折算分分处合格线（5分）两侧，由组长决定采用哪一种。" in undecided
    assert "基本条件“合格率95%以上”的两种读法结论不同，尚未决定采用哪一种。" in undecided
    assert "总分（实得分与折算分）的两种读法结论不同，尚未决定采用哪一种。" in undecided
    choices = [
        ReadingChoice("1", Reading.SECOND, "细则附表载明含加分", NOW),
        ReadingChoice("", Reading.SECOND, "按适用部分", NOW),
    ]
    document = told(rubric, sheet, figures=figures, readings=choices, material={"readings": choices})
    assert "结论相反，组长决定采用含加分的读法" in said(document)
    assert "两侧，组长决定采用折算分，据此达到合格线。" in said(document)
    assert "尚未决定" not in said(document)
    (table,) = tables(document, "事项")
    assert [row.cells[:3] for row in table.rows] == [
        ("合格率95%以上", "含加分", "细则附表载明含加分"), ("总分与合格线", "折算分", "按适用部分"),
    ]  # fmt: skip


def test_how_digits_were_drawn_and_drawn_anew_is_told() -> None:
    """The public digits with how they were drawn; the closed list of who was absent, its signers and its own digits."""
    fresh = FreshDigits(
        NOW, (("3号丙", "生病"),), ("甲", "乙"), "11112222", "dice", "f" * 64, 1, ("3.1", "26.5"), "c" * 64,
        ((1, "写错一人"),),
    )  # fmt: skip
    drawn = Drawn(
        "citizens", 1, NOW, "会议室", "l" * 64, "12345678", "s" * 64, "87654321", (("chair", "钱", "42"),),
        (("群众", 4, "丁"),), (), 9, replaced=(("3号丙", "4号丁", "生病", "甲、乙"),), digits_by="balls", fresh=fresh,
    )  # fmt: skip
    document = told(small(), {"1": GOOD}, material={"draws": [drawn]})
    (facts,) = (block for block in document.blocks if isinstance(block, Facts) and block.pairs[0][0] == "补抽公开数字")
    text = said(document)
    assert "公开数字 87654321（用号码球或纸签抽取）" in text
    assert "递补：3号丙由4号丁递补，原因：生病；见证人：甲、乙。" in text
    assert "2026年5月13日18:30，缺席名单闭合，由甲、乙签名：3号丙（生病）。" in text
    assert dict(facts.pairs) == {
        "补抽公开数字": "11112222（用十面骰子掷出）", "随机量": "需3.1比特，公开数字有26.5比特",
        "补抽种子": f"{'f' * 32}\n{'f' * 32}", "取用轮次": "种子/1", "原抽取记录单": f"{'c' * 32}\n{'c' * 32}",
    }  # fmt: skip
    assert "第1次缺席名单收回，原因：写错一人。" in text


def test_what_is_signed_is_pinned_and_what_is_sealed_says_so() -> None:
    """The draft bears the result's digest, for that is what is signed; a seal that was lifted is told, but is no seal."""
    first = SealMade(1, "a" * 64, NOW, "b" * 64, lifted=NOW)
    spoken = [Said("钱", "已确认", NOW), Said("孙", "未确认")]
    draft = told(small(), {"1": GOOD}, material={"result_digest": "r" * 64, "seals": [first], "said": spoken})
    (code,) = [block for block in draft.blocks if isinstance(block, Code)]
    assert code.qr.split("\n")[1:] == ["visit ab", f"rubric {'d' * 64}", f"result {'r' * 64}", f"log {'h' * 64}"]
    assert f"汇总结果摘要 {'r' * 64}" in code.lines
    assert draft.draft
    assert any("第1次定稿" in line and "本次定稿解除" in line for line in draft.imprint)
    assert "打印时的确认情况：钱 已确认（2026年5月13日18:30）；孙 未确认。" in said(draft)
    seals = [first, SealMade(2, "e" * 64, NOW, "g" * 64)]
    final = told(small(), {"1": GOOD}, material={"result_digest": "r" * 64, "seals": seals})
    assert not final.draft
    assert f"seal {'e' * 64}" in final.keywords
    assert f"第2次定稿：2026年5月13日18:30，摘要 {'e' * 64}，定稿时记录链末值 {'g' * 64}" in final.imprint
    assert "本次验收已于2026年5月13日18:30定稿归档。" in said(final)


def test_photos_of_no_finding_have_an_annex() -> None:
    """They stand by where they belong, behind the other annexes; without any there is no such annex."""
    photo = Picture(b"", "台账", "台账")
    document = told(small(), {"1": GOOD}, material={"shown": [("2　考核", [photo])]})
    assert document.blocks[-3:] == (Heading("附件4　其他现场照片"), Heading("2　考核", 3), photo)
    assert "附件4" not in said(told(small(), {"1": GOOD}))


def test_documents_that_are_not_printed_are_listed() -> None:
    """Each with what it belongs to, who put it there and when, and its digest's first digits; without any, no annex."""
    scan = Attached("签字稿", "签字扫描件", "周", NOW, "ab" * 32)
    document = told(small(), {"1": GOOD}, material={"attached": [scan]})
    assert Heading("附件4　附存文件清单") in document.blocks
    (row,) = document.blocks[-1].rows  # type: ignore[union-attr]
    assert row.cells == ("1", "签字稿", "签字扫描件", "周", "2026年5月13日18:30", "ab" * 8)
    assert "附存文件" not in said(told(small(), {"1": GOOD}))


def test_conditions_are_named_by_what_the_rubric_has() -> None:
    """Vetoes and gates have a heading each; where there is only one of both, the section's own says so."""
    both = small()
    sections = {
        "否决条件和基本条件": (both, 2), "否决条件": (both.model_copy(update={"gates": ()}), 0),
        "基本条件": (both.model_copy(update={"vetoes": ()}), 0),
    }  # fmt: skip
    for title, (rubric, headings) in sections.items():
        blocks = told(rubric, {"1": GOOD}).blocks
        place = next(n for n, one in enumerate(blocks) if isinstance(one, Heading) and one.text.endswith(f"、{title}"))
        following = next(n for n, one in enumerate(blocks[place + 1 :]) if isinstance(one, Heading) and one.level == 1)
        assert sum(isinstance(one, Heading) for one in blocks[place + 1 : place + 1 + following]) == headings
