"""What the chair reads out: in the order of the visit, by its own numbers, and with the steps of the protocol."""

from __future__ import annotations

import re
from dataclasses import replace

from inspection_app.core.certificate import digits_wanted
from inspection_app.core.document import Heading, Paragraph
from inspection_app.core.papers.script import host_script
from tests.core.papers.conftest import ENTRIES, HENAN, MEMBERS, VISIT, locked_citizens, locked_sites, said


def test_the_script_follows_the_programme_with_both_draws_before_what_they_are_for() -> None:
    """One section an entry, and the draws right before the first entry that is held with what is drawn."""
    script = host_script(VISIT, HENAN, ENTRIES, MEMBERS)
    sections = [block.text for block in script.blocks if isinstance(block, Heading) and block.level == 1]
    assert sections == [
        "一、预备会", "二、汇报交流", "三、当众抽取", "四、实地考察", "五、群众座谈", "六、内部评议", "七、情况反馈",
    ]  # fmt: skip
    draws = [block.text for block in script.blocks if isinstance(block, Heading) and block.level == 2]
    assert draws == ["（一）抽取实地考察点", "（二）抽取座谈群众"]


def test_the_script_reads_out_the_official_steps_and_the_visits_numbers() -> None:
    """The four steps of the presentation, people, items and points are in it; discipline comes first."""
    text = said(host_script(VISIT, HENAN, ENTRIES, MEMBERS))
    for phrase in (
        "第一项：创建成果视频展示。", "第四项：专家组听取汇报并提问交流。", "第三项：相关部门现场解答群众疑问。",
        "共10个方面、37项内容，基本分100分，另有加分6分", "组长章北川，成员江晚舟；秘书高知微", "抽取3或4个",
        "2026年5月12日至13日",
    ):  # fmt: skip
        assert phrase in text
    assert text.index("一是回避") < text.index("二是保密") < text.index("三是独立评分") < text.index("各位领导")


def test_the_script_keeps_the_order_of_the_protocol() -> None:
    """Lock, code, cards face down, public digits, open the cards, draw, sign: in this order, for each draw."""
    text = said(host_script(VISIT, HENAN, ENTRIES, MEMBERS))
    steps = ("锁定名单", "名单编码是", "扣放在桌上", "抽公开数字", "翻开卡片", "第五步，抽取", "第六步，签名")
    for draw in text.split("（一）抽取")[1].split("（二）抽取"):
        places = [draw.index(step) for step in steps]
        assert places == sorted(places)


def test_a_locked_list_fills_in_the_script() -> None:
    """Code, quotas and the number of public digits come from the list; before the lock there are blanks."""
    sites, citizens = locked_sites(), locked_citizens()
    text = said(host_script(VISIT, HENAN, ENTRIES, MEMBERS, locked={"sites": sites, "citizens": citizens}))
    for locked in (sites, citizens):
        assert f"名单编码是：{locked.short_code[:4]} {locked.short_code[4:]}。" in text
    assert "抽取3个进行实地考察" in text
    assert "群众代表从6人中抽4人、人大代表从6人中抽2人" in text
    assert f"共{max(6, digits_wanted(citizens))}位" in text
    assert "名单编码是：＿" in said(host_script(VISIT, HENAN, ENTRIES, MEMBERS))


def test_the_drawn_sites_are_read_out() -> None:
    """Once drawn, the sites stand in the script in their order."""
    script = host_script(VISIT, HENAN, ENTRIES, MEMBERS, sites=["丙厂", "甲所"])
    listed = [block.text for block in script.blocks if isinstance(block, Paragraph) and re.match(r"\d\. ", block.text)]
    assert listed == ["1. 丙厂", "2. 甲所"]


def test_a_visit_without_draws_has_a_script_without_them() -> None:
    """Where the scheme has no draws, nothing is said of any."""
    entries = tuple(replace(entry, draws="") for entry in ENTRIES)
    assert "抽取" not in said(host_script(VISIT, HENAN, [e for e in entries if "抽取" not in e.text], MEMBERS))
