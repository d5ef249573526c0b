"""The papers that follow a draw: its certificate as one page to be signed (抽取记录单), and what one person is handed
as proof of having been in the list (在册证明). They say what a certificate says and verify nothing."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from inspection_app import verify
from inspection_app.core.annex import Proof
from inspection_app.core.document import Align, Cell, Document, Fine, Form, FormRow, Large, Paragraph
from inspection_app.core.draw import LockedList, parse_list
from inspection_app.core.wording import DRAW_TITLES, PARTY_TITLES, chinese_date

DIGITS_BY = {"balls": "用号码球或纸签抽取", "dice": "用十面骰子掷出"}
SIGNERS = PARTY_TITLES | {"drawer": "抽签人", "witness": "见证人", "secretary": "秘书"}
# The certificate is one page; the file has everything. What the page has room for:
_NUMBERS, _NUMBERS_A_LINE, _RESERVES = 48, 8, 5  # drawn of all strata together; reserves of each
_FIGURES, _TICKETS_A_LINE = 6, 12  # first figures of a ticket
_TICKET_LINES = 32.0  # if nothing else needed lines


def certificate_page(
    certificate: Mapping[str, Any], applicant: str, *, names: Mapping[int, str] | None = None
) -> Document:
    """Build the certificate of a draw, or the record of one made by hand, as one page to be signed (抽取记录单).

    Of a long list it shows the tickets of the first in order, of many substitutions the latest; the file has them all.
    It names no citizen.

    Args:
        certificate: see ``core.certificate``; it is printed as it says, not verified.
        applicant: who is visited, for the line under the title.
        names: of the sites by number; of citizens none is taken.
    """
    locked = parse_list(certificate["list"])
    by_hand = certificate["method"] != "computed"
    called = dict(names or {}) if locked.kind == "sites" else {}
    title = f"抽取记录单（{DRAW_TITLES[locked.kind]}）"
    rehearsal = "演练 REHEARSAL" if certificate["rehearsal"] else ""
    ceremony = certificate["ceremony"] if by_hand else verify.parse_head(certificate["head"])[0]["ceremony"]
    manner = "手工抽签，不可复算" if by_hand else "可以由任何人重新计算"
    told = [
        *(_fresh_rows(certificate["fresh"]) if "fresh" in certificate else []),
        *_told("递补", [*_substitutions(certificate)], _lines_told(certificate)),
        *_told("作废", [*_voided(certificate)], _lines_told(certificate)),
    ]
    return Document(
        title=f"【{rehearsal}】{title}" if rehearsal else title,
        subtitle=f"{applicant}现场验收　第{ceremony}次抽取程序　{manner}",
        date="",
        blocks=(
            Large(
                f"{certificate['short_code'][:4]} {certificate['short_code'][4:]}",
                "名单编码，与锁定单和各方卡片上的一致。二维码是本单的摘要。",
                certificate_brief(certificate),
            ),
            Form(tuple(_by_hand_rows(certificate) if by_hand else _head_rows(certificate))),
            Form(tuple(_result_rows(locked, certificate, called))),
            *([] if by_hand else _tickets(certificate, _room(certificate))),
            *([Form(tuple(told))] if told else []),
            Form(tuple(_signing_rows(certificate))),
        ),
        imprint=tuple(_imprint(locked, certificate, by_hand)),
        form=True,
        running=f"{f'{rehearsal}　' if rehearsal else ''}{title}　编码 {certificate['short_code']}",
    )


def certificate_brief(certificate: Mapping[str, Any]) -> str:
    """Return what pins a certificate in a few lines, for a QR code: page and file that agree in it are the same draw.

    ``order`` is SHA-256 of all numbers in ticket order with single spaces between them; of a draw made by hand,
    ``selected`` is that of the drawn numbers.
    """
    locked = parse_list(certificate["list"])
    lines = [f"visit {locked.visit_id}", f"kind {locked.kind}"]
    if certificate["method"] == "computed":
        facts, _ = verify.parse_head(certificate["head"])
        lines += [
            f"ceremony {facts['ceremony']} {facts['mode']}", f"list {certificate['list_digest']}",
            f"seed {certificate['seed']}", f"attempt {certificate['attempt']}",
            f"order {_numbers_digest(certificate['order'])}",
        ]  # fmt: skip
        return "\n".join(["inspection-app draw 1", *lines])
    drawn = [number for numbers in certificate["selected"].values() for number in numbers]
    lines += [f"ceremony {certificate['ceremony']}", f"list {certificate['list_digest']}",
              f"selected {_numbers_digest(drawn)}"]  # fmt: skip
    return "\n".join(["inspection-app draw by hand 1", *lines])


def proof_page(proof: Proof, locked: LockedList, applicant: str) -> Document:
    """Build what one person is handed on request: that they were in the list, and how to check it (在册证明)."""
    row = proof.row
    return Document(
        title="名单在册证明",
        subtitle=f"{applicant}现场验收　抽取{DRAW_TITLES[locked.kind]}",
        date="",
        blocks=(
            Paragraph(
                f"名单锁定时，以下身份文本列于名单第{row.number}号，共{len(locked.rows)}个编号。"
                "本证明含个人信息，只交给本人。"
            ),
            Form(tuple(
                FormRow((Cell(label, 1.5, label=True, align=Align.CENTER), Cell(text, 7)), height=9)
                for label, text in (
                    ("编号", str(row.number)),
                    ("身份文本", row.identity),
                    ("随机数", row.nonce),
                    ("加密摘要", _grouped(proof.leaf)),
                    ("名单摘要", _grouped(proof.list_digest)),
                    ("核对命令", _command(proof)),
                )
            )),
            Paragraph(
                "核对办法：取得抽取记录（certificate.json）和核验程序（verify.py），在它们所在的文件夹执行以上命令，最后一行以"
                "ok开头即为相符。"
            ),
            Paragraph(
                "也可以自行计算：把随机数作为16个字节，后接身份文本的UTF-8字节，其SHA-256就是加密摘要，"
                "它列在记录中名单的同一编号下；名单全文的SHA-256就是各方签名的名单摘要。"
            ),
        ),
        imprint=(f"现场验收编号：{locked.visit_id}",),
        form=True,
        running=f"名单在册证明　名单编码 {locked.short_code}",
    )  # fmt: skip


def _command(proof: Proof) -> str:
    number, identity, nonce = proof.row
    return f'python3 -I verify.py certificate.json --row {number} --nonce {nonce} --identity "{identity}"'


def _label(text: str) -> Cell:
    return Cell(text, 1.1, label=True, align=Align.CENTER)


def _line(*pairs: tuple[str, str]) -> FormRow:
    share = 8 / len(pairs) - (0 if len(pairs) == 1 else 0.55)
    return FormRow(tuple(cell for label, text in pairs for cell in (_label(label), Cell(text, share))), small=True)


def _head_rows(certificate: Mapping[str, Any]) -> Iterator[FormRow]:
    facts, cards = verify.parse_head(certificate["head"])
    entropy = certificate["entropy"]
    short = "" if float(entropy["got_bits"]) >= float(entropy["needed_bits"]) else "（不足）"
    at = datetime.fromisoformat(facts["time"])
    yield _line(("地点", _short(facts["place"])), ("时间", f"{chinese_date(at.date())}{at:%H:%M:%S}"))
    yield _line(("卡片", "；".join(f"{PARTY_TITLES[party]} {_short(name, 12)} {_short(digits, 16)}"
                                   for party, digits, name in cards[:3])))  # fmt: skip
    yield _line(("公开数字", _digits(facts["public"], certificate)))
    yield _line(("名单摘要", _grouped(certificate["list_digest"])))
    yield _line(("种子", _grouped(certificate["seed"])))
    yield _line(
        ("取用轮次", f"种子/{certificate['attempt']}"),
        ("随机量", f"需{entropy['needed_bits']}比特，公开数字有{entropy['got_bits']}比特{short}"),
    )


def _by_hand_rows(certificate: Mapping[str, Any]) -> Iterator[FormRow]:
    at = datetime.fromisoformat(certificate["time"])
    yield _line(("地点", _short(certificate["place"])), ("时间", f"{chinese_date(at.date())}{at:%H:%M:%S}"))
    yield _line(("名单摘要", _grouped(certificate["list_digest"])))
    photos = [_grouped(photo) for photo in certificate["photos"]]
    more = [f"……共{len(photos)}张"] if photos[3:] else []
    yield _line(("照片摘要", "\n".join([*photos[:3], *more])))


def _result_rows(locked: LockedList, certificate: Mapping[str, Any], names: Mapping[int, str]) -> Iterator[FormRow]:
    sizes = Counter(row.stratum for row in locked.rows)
    titles = ("类别", "名单", "抽中编号（依次）", "候补编号（依次）")
    shares = (1.5, 0.8, 3.4, 3.4)

    def listed(numbers: Sequence[int], most: int) -> str:
        told = [f"{one}　{_short(names[one], 18)}" if one in names else str(one) for one in numbers[:most]]
        rest = f"……共{len(numbers)}个" if numbers[most:] else ""
        return ("\n" if names else "、").join(told) + rest

    yield FormRow(tuple(Cell(title, share, label=True, align=Align.CENTER)
                        for title, share in zip(titles, shares, strict=True)), shaded=True, small=True)  # fmt: skip
    for quota in locked.quotas:
        selected, reserves = certificate["selected"][quota.stratum], certificate["reserves"][quota.stratum]
        size = f"{sizes[quota.stratum]}取{quota.k}"
        drawn = listed(selected, _numbers_told(certificate))
        cells = (_short(quota.stratum), size, drawn, listed(reserves, 3 if "fresh" in certificate else _RESERVES))
        yield FormRow(tuple(Cell(text, share, align=align) for text, share, align in zip(
            cells, shares, (Align.CENTER, Align.CENTER, Align.LEFT, Align.LEFT), strict=True)), small=True)  # fmt: skip


def _room(certificate: Mapping[str, Any]) -> int:
    """Return how many tickets find room beside what the draw's other facts take."""
    lines = [[*_substitutions(certificate)], certificate["voided"]]
    told = [min(len(one), _lines_told(certificate) + 1) for one in lines]
    if "fresh" in certificate:
        told += [2, 2, 1, 1]  # its rows; those of who signed and of who came may need a second line
    strata = [*certificate["selected"].values()]
    drawn = [-(-min(len(numbers), _numbers_told(certificate)) // _NUMBERS_A_LINE) for numbers in strata]
    taken = sum(1.7 * lines + 1.1 for lines in [*told, *drawn] if lines)
    return max(1, int(_TICKET_LINES - taken)) * _TICKETS_A_LINE


def _tickets(certificate: Mapping[str, Any], most: int) -> Iterator[Paragraph | Fine]:
    order, tickets = certificate["order"], certificate["tickets"]
    which = f"最前{most}张，其余载于记录文件" if order[most:] else "全部"
    yield Paragraph(f"签号，从小到大（{which}），各取小数点后前{_FIGURES}位：", small=True)
    yield Fine(
        tuple(
            f"{number}号 {ticket[2 : 2 + _FIGURES]}"
            for number, ticket in zip(order[:most], tickets[:most], strict=True)
        ),
        _TICKETS_A_LINE,
    )


def _fresh_rows(fresh: Mapping[str, Any]) -> Iterator[FormRow]:
    facts, _ = verify.parse_fresh(fresh["head"])
    at = datetime.fromisoformat(facts["time"])
    signed = [line.partition(" ")[2] for line in fresh["head"].split("\n") if line.startswith("signed ")]
    before = "".join(f"；第{one['closing']}次作废：{_short(str(one['reason']), 12)}" for one in fresh["voided"][-1:])
    names = "、".join(_short(name, 8) for name in signed[:4]) + (f"等{len(signed)}人" if signed[4:] else "")
    yield _line(("缺席名单", f"{chinese_date(at.date())}{at:%H:%M:%S}签名：{names}{before}"))
    pairs = [f"{one['in']}号递补{one['out']}号" for one in fresh["substitutes"]]
    came = "、".join(pairs[:6]) + (f"……共{len(pairs)}人" if pairs[6:] else "")
    yield _line(("补抽", f"公开数字{_digits(facts['public'], fresh)}，{came}"))
    yield _line(("原单摘要", _grouped(facts["first"])))
    yield _line(("补抽种子", f"{_grouped(fresh['seed'])}/{fresh['attempt']}"))


def _digits(public: str, part: Mapping[str, Any]) -> str:
    by = DIGITS_BY.get(part.get("digits_by", ""), "")
    return f"{_short(public, 60)}（{by}）" if by else _short(public, 60)


def _substitutions(certificate: Mapping[str, Any]) -> Iterator[str]:
    def told(substitutions: Sequence[Mapping[str, Any]]) -> Iterator[str]:
        for one in substitutions:
            reason, witness = _short(str(one["reason"]), 18), _short(str(one["witness"]), 8)
            yield f"{one['in']}号递补{one['out']}号（{reason}），见证：{witness}"

    yield from told(certificate["substitutions"])
    if "fresh" in certificate:
        yield from told(certificate["fresh"]["substitutions"])


def _voided(certificate: Mapping[str, Any]) -> Iterator[str]:
    for one in certificate["voided"]:
        yield f"第{one['ceremony']}次：{_short(str(one['reason']), 36)}"


def _lines_told(certificate: Mapping[str, Any]) -> int:
    """Return how many substitutions, and how many voided ceremonies, are told; many strata leave less room."""
    return 3 if len(certificate["selected"]) < 4 and "fresh" not in certificate else 1


def _numbers_told(certificate: Mapping[str, Any]) -> int:
    """Return how many of the drawn of each stratum are told; fresh digits need most of that room."""
    return (_NUMBERS // 3 if "fresh" in certificate else _NUMBERS) // len(certificate["selected"])


def _told(label: str, lines: Sequence[str], most: int) -> Iterator[FormRow]:
    more = [f"共{len(lines)}次，以上是最近的，其余载于记录文件"] if len(lines) > most else []
    if lines:
        yield _line((label, ("；" if most == 1 else "\n").join([*lines[-most:], *more])))


def _signing_rows(certificate: Mapping[str, Any]) -> Iterator[FormRow]:
    signers = [(one["role"], one["name"]) for one in certificate["signatures"]][:5]
    if "secretary" not in dict(signers):
        signers.append(("secretary", ""))
    for start in range(0, len(signers), 2):
        cells: list[Cell] = []
        for role, name in [*signers[start : start + 2], ("", "")][:2]:
            title = SIGNERS.get(role, role)
            cells += [Cell(f"{title}\n{_short(name, 12)}" if name else title, 1.6, label=True, align=Align.CENTER),
                      Cell("", 2.9)]  # fmt: skip
        yield FormRow(tuple(cells), height=11, small=True)


def _imprint(locked: LockedList, certificate: Mapping[str, Any], by_hand: bool) -> Iterator[str]:
    command = "" if by_hand else "　　核对：python3 -I verify.py certificate.json（只需 Python，不需要本软件）"
    yield f"现场验收编号：{locked.visit_id}{command}"
    if certificate.get("verifier_digest"):
        yield f"核验程序 verify.py 的 SHA-256：{certificate['verifier_digest']}"
    if certificate.get("annex_digest"):
        yield f"密封附件（姓名和随机数）的 SHA-256：{certificate['annex_digest']}"


def _numbers_digest(numbers: Sequence[int]) -> str:
    return hashlib.sha256(" ".join(map(str, numbers)).encode()).hexdigest()


def _grouped(digest: str) -> str:
    """Return a digest in groups of eight, as people compare it."""
    return " ".join(digest[start : start + 8] for start in range(0, len(digest), 8))


def _short(text: str, most: int = 30) -> str:
    """Return a text cut to what one page can hold."""
    return text if len(text) <= most else text[: most - 1] + "…"
