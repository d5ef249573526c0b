"""A tablet that trusts the hub's certificate authority reloads the score pad while no hub answers, and loses nothing."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from playwright.sync_api import Browser, Page, expect

from inspection_app import scorepad
from inspection_app.core.visit import Role, Stage
from inspection_app.language import _
from inspection_app.sample import Sample
from inspection_app.services.join import actor_of, sign_in
from inspection_app.services.score import sheet_of
from tests.browser.conftest import ARGUMENTS, NAMES, TABLET, SampleAt
from tests.browser.screen import PATIENCE
from tests.https_hub import https_hub
from tests.hub import free_port

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.filterwarnings("ignore:Unverified HTTPS request")]

KEPT = """async () => {
  const kept = await caches.open("kept-pad");
  const worker = await navigator.serviceWorker.getRegistration();
  return Boolean(worker && worker.active) && (await kept.keys()).length === 3 && Boolean(navigator.serviceWorker.controller);
}"""


@pytest.fixture
def sample(sample_at: SampleAt, tmp_path: Path) -> Sample:
    return sample_at(tmp_path / "visits", Stage.SCORE)


@pytest.fixture
def tablet(chromium: Browser, tmp_path: Path, sample: Sample) -> Iterator[Page]:
    """A browser that trusts this hub's certificate authority besides the public ones, as after the installation."""
    if not shutil.which("certutil"):
        pytest.skip("no certutil (libnss3-tools) to install a certificate authority with")
    from inspection_app.https import Credentials

    authority = Credentials(sample.file.path.parent, list, frozenset({"localhost"})).authority
    store = tmp_path / ".pki" / "nssdb"
    store.mkdir(parents=True)
    (tmp_path / "ca.pem").write_bytes(authority.certificate.public_bytes(serialization.Encoding.PEM))
    for command in (["-N", "--empty-password"], ["-A", "-n", "hub", "-t", "C,,", "-i", str(tmp_path / "ca.pem")]):
        subprocess.run(["certutil", "-d", f"sql:{store}", *command], check=True)
    context = chromium.browser_type.launch_persistent_context(
        tmp_path / "profile", executable_path=next(filter(None, map(shutil.which, NAMES))), args=ARGUMENTS,
        env={"HOME": str(tmp_path)}, has_touch=True, locale="zh-CN", viewport=TABLET,  # type: ignore[arg-type]
    )  # fmt: skip
    yield context.pages[0]
    context.close()


@pytest.mark.soak
def test_a_reload_out_of_range(tablet: Page, sample: Sample, shots: Path | None) -> None:
    """In range the tablet keeps the pad by itself. The hub is gone: a reload brings the pad with what was entered, also
    with what never reached the hub; more can be entered; all of it is on the hub once it is back. A person who signs
    out takes the kept sheet along."""
    page, port, file = tablet, free_port(), sample.file
    code = next(person.code for person in sample.codes if person.role is Role.EXPERT)
    who = actor_of(file, sign_in(file, code))[0]
    sheet = sheet_of(file, who)
    first, second = [item.no for item in sheet.rubric.items if item.no in sheet.assigned][:2]
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: faults.append(line.text) if "Security Policy" in line.text else None)
    badge, note = page.locator(".foot .badge"), page.get_by_label(_("Note"), exact=True)
    waiting = _("waiting: {count} (oldest {age})", count="@", age="").partition("@")[0]
    with https_hub(file.path.parent, port) as (url, _install):
        page.goto(f"{url}/join/{file.slug}/{code}")
        page.goto(f"{url}/score?item={first}")
        expect(note).to_be_visible(timeout=PATIENCE)
        page.wait_for_function(KEPT, timeout=PATIENCE)
        assert page.evaluate("() => window.isSecureContext && Boolean(navigator.mediaDevices)")  # the live camera
        note.fill("在范围内")
        expect(badge).to_contain_text("✓", timeout=PATIENCE)
    note.fill("范围外，未送出")
    expect(badge).to_contain_text(waiting, timeout=PATIENCE)
    page.reload()
    expect(page.locator(".offline-head")).to_be_visible(timeout=PATIENCE)
    expect(note).to_have_value("范围外，未送出", timeout=PATIENCE)
    if shots:
        page.screenshot(path=shots / "out-of-range.png")
    page.goto(f"{url}/score?item={second}")
    expect(page.locator("article .title")).to_contain_text(f"{second}\u3000", timeout=PATIENCE)
    note.fill("重新打开后填写")
    expect(badge).to_contain_text(waiting, timeout=PATIENCE)
    with pytest.raises(Exception, match="ERR_"):
        page.context.new_page().goto(f"{url}/screen")  # only the app's own pages are answered so
    page.goto(f"{url}/")
    expect(note).to_be_visible(timeout=PATIENCE)
    with https_hub(file.path.parent, port):
        expect(badge).to_contain_text("✓", timeout=PATIENCE)
        expect(badge).not_to_contain_text(waiting, timeout=PATIENCE)
        entries = sheet_of(file, who).entries
        assert (entries[first].note, entries[second].note) == ("范围外，未送出", "重新打开后填写")
        page.goto(f"{url}/score")
        expect(page.locator("[data-testid=stApp]")).to_be_visible(timeout=PATIENCE)
        page.goto(f"{url}/sign-out")
        assert not page.evaluate("() => caches.has('kept-pad')")
    assert faults == []


@pytest.mark.soak
def test_the_worker_keeps_the_cache_that_the_pad_fills() -> None:
    """All three files name the same cache."""
    line = 'const KEPT = "kept-pad";'
    assert line in scorepad.text("sw.js")
    assert line in scorepad.text("main.js")
    assert line in scorepad.text("start.js")
