"""`rubric new` and `rubric sheet`, by the tables that offices keep and the files that come of them."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from pypdf import PdfReader

from inspection_app import language
from inspection_app.cli import main
from inspection_app.core.propose import TableRow, propose
from inspection_app.errors import RubricError
from inspection_app.files import load_rubric, parse_rubric, rubric_ids
from inspection_app.files.rubric_draft import rubric_yaml
from inspection_app.files.rubric_sheet import COLUMNS, rubric_sheet_xlsx
from inspection_app.files.rubric_table import parse_rubric_table
from tests.benchmarks.proposals import TEXTS, measured, table

ROWS = [
    ["某镇质量强镇验收细则"],
    ["（征求意见稿）"],
    ["指标项", "指标内容", "分值", "验收方式", "评分方法", "得分"],
    ["一、质量工作（10分）", "1．组织领导", 4, "听取汇报\n查阅文件", "成立领导小组（2分）。设立专项经费得2分，列入计划尚未到位得1分，均无不得分。"],
    [None, "2．产品质量", 6, "查阅文件", "抽检合格率98% 以上得4分，95% 以上得2分，\n不足95% 不得分。每有一起投诉扣0.5分，扣完2分为止。"],
    ["续表"],
    ["指标项", "指标内容", "分值", "验收方式", "评分方法", "得分"],
    ["二、加分项（最高2分）", "3．创新", 2, None, "由专家组酌情加分（2分）。"],
    ["合计", None, 12, None, None],
]  # fmt: skip


def xlsx(rows: Sequence[Sequence[object]], *merged: str) -> bytes:
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    for row in rows:
        sheet.append(list(row))
    for cells in merged:
        sheet.merge_cells(cells)
    stream = io.BytesIO()
    workbook.save(stream)
    return stream.getvalue()


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    language.use("en")
    yield
    language.use(None)


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    return result.exit_code, result.output


@pytest.fixture
def made(tmp_path: Path) -> tuple[Path, str]:
    """The rubric file made of the sample table, and what the screen said."""
    (tmp_path / "table.xlsx").write_bytes(xlsx(ROWS, "A1:F1", "A4:A5", "A6:F6"))
    out = tmp_path / "my-town.yaml"
    code, said = run("rubric", "new", out, "--from", tmp_path / "table.xlsx")
    assert code == 0, said
    return out, said


def test_a_table_becomes_a_file_that_loads_and_passes_the_check(made: tuple[Path, str]) -> None:
    """Titles below other lines, a merged chapter, 续表 with its titles again, a row of sums: two aspects, three items."""
    out, _said = made
    rubric = load_rubric(out)
    assert (rubric.id, rubric.title, rubric.source) == ("my-town", "某镇质量强镇验收细则", "table.xlsx")
    assert [(a.title, str(a.points), a.kind.value) for a in rubric.aspects] == [
        ("一、质量工作", "10", "base"), ("二、加分项", "2", "bonus"),
    ]  # fmt: skip
    assert [(item.no, item.content, str(item.points)) for item in rubric.items] == [
        ("1", "组织领导", "4"), ("2", "产品质量", "6"), ("3", "创新", "2"),
    ]  # fmt: skip
    assert [[c.kind for c in item.criteria] for item in rubric.items] == [
        ["tick", "choice"],
        ["step", "rate"],
        ["grade"],
    ]
    assert rubric.item("1").verification == ("听取汇报", "查阅文件")
    assert (
        rubric.item("2").rule_text
        == "抽检合格率98%以上得4分，95%以上得2分，不足95%不得分。每有一起投诉扣0.5分，扣完2分为止。"
    )
    code, said = run("rubric", "check", out)
    assert (code, "no faults; 3 items" in said) == (0, True)


def test_what_a_person_must_decide_stands_at_its_line_and_on_the_screen(made: tuple[Path, str]) -> None:
    """Each DECIDE stands right above the line it is about; the screen names the item, and counts."""
    out, said = made
    text = out.read_text("utf-8")
    lines = text.splitlines()
    place = next(n for n, line in enumerate(lines) if "DECIDE" in line and "discretion" in line)
    assert "kind: grade" in lines[place + 1]
    assert "item 3 criterion 1: The text leaves the points to discretion" in said
    assert f"to decide: {text.count('# DECIDE: ')}." in said
    assert "3 items proposed, 2 of them without anything to decide" in said


def test_the_file_is_written_in_the_order_and_style_of_the_shipped_ones(made: tuple[Path, str]) -> None:
    """Keys in the shipped files' order, "no" and ids in quotes, a short criterion in one line, no line of it folded."""
    text = made[0].read_text("utf-8")
    content = yaml.safe_load(text)
    assert list(content)[:8] == ["id", "version", "title", "issuer", "year", "source", "stated_total", "stated_bonus"]
    item = content["aspects"][0]["items"][0]
    assert list(item) == ["no", "content", "points", "verification", "rule_text", "criteria"]
    assert '          - {id: "1", kind: tick, points: 2, text: 成立领导小组}\n' in text
    assert '      - "no": "1"\n        content: 组织领导\n        points: 4\n' in text
    assert '{title: 抽检合格率, unit: "%", from: 0, to: 100}' in text


def test_wording_is_only_cut_never_made(made: tuple[Path, str]) -> None:
    """Every text, title and level of the file stands in a cell of the table, but for white space."""
    cells = "\n".join("".join(str(cell).split()) for row in ROWS for cell in row if cell)
    rubric = load_rubric(made[0])
    words = [w for i in rubric.items for w in (i.content, i.rule_text, *i.verification, *(c.text for c in i.criteria))]
    words += [tier.text for i in rubric.items for c in i.criteria if c.kind == "choice" for tier in c.tiers]
    words += [band.text for i in rubric.items for c in i.criteria if c.kind == "step" for band in c.bands]
    words += [figure.title for figure in rubric.figures.values()]
    assert [word for word in words if word not in cells] == []


def test_nothing_is_overwritten(made: tuple[Path, str]) -> None:
    """A file that is there already stays as it is."""
    out, _said = made
    before = out.read_bytes()
    code, said = run("rubric", "new", out, "--from", out.parent / "table.xlsx")
    assert (code, "is there already" in said, out.read_bytes()) == (1, True, before)


@pytest.mark.parametrize(
    ("titles", "fields"),
    [
        (["序号", "类别", "考核内容", "分数", "评分标准", "责任部门"], ["no", "aspect", "content", "points", "rule_text", "responsible"]),
        (["考核内容", "序号", "考核指标（20分）", "考核要点", "分值", "评分标准"], ["chapter", "no", "aspect", "content", "points", "rule_text"]),
        (["考核领域", "考核要点", "具体内容", "评价部门"], ["aspect", "part", "rule_text", "responsible"]),
        (["一级指标", "二级指标", "具体内容", "分值（分）", "评分方法"], ["chapter", "aspect", "content", "points", "rule_text"]),
        (["项目", "内 容", "标准分", "考核评分方法", "自评分"], ["aspect", "content", "points", "rule_text"]),
        (["项目", "考核内容及评分标准", "考核办法", "标准分值"], ["aspect", "rule_text", "verification", "points"]),
    ],
)  # fmt: skip
def test_columns_are_known_by_the_titles_offices_use(titles: list[str], fields: list[str]) -> None:
    """The last column of what is assessed is the item, the one before it (or the one that states points) its chapter."""
    cells = ["领域（20分）" if name == "aspect" else f"词{name}" for name in [*fields, "自评"][: len(titles)]]
    found = parse_rubric_table(xlsx([["细则"], titles, cells])).rows[0]
    assert list(found.cells) == fields
    assert found["aspect"] == "领域（20分）"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"PK no spreadsheet", "not-xlsx"),
        (xlsx([["姓名", "单位"], ["甲", "乙"]]), "no-columns"),
        (xlsx([]), "no-columns"),
    ],
)
def test_what_is_no_table_of_a_rubric_is_refused(content: bytes, code: str) -> None:
    """A file that is none, a table of something else and an empty one are told apart in words."""
    with pytest.raises(RubricError) as error:
        parse_rubric_table(content)
    assert error.value.code == code


AWKWARD = st.text(st.sampled_from("甲乙：:#-'\"“”{}[],，、&*!|>%@`=？?\\ 1分（）。no~"), max_size=12)


@given(AWKWARD, AWKWARD, AWKWARD, AWKWARD)
def test_what_is_written_is_read_back_the_same(title: str, content: str, rule: str, way: str) -> None:
    """Colons, hashes, quotes, leading dashes: the file says what was proposed, to the letter."""
    cells = {
        "aspect": title,
        "content": content,
        "rule_text": f"{rule}甲得2分，{rule}乙得1分。",
        "verification": way,
        "points": "2",
    }
    proposal = propose([TableRow("S!1", cells)], id="a", title=f"细则{title}", source=content)
    assert parse_rubric(rubric_yaml(proposal, str), "a.yaml").rubric == proposal.rubric


@pytest.mark.parametrize("id_", TEXTS)
def test_the_official_tables_are_proposed_nearly_as_shipped(id_: str, tmp_path: Path) -> None:
    """Of each text nine items in ten have exactly the shipped criteria, all have their wording, and the file loads."""
    share = measured(id_)
    assert share.exact / share.items >= 0.9
    (tmp_path / "table.xlsx").write_bytes(table(load_rubric(id_)))
    code, said = run("rubric", "new", tmp_path / "new.yaml", "--from", tmp_path / "table.xlsx", "--id", id_)
    assert code == 0, said
    shipped, proposed = load_rubric(id_), load_rubric(tmp_path / "new.yaml")
    assert [(a.kind, a.points) for a in proposed.aspects if not a.deduction] == [
        (a.kind, a.points) for a in shipped.aspects if not a.deduction
    ]
    assert (proposed.stated_bonus, len(proposed.vetoes)) == (shipped.stated_bonus, len(proposed.vetoes))


@pytest.mark.parametrize("id_", rubric_ids())
def test_a_sheet_is_printed_without_a_visit(id_: str, tmp_path: Path) -> None:
    """The PDF has every item under its number and content, and nobody's name or figure."""
    code, said = run("rubric", "sheet", id_, "--pdf", tmp_path / "sheet.pdf")
    assert code == 0, said
    text = "".join("".join(page.extract_text() for page in PdfReader(tmp_path / "sheet.pdf").pages).split())
    rubric = load_rubric(id_)
    assert f"共{len(rubric.items)}项" in text
    assert [item.no for item in rubric.items if f"{item.no}-{item.criteria[0].id}" not in text] == []
    assert "已约定" not in text


@pytest.mark.parametrize("id_", rubric_ids())
def test_the_spreadsheet_sheet_is_fit_to_print_and_its_wording_locked(id_: str) -> None:
    """A4 across, one page wide, titles on every page; a row for each criterion; value, mark and note alone are open."""
    rubric = load_rubric(id_)
    sheet = load_workbook(io.BytesIO(rubric_sheet_xlsx(rubric))).worksheets[0]
    assert (sheet.page_setup.orientation, int(sheet.page_setup.paperSize), sheet.page_setup.fitToWidth) == (
        "landscape",
        9,
        1,
    )
    assert (sheet.print_title_rows, [cell.value for cell in sheet[2]]) == ("$2:$2", [title for title, _ in COLUMNS])
    rows = [row for row in sheet.iter_rows(min_row=3) if row[4].value]
    assert len(rows) == sum(len(item.criteria) for item in rubric.items)
    assert [row[0].value for row in rows if row[0].value] == [item.no for item in rubric.items]
    assert sheet.protection.sheet
    assert {tuple(cell.protection.locked for cell in row) for row in rows} == {(True,) * 5 + (False,) * 3}
    heights = [sheet.row_dimensions[row[0].row].height for row in rows]
    assert min(heights) >= 20
    assert max(heights) <= 400
    assert not any(cell.data_type == "f" for row in rows for cell in row)


def test_a_sheet_needs_a_file_to_be_written() -> None:
    """Without --pdf or --xlsx the command says which to name."""
    code, said = run("rubric", "sheet", "suzhou-town")
    assert (code, "--pdf" in said) == (2, True)
