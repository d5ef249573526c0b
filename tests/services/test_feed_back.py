"""Feeding back: findings, and the report as it is printed."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image
from pypdf import PdfReader

from inspection_app.core.duties import Scope
from inspection_app.core.feedback import Disclosure, Finding, FindingKind, Recommendation
from inspection_app.core.programme import Attendance, Attendee, Observation, ObservationKind
from inspection_app.core.visit import Stage
from inspection_app.core.wording import fixed, plain
from inspection_app.errors import NotFound, PermissionDenied, ScoreError, StageError
from inspection_app.services import (
    assign,
    attach,
    consolidate,
    draw,
    feed_back,
    observe,
    prepare,
    recuse,
    register,
    seal,
    substitute,
)
from inspection_app.services.feed_back import findings, state_finding, withdraw_finding
from inspection_app.services.gather import material
from inspection_app.store.evidence import Place
from tests.services.conftest import (
    CARD_DIGITS,
    CARDS,
    CHAIR,
    CITIZENS,
    DESCRIPTION,
    EXPERT,
    MEMBERS,
    NOW,
    OTHER,
    PANEL,
    PDF,
    PHONES,
    PUBLIC_DIGITS,
    SITES,
    THIRD,
    Scene,
    decide_all,
    hold,
    lock,
    log_of,
    mark_all,
    open_up,
    photo,
    refused,
    scene_at,
    seal_up,
    small_rubric,
)

PROBLEM = Finding(FindingKind.PROBLEM, "经费未列入预算。", ("3", "4"))


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return scene_at(tmp_path_factory.mktemp("sealed"), Stage.SEALED)


def text_of(pdf: bytes) -> str:
    """All that stands on the pages, without the line breaks of the print."""
    return "".join("".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(pdf)).pages)


def test_findings_stand_in_the_order_they_were_stated(scoring: Scene) -> None:
    """A finding keeps kind, text and items, while scoring is open already; several are kept in order."""
    ids = [
        state_finding(scoring.file, who, finding, NOW)
        for who, finding in ((scoring.secretary, PROBLEM), (scoring.chair, Finding(FindingKind.PROBLEM, "档案不全。")))
    ]
    first, second = findings(scoring.file)
    assert (first.kind, first.text, first.items, first.id) == (PROBLEM.kind, PROBLEM.text, PROBLEM.items, ids[0])
    assert (second.text, second.items, second.id) == ("档案不全。", (), ids[1])


def test_a_finding_can_be_reworded(scoring: Scene) -> None:
    """With its id a finding takes new words in its old place; no second one appears."""
    id_ = state_finding(scoring.file, scoring.secretary, PROBLEM, NOW)
    better = Finding(FindingKind.SUGGESTION, "建议列入预算。", ("3",), id_)
    assert state_finding(scoring.file, scoring.chair, better, NOW) == id_
    assert findings(scoring.file) == (better,)


def test_a_finding_that_cannot_be(scoring: Scene) -> None:
    """Without text, about an item that does not exist, in place of one that is not there: refused."""
    for text in ("", " 　\n"):
        with refused(scoring, ScoreError, "no-text"):
            state_finding(scoring.file, scoring.secretary, Finding(FindingKind.PROBLEM, text, ("1",)), NOW)
    with refused(scoring, NotFound, "unknown-item"):
        state_finding(scoring.file, scoring.secretary, Finding(FindingKind.PROBLEM, "有问题。", ("1", "38")), NOW)
    with refused(scoring, NotFound, "no-finding"):
        state_finding(scoring.file, scoring.secretary, Finding(FindingKind.PROBLEM, "有问题。", (), 7), NOW)
    with refused(scoring, NotFound, "no-finding"):
        withdraw_finding(scoring.file, scoring.secretary, 7, NOW)


def test_a_finding_goes_and_comes_back(scoring: Scene) -> None:
    """A withdrawn finding is not told; brought back it is as it was, in its old place."""
    first = state_finding(scoring.file, scoring.secretary, PROBLEM, NOW)
    second = state_finding(scoring.file, scoring.secretary, Finding(FindingKind.PROBLEM, "档案不全。"), NOW)
    withdraw_finding(scoring.file, scoring.secretary, first, NOW)
    assert [finding.id for finding in findings(scoring.file)] == [second]
    withdraw_finding(scoring.file, scoring.chair, first, NOW, back=True)
    assert [finding.id for finding in findings(scoring.file)] == [first, second]
    assert [entry.details.get("withdrawn") for entry in log_of(scoring)[-2:]] == [True, False]


def test_no_report_before_the_marks_are_opened(scoring: Scene) -> None:
    """The report holds everybody's marks, so there is none while they are closed."""
    mark_all(scoring)
    for make in (feed_back.report_document, feed_back.report_pdf, feed_back.feedback_pdf, feed_back.still_missing):
        with refused(scoring, StageError, "marks-closed"):
            make(scoring.file, NOW)


def test_the_report_tells_everything(done: Scene) -> None:
    """The PDF names applicant, panel, both draws with cards, digits and digests, every score, the conditions with
    their proofs, the finding, the recommendation, and the head of the log."""
    text = text_of(feed_back.report_pdf(done.file, NOW))
    wanted = [
        DESCRIPTION.applicant, DESCRIPTION.place, "2026年5月12日至2026年5月13日", *MEMBERS,
        *(person.organisation for person in PANEL), *(name for _, name in CARDS), *CARD_DIGITS, PUBLIC_DIGITS,
        "1.13", "2.38", "7.51", "8.51", "发生重大事故。", "应急局证明", "领导小组文件", "财政局报表", "机构健全。", "建议通过",
        prepare.preparation(done.file).log_head, small_rubric().digest, "会议只开了一次",
    ]  # fmt: skip
    for kind in (draw.SITES, draw.CITIZENS):
        state = draw.draw_state(done.file, kind)
        assert state.kept
        assert state.result
        wanted += [state.kept.locked.digest, state.kept.locked.short_code, state.result.seed]
        wanted += [state.name(number) for numbers in state.result.selected.values() for number in numbers]
    assert [word for word in wanted if word not in text] == []


def test_the_report_tells_no_more_than_it_must(done: Scene) -> None:
    """No telephone of a citizen stands in the report, and no code of anybody."""
    text = text_of(feed_back.report_pdf(done.file, NOW))
    assert [phone for phone in PHONES if phone in text] == []
    assert [code for code in done.codes.values() if code in text] == []


def test_the_report_tells_voided_draws(prepared: Scene) -> None:
    """Voided ceremonies are printed with their reasons; without a draw the report says there was none."""
    lock(prepared)
    hold(prepared)
    draw.void_ceremony(prepared.file, prepared.secretary, draw.SITES, "公开数字读错", NOW)
    hold(prepared)
    prepare.open_scoring(prepared.file, prepared.secretary, NOW)
    mark_all(prepared)
    open_up(prepared)
    text = text_of(feed_back.report_pdf(prepared.file, NOW))
    assert "第1次抽取程序作废，原因：公开数字读错" in text
    assert [name for name in CITIZENS if name in text] == []  # citizens were not drawn
    assert sum(site.name in text for site in SITES) == 5  # three drawn, two in reserve


def test_the_same_visit_prints_the_same(done: Scene) -> None:
    """Printed twice for the same time, the report is the same to the byte."""
    assert feed_back.report_pdf(done.file, NOW) == feed_back.report_pdf(done.file, NOW)


def test_printing_changes_nothing(done: Scene) -> None:
    """Report and findings are looks: the log has no entry of them."""
    before = log_of(done)
    feed_back.report_pdf(done.file, NOW)
    assert log_of(done) == before


def test_the_report_tells_what_was_special(tmp_path: Path) -> None:
    """A group's one mark, a mark set aside by a recusal, who came in a drawn citizen's place and who came by the order of
    the draw, and what a finding rests on: all of it with names."""
    scene = scene_at(tmp_path, Stage.PREPARE)
    file, secretary, expert = scene.file, scene.secretary, scene.expert
    third = scene.people[THIRD].member_id
    assign.form_group(file, secretary, "计量组", "计量", third, [third, scene.other.member_id], True, NOW)
    for kind in (draw.SITES, draw.CITIZENS):
        lock(scene, kind)
        hold(scene, kind)
    state = draw.draw_state(file, draw.CITIZENS)
    away, gone, *_ = state.standing_numbers
    comes = state.next_reserve(gone)
    substitute.substitute(file, secretary, draw.CITIZENS, gone, comes, "外出务工", "公证石", NOW)
    meeting = next(one for one in observe.programme(file).activities if one.title == "群众座谈").id
    observe.take_attendance(
        file, secretary, [Attendance(meeting, Attendee.CITIZEN, str(away), False, "住院", "王小明")], NOW
    )
    noted = observe.observe(file, expert, Observation(meeting, ObservationKind.OPINION, "路灯太暗。"), NOW)
    prepare.open_scoring(file, secretary, NOW)
    mark_all(scene, CHAIR, EXPERT, THIRD)
    id_ = recuse.propose_recusal(file, secretary, expert.member_id, Scope.ITEM, "4", "曾任顾问", NOW)
    recuse.decide_recusal(file, secretary, id_, "省质量办", True, NOW)
    feed_back.collect_finding(file, secretary, FindingKind.PROBLEM, "照明不足。", [], [noted], NOW)
    open_up(scene)
    text = text_of(feed_back.report_pdf(file, NOW))
    for words in (
        f"{EXPERT}回避前评2.5分，不计入",
        f"计量组（{OTHER}、{THIRD}）的评分由全组商定，每项只计一份。",
        f"递补：{gone}号{state.name(gone)}由{comes}号{state.name(comes)}递补，原因：外出务工；见证人：公证石。",
        f"{away}号{state.name(away)}（住院；王小明代为到会，非抽取产生）",
        f"1.照明不足。依据：群众座谈，意见建议：路灯太暗。（{EXPERT}记）。",
    ):
        assert words in text, words


def test_a_draw_by_hand_is_not_told_as_one_that_can_be_checked(prepared: Scene) -> None:
    """Who drew and who saw it, and that nobody can compute it again; digits and seed there are none."""
    lock(prepared)
    register.register_by_hand(
        prepared.file, prepared.secretary, draw.SITES, {draw.SITE_STRATUM: [4, 2, 5]}, place="三楼会议室", at=NOW,
        drawer="申必达", witnesses=["公证石", CHAIR], photos=[photo()], now=NOW,
    )  # fmt: skip
    prepare.open_scoring(prepared.file, prepared.secretary, NOW)
    mark_all(prepared)
    open_up(prepared)
    text = text_of(feed_back.report_pdf(prepared.file, NOW))
    assert f"手工抽签，不可复算：由申必达抽取，公证石、{CHAIR}见证，照片1张存档。" in text
    for words in ("种子", "公开数字", "重新计算验证"):
        assert words not in text
    state = draw.draw_state(prepared.file, draw.SITES)
    assert all(f"{number}号{state.name(number)}" in text for number in (4, 2, 5))


# --- the applicant's copy, judgement, cards, preview ---------------------------------------------------------------


def whole_text(pdf: bytes) -> str:
    """All that stands on the pages and in the file's own description."""
    reader = PdfReader(io.BytesIO(pdf))
    return text_of(pdf) + "".join(f"\n{name}: {value}" for name, value in (reader.metadata or {}).items())


def secrets_of(scene: Scene) -> set[str]:
    """Every score, expert and citizen of a visit, as they would be printed."""
    found = consolidate.consolidation(scene.file)
    result, places = found.result, found.visit.places
    totals = [result.total, result.base, result.bonus, *(aspect.points for aspect in result.aspects)]
    points = [item.points for item in result.items] + totals
    scores = {fixed(one, places) for one in points if one is not None}
    marks = {plain(mark) for item in result.items for mark in item.panel.marks}
    return scores | {mark for mark in marks if "." in mark} | set(MEMBERS) | set(CITIZENS)


def test_the_applicants_copy_keeps_what_is_inside_inside(done: Scene) -> None:
    """Text and description of the PDF hold no score, no expert and no citizen of the visit; the report holds them."""
    secrets = secrets_of(done)
    assert len(secrets) > 15
    text = whole_text(feed_back.feedback_pdf(done.file, NOW))
    assert "机构健全。" in text
    assert DESCRIPTION.applicant in text
    assert [one for one in secrets if one in text] == []
    inside = whole_text(feed_back.report_pdf(done.file, NOW))
    assert {CHAIR, EXPERT, "8.51"} <= {one for one in secrets if one in inside}


def test_the_office_switches_on_what_may_leave(consolidating: Scene) -> None:
    """Only the secretary switches; it is on record and stands in the copy at once."""
    file, chair = consolidating.file, consolidating.chair
    consolidate.recommend(file, chair, Recommendation.PASS, NOW)
    with refused(consolidating, PermissionDenied, "role-may-not"):
        feed_back.disclose(file, chair, Disclosure(names=True), NOW)
    assert feed_back.disclosure(file) == Disclosure()
    feed_back.disclose(file, consolidating.secretary, Disclosure(scores=True, verdict=True, names=True), NOW)
    text = text_of(feed_back.feedback_pdf(file, NOW))
    assert all(words in text for words in ("8.51", "建议通过", EXPERT, CHAIR))
    assert log_of(consolidating)[-1].details == {"scores": True, "verdict": True, "names": True}


def test_what_names_somebody_does_not_leave(consolidating: Scene) -> None:
    """A finding that names a citizen, and a judgement with the total, are each named; switched on, they may leave."""
    file, secretary = consolidating.file, consolidating.secretary
    state_finding(file, secretary, Finding(FindingKind.PROBLEM, f"{CITIZENS[2]}反映路灯太暗。"), NOW)
    feed_back.state_judgement(file, consolidating.chair, "总分8.51，较好。", NOW)
    with refused(consolidating, StageError, "gives-away") as caught:
        feed_back.feedback_pdf(file, NOW)
    assert [fault.context["word"] for fault in caught.value.faults] == ["8.51", CITIZENS[2]]
    feed_back.disclose(file, secretary, Disclosure(scores=True, names=True), NOW)
    assert "路灯太暗" in text_of(feed_back.feedback_pdf(file, NOW))


def test_the_chair_words_the_judgement(consolidating: Scene) -> None:
    """Until then it is made of the findings; the chair's words take its place, nobody else's do, and it can be undone."""
    file, chair = consolidating.file, consolidating.chair
    made = feed_back.judgement(file)
    assert not made.own
    with refused(consolidating, PermissionDenied, "role-may-not"):
        feed_back.state_judgement(file, consolidating.secretary, "很好。", NOW)
    with refused(consolidating, ScoreError, "too-long"):
        feed_back.state_judgement(file, chair, "好" * 4001, NOW)
    feed_back.state_judgement(file, chair, " 总体较好。\n", NOW)
    assert feed_back.judgement(file) == feed_back.Judgement("总体较好。", own=True)
    for make in (feed_back.feedback_pdf, feed_back.report_pdf):
        assert "总体较好。" in text_of(make(file, NOW))
    feed_back.state_judgement(file, chair, "", NOW)
    assert feed_back.judgement(file) == made


def test_it_is_a_draft_until_the_visit_is_sealed(consolidating: Scene, done: Scene) -> None:
    """Every page of both documents says 草稿 before, none does after."""
    for make in (feed_back.feedback_pdf, feed_back.report_pdf):
        pages = PdfReader(io.BytesIO(make(consolidating.file, NOW))).pages
        assert all("草稿" in page.extract_text() for page in pages)
        assert "草稿" not in text_of(make(done.file, NOW))


def test_what_is_missing_is_listed(consolidating: Scene) -> None:
    """The judgement nobody has read, the empty kinds, a finding that rests on nothing, and what stands against the
    seal."""
    file, chair = consolidating.file, consolidating.chair
    state_finding(file, chair, Finding(FindingKind.PROBLEM, "档案不全。"), NOW)
    found = feed_back.still_missing(file, NOW)
    assert found
    said = [fault.fault for fault in found.faults]
    assert {"It is the sentence made of the findings.", "There is no highlight.", "There is no suggestion."} <= set(said)
    assert "“{text}” rests on no item and no note." in said
    assert "There is no problem." not in said
    feed_back.state_judgement(file, chair, "总体较好。", NOW)
    fewer = feed_back.still_missing(file, NOW)
    assert fewer
    assert len(fewer.faults) == len(found.faults) - 1


def test_score_cards(scoring: Scene, done: Scene) -> None:
    """One's own card at any time; another's for chair and secretary when the marks are open; all of them in one file."""
    mark_all(scoring, EXPERT)
    own = text_of(feed_back.score_card_pdf(scoring.file, scoring.expert, scoring.expert.member_id, NOW))
    assert "第2项现场所见" in own
    assert f"专家（{EXPERT}）" in own
    with refused(scoring, PermissionDenied, "not-own-sheet"):
        feed_back.score_card_pdf(scoring.file, scoring.other, scoring.expert.member_id, NOW)
    with refused(scoring, StageError, "marks-closed"):
        feed_back.score_card_pdf(scoring.file, scoring.chair, scoring.expert.member_id, NOW)
    with refused(scoring, NotFound, "no-sheet"):
        feed_back.score_card_pdf(scoring.file, scoring.secretary, scoring.secretary.member_id, NOW)
    every = text_of(feed_back.score_cards_pdf(done.file, done.secretary, NOW))
    assert [f"（{name}）：" in every for name in (CHAIR, EXPERT, OTHER, THIRD)] == [True] * 4


def test_a_page_can_be_looked_at(done: Scene) -> None:
    """Every page of the copy becomes a picture that is not blank; there is no page beyond the last."""
    pdf = feed_back.feedback_pdf(done.file, NOW)
    count = feed_back.preview(pdf, 1)[1]
    for number in range(1, count + 1):
        with Image.open(io.BytesIO(feed_back.preview(pdf, number)[0])) as picture:
            assert picture.width > 800
            low, high = picture.convert("L").getextrema()
            assert high - low > 150
    with pytest.raises(ValueError, match="page"):
        feed_back.preview(pdf, count + 1)


# --- what the report rests on ---------------------------------------------------------------------------------------


def test_photos_stand_with_the_finding_they_show(scoring: Scene) -> None:
    """A photo of an item stands with the first finding on it, and of a site or meeting with one that rests on a note
    of it; what shows nothing of any finding has the annex; a PDF is listed; what was withdrawn is nowhere."""
    meeting = observe.programme(scoring.file).activities[0]
    kept = [
        attach.attach(scoring.file, scoring.expert, photo(colour), place, NOW, caption=said)
        for colour, place, said in (
            ("red", Place(item="1"), "规划文本"), ("green", Place(site=SITES[0].name), ""),
            ("blue", Place(activity=meeting.id), "汇报现场"), ("black", Place(item="2"), "无关"),
            ("white", Place(item="2"), "撤回"),
        )
    ]  # fmt: skip
    attach.change_evidence(scoring.file, scoring.expert, kept[-1].id, NOW, withdrawn=True)
    paper = attach.attach(
        scoring.file, scoring.expert, PDF, Place(item="2"), NOW, caption="抽查汇总", name="汇总表.pdf"
    )
    note = observe.observe(
        scoring.file, scoring.secretary, Observation(meeting.id, ObservationKind.NOTE, "听取汇报。"), NOW
    )
    first = state_finding(scoring.file, scoring.secretary, Finding(FindingKind.HIGHLIGHT, "规划明确。", ("1",)), NOW)
    state_finding(scoring.file, scoring.secretary, Finding(FindingKind.PROBLEM, "规划不细。", ("1",)), NOW)
    third = state_finding(
        scoring.file, scoring.secretary, Finding(FindingKind.SUGGESTION, "继续汇报。", observations=(note,)), NOW
    )
    mark_all(scoring)
    open_up(scoring)
    told = material(scoring.file, NOW)
    assert {id_: [one.caption for one in pictures] for id_, pictures in told.pictures.items()} == {
        first: ["规划文本"], third: ["汇报现场"],
    }  # fmt: skip
    assert [(place, [one.caption for one in pictures]) for place, pictures in told.shown] == [
        (f"2　{small_rubric().rubric.item('2').content}", ["无关"]), (SITES[0].name, [SITES[0].name]),
    ]  # fmt: skip
    assert EXPERT in told.pictures[first][0].alt
    assert [(one.title, one.by, one.digest) for one in told.attached] == [
        ("抽查汇总　汇总表.pdf", EXPERT, paper.digest)
    ]
    text = text_of(feed_back.report_pdf(scoring.file, NOW))
    assert "附件4其他现场照片" in text
    assert "撤回" not in text.split("附件4其他现场照片")[-1]
    assert "抽查汇总汇总表.pdf" in text.split("附件5附存文件清单")[-1]
    assert paper.digest[:16] in text.split("附件5附存文件清单")[-1]


def test_what_was_decided_beside_the_marks_is_printed(consolidating: Scene) -> None:
    """Another method with its reason, what the panel went on with and why, and who does not agree, all with names."""
    file, chair = consolidating.file, consolidating.chair
    consolidate.change_method(file, chair, "median", 2, "items", 1, "评分人数少", NOW)
    decide_all(consolidating)
    found = seal.sealing(file)
    open_points = [point for point in found.points if point.breach.explainable]
    for point in open_points:
        seal.explain(file, chair, point.breach.key, "已逐一核实", NOW)
    seal.refuse_result(file, consolidating.other, found.digest, "第3项偏低", NOW)
    text = text_of(feed_back.report_pdf(file, NOW))
    assert "评分开始后，组长变更汇总方法1次：" in text
    assert "评分人数少" in text
    assert "换用其他方法的结果" in text
    assert text.count("核对说明") == len(open_points) - 1  # one of those who were waited for has spoken since
    assert f"成员未确认汇总结果：{CHAIR}" in text
    assert f"不同意见{OTHER}汇总结果第3项偏低" in text
    assert f"{OTHER}不同意（" in text
    assert f"{CHAIR}未确认；" in text


def test_the_draft_to_sign_bears_the_result_and_the_final_report_the_seal(consolidating: Scene) -> None:
    """The digest that a scan of the signatures is recorded under is the one on paper, until the result changes; sealed,
    the report has the seal's digest, time and log head, and is no draft any more."""
    file = consolidating.file
    decide_all(consolidating)
    draft, digest = feed_back.report_document(file, NOW), seal.sealing(file).digest
    assert draft.draft
    assert f"汇总结果摘要：{digest}" in draft.imprint
    consolidate.recommend(file, consolidating.chair, Recommendation.FAIL, NOW)
    assert digest not in "".join(feed_back.report_document(file, NOW).imprint)
    seal_up(consolidating)
    final, held = feed_back.report_document(file, NOW), seal.sealing(file).held
    assert held
    assert not final.draft
    assert f"汇总结果摘要：{held.result}" in final.imprint
    assert any(held.digest in line and held.log_head in line for line in final.imprint)
    assert f"seal {held.digest}" in final.keywords

