"""Rubric files in: every fault of one at once with its line."""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspection_app import load_rubric
from inspection_app.errors import NotFound, RubricError
from inspection_app.files import MOST_BYTES, load_rubric_file, parse_rubric, rubric_ids, rubrics_to_choose

SMALL = """\
id: small
version: "1"
title: 考核细则
issuer: 某局
year: 2026
source: 附件
stated_total: 5
scheme:
  prescribed: false
  activities: []
figures:
  rate: {title: 合格率, unit: "%"}
aspects:
  - id: "1"
    title: 一、基础
    points: 5
    items:
      - no: 1
        content: 制度
        points: 3
        rule_text: 有制度3分。
        criteria:
          - {id: "1", kind: tick, text: 有制度, points: 3}
      - no: 2
        content: 合格率
        points: 2
        rule_text: 达到95%得2分，达到90%得1分。
        criteria:
          - id: "1"
            kind: step
            text: 合格率
            figure: rate
            bands:
              - {from: 95, points: 2}
              - {from: 90, below: 95, points: 1}
              - {below: 90, points: 0}
"""


def edited(*edits: tuple[str, str]) -> str:
    """Return the small rubric with each first text replaced by the second."""
    text = SMALL
    for old, new in edits:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def faults(text: str) -> list[str]:
    with pytest.raises(RubricError) as caught:
        parse_rubric(text, "small.yaml")
    assert caught.value.exit_code == 1
    lines = [fault.text() for fault in caught.value.faults]
    assert caught.value.text().splitlines()[0].endswith(f"faults found: {len(lines)}.")
    return lines


def line_of(text: str, part: str) -> int:
    """Return the line on which a part stands, counted from 1."""
    return text[: text.index(part)].count("\n") + 1


# --- rubric files --------------------------------------------------------------------------------------------------


def test_a_sound_file_is_loaded_with_its_text_and_digest(tmp_path: Path) -> None:
    """The digest is that of the exact text; numbers may stand without quotes, and ``no`` is a name, not false."""
    path = tmp_path / "small.yaml"
    path.write_text(SMALL, encoding="utf-8", newline="\n")
    loaded = load_rubric_file(path)
    assert loaded.digest == sha256(path.read_bytes()).hexdigest()
    assert [item.no for item in loaded.rubric.items] == ["1", "2"]
    assert load_rubric(path) == load_rubric(str(path)) == loaded.rubric


@pytest.mark.parametrize("bare", ["no", "yes", "on", "off", "y", "n", "~x"])
def test_words_that_old_yaml_takes_for_truth_values_are_words(bare: str) -> None:
    """A title of one such word stays that word; only true and false are truth values."""
    assert parse_rubric(edited(("title: 考核细则", f"title: {bare}")), "x").rubric.title == bare
    assert parse_rubric(edited(("prescribed: false", "prescribed: true")), "x").rubric.scheme.prescribed


def test_every_fault_of_a_file_is_listed_with_line_place_and_remedy() -> None:
    """Missing, unknown, of the wrong kind, out of range, twice: one run tells them all, in the order of the file."""
    text = edited(
        ("issuer: 某局\n", ""),
        ("source: 附件", "source: [附件]\nauthor: 某人"),
        ("title: 一、基础\n", "title: 一、基础\n    title: 二、基础\n"),
        ("points: 3\n        rule_text", "points: -3\n        rule_text"),
        ("kind: tick", "kind: tock"),
        ("bands:", "measure: month\n            bands:"),
    )
    found = faults(text)
    assert found == [
        "small.yaml, line 1, issuer: The field is missing. Add it; the schema says what belongs there.",
        f"small.yaml, line {line_of(text, 'source')}, source: Text is expected here. Put the value in quotes.",
        f"small.yaml, line {line_of(text, 'author')}, author: This field is unknown. "
        "Remove it or correct its spelling.",
        f"small.yaml, line {line_of(text, 'title: 二')}: The field “title” stands here for the second time. "
        "Remove one of the two.",
        f"small.yaml, line {line_of(text, 'points: -3')}, aspects[0].items[0].points: The number is too small. "
        "Use 0 or more.",
        f"small.yaml, line {line_of(text, 'kind: tock')}, aspects[0].items[0].criteria[0]: "
        "Only 'tick', 'choice', 'step', 'rate', 'grade' can stand here. Use one of them.",
        f"small.yaml, line {line_of(text, 'measure')}, aspects[0].items[1].criteria[0].measure: "
        "Only 'value', 'above_target', 'shortfall', 'change' or 'growth' can stand here. Use one of them.",
    ]


@pytest.mark.parametrize(
    ("old", "new", "at", "says"),
    [
        ("no: 2", "no: 1", "no: 1\n        content: 合", "“1” stands here for the second time. Give each one"),
        ("figure: rate", "figure: tare", "figure: tare", "The figure “tare” is not declared. Add it under 'figures'"),
        ("stated_total: 5", "stated_total: 6", "stated_total", "add up to 5 points, but the text states 6. Correct"),
        ("points: 5", "points: 4", "points: 4", "add up to 5 points, but its heading states 4. Correct"),
        ("points: 3\n        rule", "points: 2\n        rule", "points: 2\n        rule", "can earn 3 points, but the"),
        ("below: 95", "to: 95", "bands:", "More than one band of item 2 claims the value 95. Let the bands meet"),
        ("from: 95", "from: nought", "from: nought", "a number is expected, not 'nought'. Correct it"),
        ("from: 95", "from: .inf", "from: .inf", "a finite number is expected. Correct it"),
        ("from: 95", "from: true", "from: true", "a number is expected, not true or false. Correct it"),
        ("from: 90, below: 95", "from: 96, below: 95", "from: 96", "the range is empty"),
        ("{id: \"1\", kind: tick", "{id: \"1\"", "{id: \"1\", text: 有制度", "The kind of the criterion is missing."),
        ("activities: []", "activities: 无", "activities", "A list is expected here. Begin each entry with a hyphen."),
        ("bands:", "bands: []\n            x:", "bands", "There are too few entries. Give at least 1."),
        ("id: small", "id: Small", "id: Small", "The text has the wrong form. It must match ^[a-z0-9]"),
        ("points: 5", "points: 10001", "points: 10001", "The number is too large. Use 10000 or less."),
        ("rate: {title: 合格率, unit: \"%\"}", "rate: 合格率", "rate: 合格率", "Fields with values are expected here."),
    ],
)  # fmt: skip
def test_a_fault_is_told_at_its_line(old: str, new: str, at: str, says: str) -> None:
    """Each kind of fault names the line on which it stands, in words that tell what to do."""
    text = edited((old, new))
    expected = f"line {line_of(text, at)}"
    assert [fault for fault in faults(text) if f" {expected}," in fault and says in fault], faults(text)


def test_contradictions_are_listed_together() -> None:
    """What the parts say against each other is told at once, too, in the order of the file."""
    text = edited(("stated_total: 5", "stated_total: 7"), ("no: 2", "no: 1"), ("figure: rate", "figure: tare"))
    assert [int(re.findall(r"line (\d+)", fault)[0]) for fault in faults(text)] == [
        line_of(text, "stated_total"), line_of(text, "rate: {title"), line_of(text, "no: 1\n        content: 合"), line_of(text, "figure: tare"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("id: small\n  title: x\n", 2, "This is not YAML: mapping values are not allowed"),
        ("id: 'small\ntitle: x\n", 3, "This is not YAML: found unexpected end of stream"),
        ("id: small\nx: \x00\n", 2, "This is not YAML: control characters are not allowed"),
        ("id: small\n---\nid: other\n", 2, "This is not YAML: but found another document"),
        ("id: small\ntitle: !!python/object/apply:os.getcwd []\n", 2, "This is not YAML: could not determine a constr"),
        ("id: small\nyear: 2014-02-30\n", 2, "This is not YAML: day is out of range for month"),
        ("id: small\nstated_total: " + "9" * 5000 + "\n", 2, "This is not YAML: Exceeds the limit"),
        ("id: small\nx: !!int many\n", 2, "This is not YAML: invalid literal for int()"),
        ("id: small\nx: !!bool maybe\n", 2, "This is not YAML: 'maybe'"),
        ("id: small\n? [a]\n: b\n", 2, "This is not YAML: found unhashable key"),
        ("id: small\nx:\n  " + "[" * 60 + "]" * 60 + "\n", 3, "This is nested too deeply."),
        ("x: " + "[" * 200_000, 1, "This is nested too deeply."),
        ("x: " + "{a: " * 200_000, 1, "This is nested too deeply."),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_what_is_no_yaml_is_told_in_one_fault(text: str, line: int, says: str) -> None:
    """Broken, forbidden, or built to break the reader: one message with the line, never another exception."""
    (fault,) = faults(text)
    assert fault.startswith(f"small.yaml, line {line}: {says}")


@pytest.mark.parametrize("text", ["", "# nothing\n", "- id: small\n", "small", "null", "1"])
def test_a_file_of_another_shape_is_told_so(text: str) -> None:
    """An empty file, a list or a word: fields with values are expected."""
    assert faults(text) == [
        "small.yaml, line 1, -: Fields with values are expected here. Write them as 'name: value' lines."
    ]


def test_aliases_neither_loop_nor_multiply() -> None:
    """A list that contains itself, and lists of lists of lists by alias, are read once and refused in words."""
    assert any("x: This field is unknown" in fault for fault in faults(SMALL + "x: &x [*x]\n"))
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{k}: &a{k} [{', '.join([f'*a{k - 1}'] * 10)}]" for k in range(1, 30)]
    assert sum("This field is unknown" in fault for fault in faults(SMALL + "\n".join(lines))) == 30


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_a_damaged_file_meets_a_message_and_nothing_else(data: st.DataObject) -> None:
    """Cut, doubled or overwritten anywhere, a rubric file is loaded or refused as a RubricError."""
    start = data.draw(st.integers(0, len(SMALL)))
    end = data.draw(st.integers(start, min(len(SMALL), start + 40)))
    signs = st.text("-:[]{}&*!|>'\"%@#?, \n\t0.ax汉~", max_size=8)
    put = data.draw(st.sampled_from(["", SMALL[start:end] * 2]) | signs)
    try:
        parse_rubric(SMALL[:start] + put + SMALL[end:], "small.yaml")
    except RubricError as error:
        assert error.faults  # noqa: PT017
        assert error.text()  # noqa: PT017


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    """No such rubric, no such file, a folder, too large, not UTF-8: each has its own message."""
    with pytest.raises(NotFound, match="henan-county"):
        load_rubric("henan")
    for missing in (tmp_path / "none.yaml", tmp_path.with_suffix(".yaml")):
        with pytest.raises(NotFound, match="cannot be read"):
            load_rubric(missing)
    folder = tmp_path / "folder.yaml"
    folder.mkdir()
    with pytest.raises(NotFound, match="cannot be read"):
        load_rubric(folder)
    large = tmp_path / "large.yaml"
    large.write_bytes(b"#" * (MOST_BYTES + 1))
    with pytest.raises(RubricError, match="larger than 5 MB"):
        load_rubric(large)
    foreign = tmp_path / "foreign.yaml"
    foreign.write_bytes(SMALL.encode("gb18030"))
    with pytest.raises(RubricError, match=r"foreign.yaml is not UTF-8 text \(byte 30\)"):
        load_rubric(foreign)
    marked = tmp_path / "marked.yaml"
    marked.write_bytes(SMALL.encode("utf-8-sig"))
    assert load_rubric(marked).id == "small"


@pytest.mark.parametrize("id_", rubric_ids())
def test_every_shipped_rubric_is_sound(id_: str) -> None:
    """What is shipped loads by its id, and the id is the one inside the file."""
    assert load_rubric(id_).id == id_


def test_an_offices_own_rubrics_are_offered(tmp_path: Path) -> None:
    """What lies in the office's folder is offered beside the shipped ones; what cannot be used is told by its file."""
    own = tmp_path / "rubrics"
    own.mkdir()
    text = load_rubric_file("suzhou-town").text
    (own / "ours.yaml").write_text(text.replace("id: suzhou-town", "id: our-town"), "utf-8")
    (own / "same.yaml").write_text(text, "utf-8")
    (own / "broken.yaml").write_text("id: [", "utf-8")
    found, refused = rubrics_to_choose(own)
    assert set(found) == {*rubric_ids(), "our-town"}
    assert [error.context.get("file") for error in refused] == ["broken.yaml", "same.yaml"]
