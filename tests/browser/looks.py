"""What can be measured of a page's looks: what axe-core finds, words in English on a Chinese screen, sideways scrolling.

The test of the looks and the contact sheets share it. It knows nothing of a visit and takes no pictures.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import Any

from playwright.sync_api import Page

GRAVE = ("serious", "critical")

TOO_WIDE = """() => [document.documentElement, document.querySelector('[data-testid=stMain]')]
  .filter(part => part && part.scrollWidth > part.clientWidth).map(part => part.scrollWidth)"""

# The target size is a rule of WCAG 2.2 that axe leaves off unless it is asked for. Each finding comes with its place.
_RUN = """() => axe.run(document, {resultTypes: ['violations'], rules: {'target-size': {enabled: true}}})
  .then(found => found.violations.flatMap(rule => rule.nodes.map(node => ({
    rule: rule.id, impact: node.impact || rule.impact, target: node.target.flat().join(' '),
    html: node.html.slice(0, 160), why: (node.failureSummary || '').replace(/\\s+/g, ' ').slice(0, 220),
  }))))"""

# Texts and what fields say while they are empty, shadow trees included; what is not painted does not count, nor code.
_WORDS = """() => {
  const found = new Set(), shown = one => one.checkVisibility({visibilityProperty: true, opacityProperty: true});
  const walk = root => {
    const parts = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    for (let one = parts.nextNode(); one; one = parts.nextNode()) {
      if (one.nodeType === Node.ELEMENT_NODE) {
        if (one.shadowRoot) walk(one.shadowRoot);
        if (one.placeholder && !one.value && shown(one)) found.add(one.placeholder.trim());
        continue;
      }
      const home = one.parentElement || one.getRootNode().host;
      if (!home || home.closest('style, script, noscript, code, [lang=en], [data-testid=stIconMaterial]')) continue;
      const range = document.createRange();
      range.selectNodeContents(one);
      const box = range.getBoundingClientRect();
      if (shown(home) && box.width > 1 && box.height > 1 && box.bottom > 0) found.add(one.data.trim());
    }
  };
  walk(document.body);
  return [...found];
}"""

# What is written in Latin letters in Chinese as well: formats, programs, units, signs, and this software's own commands.
_SAME_IN_CHINESE = re.compile(
    r"(?<![A-Za-z])(PDF|XLSX|CSV|TXT|JSON|DOCX|ZIP|HTML|XML|Word|Excel|WPS|Chrome|Edge|Firefox|Safari|Android|iPad|Windows|Python|Wi-Fi|SHA-256"
    r"|AES|USB|ISO|CCC|CNAS|ICC|MB|kB|Tab|inspection-app (draw verify|visit restore)|--backup|Inspection|Kai|Noto|Sans|Serif|SC|Medium|Regular|Bold)"
    r"(?![A-Za-z])"
)
_WORD = re.compile(r"[A-Za-z]{2,}")
_ADDRESS = re.compile(r"https?://\S+|(?<!\w)/[\w./-]+|[\w-]+\.(?:visit|pdf|xlsx|html|json|py|csv)\b|(?<![A-Za-z])[0-9a-f]{6,}")


@cache
def _axe() -> str:
    return (resources.files("axe_playwright_python") / "axe.min.js").read_text("utf-8")


def grave_findings(page: Page) -> list[dict[str, Any]]:
    """Return what axe-core holds against this page as it stands, as far as it is serious or critical."""
    if not page.evaluate("() => Boolean(window.axe)"):
        page.evaluate(_axe())
    return [one for one in page.evaluate(_RUN) if one["impact"] in GRAVE]


def english_words(page: Page) -> list[str]:
    """Return the visible texts with a word in Latin letters that a Chinese reader would not expect there."""
    return sorted(text for text in page.evaluate(_WORDS) if is_foreign(text))


def is_foreign(text: str) -> bool:
    """Say whether a text has a word in Latin letters that is no name of a format, unit, file or address.

    >>> [is_foreign(text) for text in ("下载 PDF", "Browse files", "打开 http://192.168.8.2:8501/screen")]
    [False, True, False]
    """
    return bool(_WORD.search(_SAME_IN_CHINESE.sub("", _ADDRESS.sub("", text))))


def too_wide(page: Page) -> list[int]:
    """Return the widths that would have to be pushed sideways, none on a page that fits."""
    return list(page.evaluate(TOO_WIDE))
