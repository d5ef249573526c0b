"""A rubric to read: its structure with points, search, what is wrong with the text, and each item to try out."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from inspection_app import language, scorepad
from inspection_app.core.rubric import Aspect, AspectKind, Erratum, Item, Rubric
from inspection_app.files import rubrics_to_choose
from inspection_app.files.rubric_sheet import rubric_sheet_xlsx
from inspection_app.language import _, aside
from inspection_app.places import rubrics_folder, visits_folder
from inspection_app.services.pad import trial_sheet
from inspection_app.services.print_out import blank_sheet_pdf
from inspection_app.ui import session, widgets

here = session.find_here()
KINDS = {AspectKind.BASE: "", AspectKind.BONUS: _("bonus"), AspectKind.DEDUCTION: _("deductions")}


def chosen() -> tuple[Rubric, str]:
    """Return the visit's own rubric, which no later change of a shipped file touches; without a visit any shipped."""
    if here is not None:
        return here.rubric, here.visit.rubric_digest
    loaded, refused = rubrics_to_choose(rubrics_folder(visits_folder()))
    for error in refused:
        widgets.still_open(error)
    id_ = st.selectbox(_("Rubric"), list(loaded), format_func=lambda id_: loaded[id_].rubric.title)
    return loaded[id_].rubric, loaded[id_].digest


def matches(item: Item, words: str) -> bool:
    """Say whether every word occurs somewhere in an item's official text."""
    told = " ".join((item.no, item.content, item.rule_text, *item.prompts, *item.responsible))
    return all(word in told for word in words.split())


def show_errata(errata: Iterable[Erratum]) -> None:
    for erratum in errata:
        says, does = widgets.escape(erratum.says), widgets.escape(erratum.does)
        st.html(f'<div class="official">⚑ {says}<br>→ {does}</div>')


def about(rubric: Rubric, digest: str) -> None:
    total = widgets.points(rubric.base_total)
    parts = [_("out of {points}", points=total)]
    if rubric.bonus_total:
        parts.append(_("bonus up to {points}", points=widgets.points(rubric.bonus_total)))
    if rubric.deduction_total:
        parts.append(_("deductions up to {points}", points=widgets.points(rubric.deduction_total)))
    version = _("version {version}", version=rubric.version)
    st.caption(f"{rubric.issuer}　{rubric.year}　{version}　SHA-256 {digest[:16]}…")
    st.write("　".join([_("{count} items", count=len(rubric.items)), *parts]))
    if rubric.verdict_text:
        st.html(f'<div class="official">{widgets.escape(rubric.verdict_text)}</div>')
    if part := widgets.folded(_("Print empty score sheets"), key="print-sheets"):
        left, right = part.columns(2)
        pdf = blank_sheet_pdf(rubric, session.now())
        left.download_button("PDF", pdf, f"{rubric.id}.pdf", "application/pdf", width="stretch")
        right.download_button(
            "XLSX", rubric_sheet_xlsx(rubric), f"{rubric.id}.xlsx",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", width="stretch",
        )  # fmt: skip
    if rubric.errata:
        with st.expander("⚑ " + _("Errata of the whole text ({count})", count=len(rubric.errata))):
            show_errata(rubric.errata)


def tree(rubric: Rubric) -> str | None:
    """Show aspects and items with their points; return the item that is picked."""
    words = st.text_input(_("Search"), placeholder=_("Number or words"))
    for aspect in rubric.aspects:
        items = [item for item in aspect.items if matches(item, words)]
        if items:
            branch(aspect, items, unfolded=bool(words))
    if not any(matches(item, words) for item in rubric.items):
        widgets.empty(_("Nothing here."), _("Try fewer words."))
    return st.query_params.get("item")


def branch(aspect: Aspect, items: list[Item], *, unfolded: bool) -> None:
    kind = aside(KINDS[aspect.kind])
    summed = "" if aspect.worth == aspect.ceiling else f" ⚑ {widgets.points(aspect.ceiling)}"
    worth = widgets.points(aspect.worth) + summed
    with st.expander(f"{aspect.title}{kind}　{worth}", expanded=unfolded):
        show_errata(aspect.errata)
        for item in items:
            flag = " ⚑" if item.all_errata else ""
            label = f"{item.no}　{item.content or item.rule_text[:24]}　**{widgets.points(item.points)}**{flag}"
            if st.button(label, key=f"item-{item.no}", width="stretch", type="tertiary"):
                st.query_params["item"] = item.no
                st.rerun()


def preview(rubric: Rubric, no: str) -> None:
    """Show an item as an expert will see it; the points follow every tap, and nothing is saved."""
    if st.button("‹ " + _("Back to the whole rubric")):
        st.query_params.pop("item")
        st.rerun()
    words = {message: _(message) for message in scorepad.messages()}
    st.components.v2.component(
        "score_pad_trial", js=scorepad.text("main.js"), css=scorepad.text("pad.css"), isolate_styles=False
    )(
        key=f"trial-{rubric.id}-{no}",
        data={
            "slug": rubric.id, "language": language.current(), "version": scorepad.version(),
            "trial": trial_sheet(rubric, no) | {"words": words},
            "words": {"loading": _(scorepad.LOADING), "unreachable": _(scorepad.UNREACHABLE),
                      "sign_in": _(scorepad.SIGN_IN_AGAIN), "too_old": _(scorepad.TOO_OLD)},
        },
    )  # fmt: skip


st.title(_("Rubric"))
rubric, digest = chosen()
picked = st.query_params.get("item")
if picked in {item.no for item in rubric.items}:
    preview(rubric, str(picked))
else:
    st.subheader(rubric.title)
    about(rubric, digest)
    tree(rubric)
