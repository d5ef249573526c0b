"""Every service that changes a visit which is there, by the act it is permitted as: what ``tests.test_authorisation`` calls.

A service may have nothing to do in the visit it is called in; then it must refuse, and that is what is counted.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace

from inspection_app.access import new_code
from inspection_app.core.duties import Scope
from inspection_app.core.feedback import Disclosure, Finding, FindingKind, Recommendation
from inspection_app.core.programme import (
    Activity,
    Agrees,
    Attendance,
    Attendee,
    Observation,
    ObservationKind,
    SiteCheck,
)
from inspection_app.core.substitution import CallState
from inspection_app.core.totals import Reading
from inspection_app.core.visit import Act, Actor, Appointment, Role, Stage
from inspection_app.errors import InspectionError
from inspection_app.files.application_tables import DESK_MARK_COLUMNS, SELF_CHECK_COLUMNS
from inspection_app.services import (
    assign,
    attach,
    bring,
    bring_sheets,
    consolidate,
    dispute,
    draw,
    enlist,
    export_draw,
    feed_back,
    hand_in,
    join,
    keep,
    observe,
    open_marks,
    pad,
    prepare,
    recuse,
    redact,
    register,
    reopen,
    score,
    screen,
    seal,
    substitute,
    type_in,
)
from inspection_app.store import snapshots
from inspection_app.store.evidence import Place
from inspection_app.store.sheets import AgreedFigure
from tests.services.conftest import (
    CARD_DIGITS,
    CARDS,
    CHAIR,
    DESCRIPTION,
    NOW,
    OTHER,
    PDF,
    PUBLIC_DIGITS,
    QUOTAS,
    ROSTER,
    SITES,
    Scene,
    members,
    photo,
    small_rubric,
    table_of,
    take_roster,
)

Call = Callable[[Scene, Actor], object]


def shown(scene: Scene) -> str:
    """The digest of the result on the screen; before there is one, something else."""
    try:
        return seal.sealing(scene.file).digest
    except InspectionError:
        return "0" * 64


def open_point(scene: Scene) -> str:
    """The key of something that can be explained; before there is any, something else."""
    try:
        return next((one.breach.key for one in seal.sealing(scene.file).points if one.breach.explainable), "none")
    except InspectionError:
        return "none"


def activity(scene: Scene) -> Activity:
    """The first activity of the programme, or a made-up one."""
    return next(iter(observe.programme(scene.file).activities), Activity(1, "座谈"))


def public_activity(scene: Scene) -> Activity:
    """The first activity that the room is part of."""
    return next(one for one in observe.programme(scene.file).activities if not one.internal)


def remark(scene: Scene) -> Observation:
    return Observation(activity(scene).id, ObservationKind.NOTE, "窗口齐全")


ACTS: Mapping[Act, tuple[Call, ...]] = {
    Act.DESCRIBE_VISIT: (lambda s, who: prepare.describe_visit(s.file, who, DESCRIPTION, NOW),),
    Act.APPOINT_MEMBER: (
        lambda s, who: prepare.appoint_member(
            s.file, who, Appointment("新来的", Role.EXPERT), entropy=os.urandom, now=NOW
        ),
        lambda s, who: prepare.change_member(s.file, who, s.expert.member_id, Appointment("改名", Role.EXPERT), NOW),
        lambda s, who: prepare.dismiss_member(s.file, who, max(m.id for m in members(s)), NOW),
    ),
    Act.ISSUE_CODE: (lambda s, who: join.issue_code(s.file, who, s.expert.member_id, new_code(os.urandom), NOW),),
    Act.ASSIGN_ITEMS: (
        lambda s, who: assign.assign_items(
            s.file, who, {m.id: ["1", "2", "3", "4", "5"] for m in members(s) if m.scores}, NOW
        ),
    ),
    Act.NAME_SITES: (lambda s, who: prepare.name_sites(s.file, who, SITES, NOW),),
    Act.LOAD_ROSTER: (
        lambda s, who: enlist.load_roster(s.file, who, ROSTER.encode(), NOW),
        take_roster,
    ),
    Act.ENTER_FIGURE: (lambda s, who: prepare.enter_figure(s.file, who, AgreedFigure("fund", "0.5"), NOW),),
    Act.LOCK_LIST: (
        lambda s, who: draw.lock_sites(s.file, who, 3, entropy=os.urandom, now=NOW),
        lambda s, who: draw.lock_citizens(s.file, who, QUOTAS, entropy=os.urandom, now=NOW),
    ),
    Act.UNLOCK_LIST: (
        lambda s, who: draw.unlock_list(s.file, who, draw.SITES, "名单有误", NOW),
        lambda s, who: draw.end_rehearsal(s.file, who, draw.SITES, NOW),
    ),
    Act.BEGIN_CEREMONY: (
        lambda s, who: draw.begin_ceremony(s.file, who, draw.SITES, "会议室", CARDS, NOW),
        lambda s, who: draw.correct_ceremony(s.file, who, draw.SITES, "会议室", CARDS, NOW),
    ),
    Act.VOID_CEREMONY: (lambda s, who: draw.void_ceremony(s.file, who, draw.SITES, "程序有误", NOW),),
    Act.ENTER_PUBLIC_DIGITS: (
        lambda s, who: draw.enter_public_digits(s.file, who, draw.SITES, PUBLIC_DIGITS, NOW),
        lambda s, who: draw.note_digits_so_far(s.file, who, draw.SITES, "314", NOW),
    ),
    Act.DRAW: (lambda s, who: draw.draw_list(s.file, who, draw.SITES, CARD_DIGITS, NOW),),
    Act.REGISTER_BY_HAND: (
        lambda s, who: register.register_by_hand(
            s.file, who, draw.SITES, {draw.SITE_STRATUM: [3, 1, 5]}, place="会议室", at=NOW, drawer="申必达",
            witnesses=["公证石", CHAIR], now=NOW,
        ),
        lambda s, who: register.add_draw_photo(s.file, who, draw.SITES, photo(), NOW),
        lambda s, who: register.remove_draw_photo(s.file, who, draw.SITES, 1, NOW),
    ),
    Act.CALL: (lambda s, who: substitute.call_citizen(s.file, who, 1, CallState.COMING, NOW),),
    Act.SUBSTITUTE: (
        lambda s, who: substitute.substitute(s.file, who, draw.SITES, 1, 2, "停业", "公证石", NOW),
        lambda s, who: substitute.take_back_substitution(s.file, who, draw.SITES, 2, "误录", NOW),
    ),
    Act.CLOSE_ABSENT: (
        lambda s, who: substitute.close_absent(s.file, who, draw.SITES, {1: "停业"}, ["公证石", "申必达"], NOW),
        lambda s, who: substitute.take_back_absent(s.file, who, draw.SITES, "误录", NOW),
    ),
    Act.DRAW_FRESH: (lambda s, who: substitute.draw_substitutes(s.file, who, draw.SITES, PUBLIC_DIGITS, NOW),),
    Act.OPEN_SCORING: (lambda s, who: prepare.open_scoring(s.file, who, NOW),),
    Act.ANSWER_ITEM: (
        lambda s, who: score.answer_item(s.file, who, "1", {"1": True, "2": True}, "再看一遍", base=0, now=NOW),
    ),
    Act.TYPE_IN: (
        lambda s, who: type_in.type_in_item(
            s.file, who, s.expert.member_id, "1", {"1": True, "2": True}, "", base=0, now=NOW
        ),
        lambda s, who: type_in.attach_photo(s.file, who, s.expert.member_id, photo("blue"), NOW),
        lambda s, who: type_in.remove_photo(s.file, who, s.expert.member_id, 1, NOW),
    ),
    Act.BRING_SHEETS: (
        lambda s, who: bring_sheets.bring_in(
            s.file, who, bring_sheets.Preview(small_rubric().rubric, (), (), ()), {}, NOW
        ),
    ),
    Act.CONFIRM_TYPED: (lambda s, who: type_in.confirm_typed(s.file, who, NOW, seen={}),),
    Act.ATTACH_EVIDENCE: (
        lambda s, who: attach.attach(s.file, who, photo("red"), Place(site=SITES[0].name), NOW),
        lambda s, who: attach.change_evidence(s.file, who, 1, NOW, caption="车间"),
    ),
    Act.KEEP_PHRASES: (lambda s, who: pad.keep_phrases(s.file, who, ["查阅原件"], NOW),),
    Act.SHARE_PHRASES: (lambda s, who: pad.share_phrases(s.file, who, ["查阅原件"], NOW),),
    Act.RESTORE: (lambda s, who: keep.restore(s.file, who, snapshots.take(s.file, NOW).path, NOW),),
    Act.HAND_OUT_ANNEX: (
        lambda s, who: export_draw.seal_annex(s.file, who, draw.SITES, entropy=os.urandom, now=NOW),
        lambda s, who: export_draw.own_proof(s.file, who, draw.SITES, 1, NOW),
    ),
    Act.LEAD_SCREEN: (
        lambda s, who: screen.lead_screen(s.file, who, screen.Shows.THANKS, NOW),
        lambda s, who: screen.name_citizens(s.file, who, True, NOW),
        lambda s, who: screen.show_whole_order(s.file, who, NOW),
        lambda s, who: screen.start_clock(s.file, who, public_activity(s).id, 10, NOW),
        lambda s, who: screen.give_a_minute(s.file, who, NOW),
        lambda s, who: screen.stop_clock(s.file, who, NOW),
    ),
    Act.DISPUTE_FIGURE: (lambda s, who: dispute.dispute_figure(s.file, who, "fund", "与年报不符", NOW),),
    Act.SETTLE_DISPUTE: (lambda s, who: dispute.settle_dispute(s.file, who, 1, "已核对", NOW),),
    Act.PROPOSE_REOPENING: (
        lambda s, who: reopen.propose_reopening(s.file, who, Stage.PREPARE, "误锁", NOW),
        lambda s, who: reopen.withdraw_reopening(s.file, who, 1, NOW),
    ),
    Act.CONFIRM_REOPENING: (lambda s, who: reopen.confirm_reopening(s.file, who, 1, NOW),),
    Act.CHOOSE_METHOD: (lambda s, who: consolidate.choose_method(s.file, who, "mean", 2, "items", 1, NOW),),
    Act.CHANGE_METHOD: (
        lambda s, who: consolidate.change_method(s.file, who, "median", 2, "items", 1, "专家临时离会", NOW),
    ),
    Act.CHOOSE_READING: (lambda s, who: consolidate.choose_reading(s.file, who, "", Reading.FIRST, "按原文", NOW),),
    Act.HAND_IN: (lambda s, who: hand_in.hand_in_sheet(s.file, who, NOW),),
    Act.TAKE_BACK: (lambda s, who: hand_in.take_back_sheet(s.file, who, NOW),),
    Act.HAND_IN_PAPER: (
        lambda s, who: hand_in.hand_in_paper(s.file, who, s.expert.member_id, NOW),
        lambda s, who: hand_in.take_back_paper(s.file, who, s.expert.member_id, NOW),
    ),
    Act.EXCUSE: (
        lambda s, who: hand_in.excuse_expert(s.file, who, s.expert.member_id, "因病离会", True, NOW),
        lambda s, who: hand_in.end_excuse(s.file, who, s.expert.member_id, NOW),
    ),
    Act.OPEN_MARKS: (lambda s, who: open_marks.open_marks(s.file, who, NOW, reason="先行汇总"),),
    Act.ASK_AGAIN: (
        lambda s, who: hand_in.ask_again(s.file, who, s.expert.member_id, "4", "与现场所见不符", NOW),
        lambda s, who: hand_in.withdraw_asking(s.file, who, 1, NOW),
    ),
    Act.LOOK_AGAIN: (lambda s, who: hand_in.answered_again(s.file, who, "4", NOW),),
    Act.ADJUDICATE: (
        lambda s, who: consolidate.adjudicate(s.file, who, "1", "1", "合议", "第一款", NOW),
        lambda s, who: consolidate.let_stand(s.file, who, "1", "合议后不作调整", NOW),
    ),
    Act.DECIDE_VETO: (lambda s, who: consolidate.decide_veto(s.file, who, "1", True, "通报文件", NOW),),
    Act.DECIDE_GATE: (lambda s, who: consolidate.decide_gate(s.file, who, "2", False, "查无文件", NOW),),
    Act.STATE_FINDING: (
        lambda s, who: feed_back.state_finding(s.file, who, Finding(FindingKind.PROBLEM, "档案不全。"), NOW),
        lambda s, who: feed_back.withdraw_finding(s.file, who, 1, NOW),
        lambda s, who: feed_back.collect_finding(s.file, who, FindingKind.PROBLEM, "台账缺页。", ["1"], [], NOW),
        lambda s, who: feed_back.merge_findings(s.file, who, [1, 2], "两处合一。", NOW),
        lambda s, who: feed_back.part_findings(s.file, who, 1, [2], NOW),
        lambda s, who: feed_back.move_finding(s.file, who, 1, NOW, up=True),
    ),
    Act.STATE_JUDGEMENT: (lambda s, who: feed_back.state_judgement(s.file, who, "总体较好。", NOW),),
    Act.DISCLOSE: (lambda s, who: feed_back.disclose(s.file, who, Disclosure(scores=True), NOW),),
    Act.RECOMMEND: (lambda s, who: consolidate.recommend(s.file, who, Recommendation.FAIL, NOW),),
    Act.EXPLAIN: (lambda s, who: seal.explain(s.file, who, open_point(s), "已核实", NOW),),
    Act.CONFIRM_RESULT: (
        lambda s, who: seal.confirm_result(s.file, who, shown(s), NOW),
        lambda s, who: seal.refuse_result(s.file, who, shown(s), "第四项依据不足", NOW),
    ),
    Act.ATTACH_SCAN: (lambda s, who: seal.attach_scan(s.file, who, "签字稿", photo(), NOW),),
    Act.SEAL: (lambda s, who: seal.seal(s.file, who, NOW, entropy=os.urandom),),
    Act.ISSUE: (lambda s, who: seal.issue(s.file, who, "反馈意见", "清溪县人民政府", PDF, NOW),),
    Act.FORM_GROUPS: (
        lambda s, who: assign.form_group(
            s.file, who, "一组", "计量", s.other.member_id, [s.other.member_id, s.expert.member_id], True, NOW
        ),
        lambda s, who: assign.change_group(
            s.file, who, 1, "一组", "计量", s.other.member_id, [s.other.member_id], False, NOW
        ),
        lambda s, who: assign.dissolve_group(s.file, who, 1, NOW),
    ),
    Act.PLAN_ACTIVITIES: (
        lambda s, who: observe.add_activity(s.file, who, Activity(0, "碰头会"), NOW),
        lambda s, who: observe.change_activity(
            s.file, who, replace(activity(s), title="实地看"), NOW, base=activity(s)
        ),
        lambda s, who: observe.move_activity(s.file, who, activity(s).id, 1, NOW),
        lambda s, who: observe.withdraw_activity(s.file, who, activity(s).id, NOW),
    ),
    Act.TAKE_ATTENDANCE: (
        lambda s, who: observe.take_attendance(
            s.file, who, [Attendance(activity(s).id, Attendee.GUEST, "许迎宾")], NOW
        ),
    ),
    Act.OBSERVE: (
        lambda s, who: observe.observe(s.file, who, remark(s), NOW),
        lambda s, who: observe.reword_observation(s.file, who, replace(remark(s), id=1), NOW, base=remark(s)),
        lambda s, who: observe.withdraw_observation(s.file, who, 1, NOW),
    ),
    Act.CHECK_SITE: (
        lambda s, who: observe.check_site(s.file, who, SiteCheck(1, Agrees.YES, "一致"), NOW, base=0),
    ),
    Act.ENTER_FACT: (lambda s, who: bring.enter_fact(s.file, who, "located", "县城", base=0, now=NOW),),
    Act.BRING_SELF_CHECK: (
        lambda s, who: bring.bring_self_check(s.file, who, table_of(SELF_CHECK_COLUMNS, item="1", points=1, page="3"), NOW),
        lambda s, who: bring.bring_desk_marks(s.file, who, table_of(DESK_MARK_COLUMNS, item="1", name=OTHER, points=1), NOW),
    ),
    Act.REMOVE_PERSONAL: (
        lambda s, who: bring.remove_personal_facts(s.file, who, NOW),
        lambda s, who: redact.redact(s.file, who, NOW),
        lambda s, who: redact.hand_over(s.file, who, s.file.path.with_name(f"{os.urandom(8).hex()}.copy"), NOW),
    ),
    Act.DECLARE: (lambda s, who: recuse.declare(s.file, who, "", True, NOW),),
    Act.PROPOSE_RECUSAL: (
        lambda s, who: recuse.propose_recusal(s.file, who, s.other.member_id, Scope.ITEM, "2", "曾任顾问", NOW),
    ),
    Act.DECIDE_RECUSAL: (lambda s, who: recuse.decide_recusal(s.file, who, 1, "省质量办", False, NOW),),
    Act.HAND_OVER_CHAIR: (
        lambda s, who: recuse.hand_over_chair(s.file, who, s.other.member_id, "组长离会", NOW),
    ),
}
"""Every service that changes a visit which is there, by the act it is permitted as."""
