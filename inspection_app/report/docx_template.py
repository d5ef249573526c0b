"""The template of Word files: a DOCX with docxtpl's ``{{ … }}`` that says how pages, letterhead and type look.

An office may have one of its own; it is opened without believing it, filled with plain values in a sandbox, and styles
that it lacks are taken from the shipped one. It does NOT know what documents say.
"""

from __future__ import annotations

import copy
import io
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from inspection_app.errors import N_, Fault, InspectionError
from inspection_app.report.docx_xml import text_lines, text_of, w_tag

if TYPE_CHECKING:
    from docxtpl import DocxTemplate
    from jinja2 import Environment

SHIPPED = "official.docx"
MOST_BYTES, MOST_UNPACKED = 20 * 1024**2, 200 * 1024**2
BODY = "body"
NEEDED = {"title": N_("the title"), BODY: N_("the text"), "draft": N_("the mark of a draft")}
KNOWN = frozenset({*NEEDED, "subtitle", "date", "marking", "imprint", "running"})
"""What a template may name; what it has to name is ``NEEDED``."""

# by what they are for, the names of styles as Word files keep them (Word shows its own ones in the reader's language)
STYLES = {
    "body": "Normal", "salutation": "Salutation", "heading 1": "heading 1", "heading 2": "heading 2",
    "heading 3": "heading 3", "aside": "提示", "note": "说明", "caption": "caption", "image": "图片",
    "image caption": "图注", "cell": "表格文字", "head": "表头", "total": "表格合计", "small cell": "表格小字",
    "small head": "表头小字", "small total": "表格小字合计", "large": "大字", "signing": "签字", "contents": "目录标题",
    "entry": "toc 1",
}  # fmt: skip
TABLE_STYLE, PLAIN_TABLE = "表格", "Normal Table"

EMU = 12700  # to a point


def shipped_template() -> bytes:
    """Return the template that is used where an office has none of its own, and that it may begin with."""
    return (resources.files("inspection_app.report") / "templates" / SHIPPED).read_bytes()


def check_template(template: bytes) -> None:
    """Refuse a template that documents cannot be set in, naming every fault.

    Raises:
        InspectionError: it is no DOCX file, is too big, names what documents do not have, or lacks what they need.
    """
    opened = open_template(template)
    fill(opened, dict.fromkeys(KNOWN - {BODY}, "") | {"imprint": ("",), "draft": True})


ANCHOR = "inspection-app: the text goes here"
_BROKEN = (
    zipfile.BadZipFile, zlib.error, KeyError, IndexError, ValueError, TypeError, AttributeError, OSError, EOFError,
    RuntimeError,
)  # fmt: skip
"""What the libraries say of a damaged or locked package, or of brackets in brackets without end."""


def open_template(template: bytes) -> DocxTemplate:
    """Open a template, or refuse it with every fault; raises as ``check_template`` does."""
    from docxtpl import DocxTemplate  # a quarter of a second: only when something is written
    from jinja2 import TemplateError
    from lxml.etree import LxmlError

    try:
        with zipfile.ZipFile(io.BytesIO(template)) as archive:
            members = archive.infolist()
            names = {member.filename for member in members}
            if len(template) > MOST_BYTES or sum(member.file_size for member in members) > MOST_UNPACKED:
                raise _refused(N_("It is too big."), N_("Make its pictures smaller."))
            if "word/document.xml" not in names or any("vbaProject" in name for name in names):
                raise _refused(N_("It is no DOCX document without macros."), N_("Save it as .docx in Word or WPS."))
        opened = DocxTemplate(io.BytesIO(template))
        opened.init_docx()
        named = opened.get_undeclared_template_variables(_environment())
    except InspectionError:
        raise
    except TemplateError as error:
        raise _refused(
            N_("A placeholder cannot be read: {told}."), N_("Write it as in the shipped template."), told=error.message
        ) from error
    except (*_BROKEN, LxmlError) as error:
        raise _refused(N_("It is no DOCX document without macros."), N_("Save it as .docx in Word or WPS.")) from error
    faults = [
        Fault(N_("Template"), N_("It has no place for {what}: {{{{ {name} }}}} is missing."),
              N_("Write it as in the shipped template."), {"what": what, "name": name})
        for name, what in NEEDED.items() if name not in named
    ]  # fmt: skip
    faults += [
        Fault(N_("Template"), N_("It asks for “{name}”, which no document has."), N_("Remove it."), {"name": name})
        for name in sorted(named - KNOWN)
    ]
    if faults:
        raise InspectionError(_BAD_TEMPLATE, "bad-template", faults=faults)
    return opened


_BAD_TEMPLATE = N_("This template cannot be used:")


def _refused(fault: str, remedy: str, **context: object) -> InspectionError:
    return InspectionError(_BAD_TEMPLATE, "bad-template", faults=[Fault(N_("Template"), fault, remedy, context)])


def _environment() -> Environment:
    """What templates run in: nothing but the values given is within their reach, and every value is escaped."""
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    return ImmutableSandboxedEnvironment(autoescape=True, undefined=StrictUndefined)


def fill(opened: DocxTemplate, values: Mapping[str, object]) -> None:
    """Put values in their places, and a paragraph with ``ANCHOR`` in the body's; raises as ``check_template`` does."""
    from jinja2 import TemplateError
    from lxml.etree import LxmlError

    given = {name: _given(value) for name, value in values.items()}
    given[BODY] = _markup(f"<w:p><w:r><w:t>{ANCHOR}</w:t></w:r></w:p>")
    try:
        opened.render(given, jinja_env=_environment(), autoescape=True)
        standing = sum(text_of(one) == ANCHOR for one in opened.docx.element.body.iter(w_tag("p")))
    except (TemplateError, LxmlError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError) as error:
        told = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise _refused(
            N_("A placeholder cannot be read: {told}."), N_("Write it as in the shipped template."), told=told
        ) from error
    if standing != 1:
        raise _refused(
            N_("{{{{p body }}}} does not stand exactly once, in a paragraph of its own."),
            N_("Write it as in the shipped template."),
        )


def _given(value: object) -> object:
    if isinstance(value, str):
        # docxtpl would read "{_{" of its own
        lines = (escape(line).replace("{", "&#123;").replace("}", "&#125;") for line in text_lines(value))
        return _markup('</w:t><w:br/><w:t xml:space="preserve">'.join(lines))
    return [_given(one) for one in value] if isinstance(value, tuple) else value


def _markup(text: str) -> object:
    from markupsafe import Markup

    return Markup(text)  # noqa: S704  escaped by whoever calls


def text_width(opened: DocxTemplate) -> float:
    """Return how wide the template's text is, in points."""
    section = opened.docx.sections[-1]
    width = (section.page_width or 0) - (section.left_margin or 0) - (section.right_margin or 0)
    return max(width / EMU, 100)


def style_ids(opened: DocxTemplate) -> dict[str, str]:
    """Return the ids of the styles by name; those the template lacks are added from the shipped one."""
    from docx import Document as open_document

    styles = opened.docx.styles.element
    wanted = {*STYLES.values(), TABLE_STYLE, PLAIN_TABLE}
    ids = {name: id_ for name, id_ in _named_styles(styles) if name in wanted}
    if wanted - set(ids):
        taken = {id_ for _, id_ in _named_styles(styles)}
        shipped = open_document(io.BytesIO(shipped_template())).styles.element
        for one in shipped.iterchildren(w_tag("style")):
            name, id_ = one.find(w_tag("name")).get(w_tag("val")), one.get(w_tag("styleId"))
            if name in wanted - set(ids):
                ids[name] = f"{id_}-shipped" if id_ in taken else id_
                added = copy.deepcopy(one)
                added.set(w_tag("styleId"), ids[name])
                added.attrib.pop(w_tag("default"), None)
                for based in added.findall(w_tag("basedOn")):
                    added.remove(based)
                styles.append(added)
    return ids


def _named_styles(styles: Any) -> Iterator[tuple[str, str]]:
    """Yield name and id of every style; Word itself takes "Heading 1" for "heading 1"."""
    lower = {name.lower(): name for name in STYLES.values()}
    for one in styles.iterchildren(w_tag("style")):
        name = one.find(w_tag("name"))
        if name is not None:
            said = str(name.get(w_tag("val")))
            yield lower.get(said.lower(), said), str(one.get(w_tag("styleId")))
