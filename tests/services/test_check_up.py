"""The check-up: what is fine, what a person must look at, and what must be mended, each from what was really found."""

from __future__ import annotations

import os
import socket
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from inspection_app import local_ca
from inspection_app.services import check_up, keep
from inspection_app.services.check_up import Check, State
from inspection_app.services.keep import Keeper
from inspection_app.store.file import VisitFile
from tests.services.conftest import NOW, Scene, create


def only(checks: list[Check]) -> Check:
    (check,) = checks
    return check


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return create(tmp_path / "visits")


def test_everything_is_checked_and_said(scene: Scene) -> None:
    """Each check has a state and words whose placeholders are filled, and whoever has something to do is told what."""
    machine = check_up.Machine(scene.file.path.parent, "", "1.2.3")
    checks = check_up.check_up(machine, NOW)
    assert {check.name for check in checks} >= {
        "Fonts", "Slips and papers", "Disk", "Clock", "Network", "Power", "Snapshots", "Visit files", "Program"
    }  # fmt: skip
    for check in checks:
        assert "{" not in check.said.format(**check.context)
        assert bool(check.remedy) == (check.state is not State.FINE), check
    assert check_up.worst(checks) is State.MEND  # there is no network
    assert check_up.worst([]) is State.FINE


def test_the_fonts_and_the_trial_page() -> None:
    """The shipped fonts are whole, and the trial page has all its characters."""
    assert only(check_up.check_fonts()).state is State.FINE
    assert check_up.trial_page_pdf(NOW).startswith(b"%PDF")
    assert only(check_up.check_printing(NOW)).state is State.LOOK  # the printer is looked at by a person


def test_a_folder_that_takes_nothing(tmp_path: Path) -> None:
    """A folder that is still to be made is judged by the one it will be in; nothing stays there."""
    assert only(check_up.check_disk(tmp_path / "to" / "come")).context["folder"] == str(tmp_path / "to" / "come")
    assert list(tmp_path.iterdir()) == []
    assert check_up._refused(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("hours", "ahead", "state"),
    [(8, timedelta(0), State.LOOK), (8, timedelta(hours=3), State.MEND), (0, timedelta(0), State.MEND)],
)
def test_the_clock(hours: int, ahead: timedelta, state: State) -> None:
    """Behind a visit's own time, or in another zone, it is set first; else it is compared with a telephone."""
    now = datetime(2026, 5, 12, 9, 30, tzinfo=timezone(timedelta(hours=hours)))
    assert only(check_up.check_clock(now, {"a": now + ahead, "b": now - timedelta(days=1)})).state is state


def test_the_time_of_a_visits_file_counts(scene: Scene) -> None:
    """A laptop whose clock fell back to an earlier year is noticed by the visits on it."""
    later = NOW + timedelta(days=2)
    os.utime(scene.file.path, (later.timestamp(), later.timestamp()))
    check = only(check_up.check_clock(NOW, check_up.times_of(scene.file.path.parent)))
    assert (check.state, check.context["slug"]) == (State.MEND, scene.file.slug)


def test_the_network() -> None:
    """No address is mended, one is fine, and further networks are looked at."""
    address = "http://192.168.8.2:8501"
    assert only(check_up.check_addresses("", ())).state is State.MEND
    assert only(check_up.check_addresses(address, ("192.168.8.2",))).state is State.FINE
    further = only(check_up.check_addresses(address, ("192.168.8.2", "10.1.2.3")))
    assert (further.state, further.context["further"]) == (State.LOOK, "10.1.2.3")


def test_the_hub_is_asked_at_its_address() -> None:
    """A listening port answers; a closed one does not, and the firewall is named."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        assert only(check_up.check_reachable(address)).state is State.LOOK  # a tablet must still try
    assert only(check_up.check_reachable(address)).state is State.MEND
    assert check_up.check_reachable("") == []


def supply(folder: Path, name: str, **told: str) -> None:
    (folder / name).mkdir(parents=True)
    for what, text in told.items():
        (folder / name / what).write_text(text + "\n")


def test_power(tmp_path: Path) -> None:
    """Mains, battery alone, and a system that tells nothing."""
    assert only(check_up.check_power(tmp_path / "none")).state is State.LOOK
    supply(tmp_path, "BAT0", type="Battery", capacity="57")
    on_battery = only(check_up.check_power(tmp_path))
    assert (on_battery.state, on_battery.context) == (State.MEND, {"charge": "57"})
    supply(tmp_path, "AC", type="Mains", online="1")
    assert only(check_up.check_power(tmp_path)).said == "On mains power."


def test_the_second_place(tmp_path: Path) -> None:
    """None, one that is not there, and one on the same disk."""
    visits, stick = tmp_path / "visits", tmp_path / "stick"
    visits.mkdir()
    assert only(check_up.check_second_place(None, visits)).state is State.LOOK
    assert only(check_up.check_second_place(stick, visits)).state is State.MEND
    stick.mkdir()
    same = only(check_up.check_second_place(stick, visits))
    assert (same.state, "same disk" in same.said) == (State.LOOK, True)
    assert list(stick.iterdir()) == []
    assert "No hub" in only(check_up.check_second_place(None, visits, kept=False)).said


def test_the_second_place_is_that_of_the_hub(scene: Scene, tmp_path: Path) -> None:
    """Whoever serves has said where it is."""
    folder = scene.file.path.parent
    try:
        keep.tell_keeper(Keeper(folder, tmp_path / "stick"))
        assert check_up.this_machine(folder, "", "1").second == tmp_path / "stick"
    finally:
        keep.tell_keeper(None)
    assert not check_up.this_machine(folder, "", "1").kept


def test_a_damaged_visit_is_named(scene: Scene) -> None:
    """Whole ones are counted; one that is damaged is named with what to do."""
    assert only(check_up.check_visits([scene.file])).context == {"count": 1}
    assert only(check_up.check_visits([])).state is State.LOOK
    broken = VisitFile(scene.file.path.with_name("broken.visit"))
    broken.path.write_bytes(scene.file.path.read_bytes()[:5000] + b"noise" * 1000)
    check = only(check_up.check_visits([scene.file, broken]))
    assert check.state is State.MEND
    assert "“broken”" in check.remedy.format(**check.context)


def test_the_certificate(tmp_path: Path) -> None:
    """Without https none is needed; with it one must be there, name the tablets' address and last; whether a tablet
    trusts it, the tablet shows."""
    address = "https://192.168.8.2:8501"

    def found(where: str, now: datetime) -> State:
        return only(check_up.check_certificate(tmp_path, where, now)).state

    assert check_up.check_certificate(tmp_path, "", NOW) == []
    assert found("http://192.168.8.2:8501", NOW) is State.FINE
    assert found(address, NOW) is State.MEND
    authority = local_ca.authority(tmp_path, [], [], NOW)
    local_ca.server_file(tmp_path, authority, ["192.168.8.2"], [], NOW)
    assert found(address, NOW) is State.LOOK
    assert found("https://192.168.8.3:8501", NOW) is State.MEND
    assert found(address, NOW + timedelta(days=local_ca.SERVER_DAYS - 10)) is State.MEND
