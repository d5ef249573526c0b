"""The check-up before leaving the office: is this laptop fit to be the hub of a visit?

Each check is a function of what it is given and returns what it found; ``check_up`` makes all of them. What no program
can see for itself (whether a tablet really comes through router and firewall) is said so and left to the person. It
changes nothing but a file that it writes and removes at once to try a folder.
"""

from __future__ import annotations

import platform
import shutil
import socket
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from importlib import resources
from pathlib import Path
from urllib.parse import urlsplit

from inspection_app import local_ca
from inspection_app.core.document import Document, Large, Paragraph, Signatures
from inspection_app.errors import N_, InspectionError
from inspection_app.report.pdf import missing_characters, render_pdf
from inspection_app.report.typesetting import Face, official_fonts
from inspection_app.services.keep import keeper_of
from inspection_app.store import snapshots
from inspection_app.store.file import VisitFile, visit_files

LITTLE, TOO_LITTLE = 5 * 1024**3, 1024**3
"""Bytes: photos of a visit may come to some gigabytes."""
CHINA = timedelta(hours=8)
SUPPLIES = Path("/sys/class/power_supply")
"""Where Linux tells of mains and battery; on other systems there is no such folder."""
_PATIENCE = 2.0  # seconds
_LAST_DAYS = 14  # a visit and what follows it


class State(StrEnum):
    FINE = "fine"
    LOOK = "look"  # no program can see it, or it may be meant so
    MEND = "mend"


@dataclass(frozen=True)
class Check:
    """What was checked and found; ``said`` and ``remedy`` are catalogue keys whose placeholders ``context`` fills."""

    name: str
    state: State
    said: str
    remedy: str = ""
    context: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Machine:
    """Where to look: the visits' folder, the hub's address for tablets ("" where unknown), the second place."""

    folder: Path
    address: str
    version: str
    second: Path | None = None
    kept: bool = True  # a hub keeps snapshots
    supplies: Path = SUPPLIES


def this_machine(folder: Path, address: str, version: str) -> Machine:
    """Return where to look on this machine: where its hub keeps second copies is known here."""
    keeper = keeper_of(VisitFile(folder / "any"))
    return Machine(folder, address, version, keeper.second if keeper else None, keeper is not None)


def check_up(machine: Machine, now: datetime) -> list[Check]:
    """Make every check, in the order in which they are shown."""
    return [
        *check_fonts(),
        *check_printing(now),
        *check_disk(machine.folder),
        *check_clock(now, times_of(machine.folder)),
        *check_addresses(machine.address, own_addresses()),
        *check_reachable(machine.address),
        *check_certificate(machine.folder, machine.address, now),
        *check_power(machine.supplies),
        *check_second_place(machine.second, machine.folder, kept=machine.kept),
        *check_visits(visit_files(machine.folder)),
        Check(N_("Program"), State.FINE, N_("Version {version}, Python {python}, {system}."), context={
            "version": machine.version, "python": platform.python_version(),
            "system": f"{platform.system()} {platform.release()}",
        }),
    ]  # fmt: skip


def worst(checks: Iterable[Check]) -> State:
    """Return what the whole comes to.

    >>> worst([Check("a", State.FINE, ""), Check("b", State.LOOK, "")])
    <State.LOOK: 'look'>
    """
    return max((check.state for check in checks), key=list(State).index, default=State.FINE)


def check_fonts() -> list[Check]:
    """Are the shipped fonts there, and which of the official ones has this machine?"""
    fonts = resources.files("inspection_app.report") / "fonts"
    gone = sorted({face.stand_in for face in Face if not (fonts / f"{face.stand_in}.ttf").is_file()})
    name = N_("Fonts")
    if gone:
        return [Check(name, State.MEND, N_("These fonts are missing: {fonts}."), N_("Install the program again."),
                      {"fonts": ", ".join(gone)})]  # fmt: skip
    official = ", ".join(str(face) for face in official_fonts())
    if not official:
        return [Check(name, State.FINE, N_("The shipped fonts are there; documents use them."))]
    return [Check(name, State.FINE, N_("The shipped fonts are there, and of the official ones: {fonts}."),
                  context={"fonts": official})]  # fmt: skip


def trial_page() -> Document:
    """Return a page to try the printer with: small and large type, a QR code, a line to sign."""
    return Document(
        "试印页", "本页用于出发前检查字体和打印机", "", (
            Paragraph("八位数字应当清晰，二维码应当能够扫描，字迹不缺笔画：专家组、龘靐齉、ABC abc 0123456789。"),
            Large("3141 5926", "二维码内容与左侧数字相同。", "31415926"),
            Signatures((("检查人", ""),)),
        ), form=True,
    )  # fmt: skip


def trial_page_pdf(now: datetime) -> bytes:
    return render_pdf(trial_page(), now)


def check_printing(now: datetime) -> list[Check]:
    """Can a page with slips' type and a QR code be set?"""
    name, page = N_("Slips and papers"), trial_page()
    pdf = trial_page_pdf(now)
    if missing := missing_characters(page):
        return [Check(name, State.MEND, N_("A page was set, but these characters are missing: {signs}."),
                      N_("Install the program again."), {"signs": "".join(missing)})]  # fmt: skip
    return [
        Check(name, State.LOOK, N_("A trial page was set ({size} kB)."),
              N_("Print the trial page below and look at it: is the printer there, is the QR code sharp?"),
              {"size": max(1, len(pdf) // 1024)})
    ]  # fmt: skip


def check_disk(folder: Path) -> list[Check]:
    """Is there room for the visits, their photos and snapshots, and may this program write there?"""
    name, there = N_("Disk"), _nearest(folder)
    free = shutil.disk_usage(there).free
    context = {"free": f"{free / 1024**3:.1f}", "folder": str(folder)}
    if fault := _refused(there):
        return [Check(name, State.MEND, N_("Nothing can be written to {folder} ({reason})."),
                      N_("Choose another folder for the visits: serve --folder FOLDER."),
                      {**context, "reason": fault})]  # fmt: skip
    said = N_("{free} GB are free in {folder}.")
    if free >= LITTLE:
        return [Check(name, State.FINE, said, context=context)]
    state = State.LOOK if free >= TOO_LITTLE else State.MEND
    return [Check(name, state, said, N_("Make room: photos and snapshots may take some gigabytes."), context)]


def times_of(folder: Path) -> dict[str, datetime]:
    """Return when each visit's file was last changed, by its name."""
    return {file.slug: datetime.fromtimestamp(file.path.stat().st_mtime).astimezone() for file in visit_files(folder)}


def check_clock(now: datetime, times: Mapping[str, datetime]) -> list[Check]:
    """Is the clock behind what was done before, and in China's zone? It is printed on slips and records."""
    name = N_("Clock")
    context = {"time": f"{now:%Y-%m-%d %H:%M}"}
    later = {slug: at for slug, at in times.items() if at > now + timedelta(minutes=2)}
    if later:
        slug, at = max(later.items(), key=lambda one: one[1])
        return [Check(name, State.MEND, N_("The clock says {time}, but “{slug}” was changed at {later}."),
                      N_("Set the clock: the time stands on slips and records."),
                      {**context, "slug": slug, "later": f"{at:%Y-%m-%d %H:%M}"})]  # fmt: skip
    if now.utcoffset() != CHINA:
        return [Check(name, State.MEND, N_("The clock says {time}, in the time zone {zone}."),
                      N_("Set the time zone to Beijing, UTC+8: the time stands on slips and records."),
                      {**context, "zone": now.tzname() or ""})]  # fmt: skip
    return [Check(name, State.LOOK, N_("{time}, Beijing time."), N_("Compare it with a telephone."), context)]


def own_addresses() -> tuple[str, ...]:
    """Return the addresses that this machine knows itself by; nothing is sent."""
    try:
        found = socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)
    except OSError:  # a machine that does not know its own name
        return ()
    return tuple(sorted({str(address[0]) for *_, address in found if not str(address[0]).startswith("127.")}))


def check_addresses(address: str, others: Sequence[str]) -> list[Check]:
    """Is the hub in a network, and in one only?"""
    name = N_("Network")
    if not address:
        return [Check(name, State.MEND, N_("This laptop is in no network that tablets could reach it by."),
                      N_("Join the panel's own router, by cable or Wi-Fi, and start the program again."))]  # fmt: skip
    further = [one for one in others if one != urlsplit(address).hostname]
    if further:
        return [Check(name, State.LOOK, N_("Tablets reach the hub at {address}. This laptop is in other networks, too: "
                                           "{further}."),
                      N_("Leave every network but the panel's own. Never serve from a government intranet."),
                      {"address": address, "further": ", ".join(further)})]  # fmt: skip
    return [Check(name, State.FINE, N_("Tablets reach the hub at {address}."), context={"address": address})]


def check_reachable(address: str) -> list[Check]:
    """Does the hub answer at the tablets' address? The firewall is asked by a tablet only."""
    name, there = N_("Reaching the hub"), urlsplit(address)
    if not (there.hostname and there.port):
        return []
    try:
        socket.create_connection((there.hostname, there.port), _PATIENCE).close()
    except OSError as error:
        return [Check(name, State.MEND, N_("The hub does not answer at {address} ({reason})."),
                      N_("Allow the program in the firewall for private networks and start it again."),
                      {"address": address, "reason": error.strerror or type(error).__name__})]  # fmt: skip
    return [Check(name, State.LOOK, N_("The hub answers this laptop at {address}."),
                  N_("Open this address on one tablet, in the panel's Wi-Fi: only that proves router and firewall."),
                  {"address": address})]  # fmt: skip


def check_certificate(folder: Path, address: str, now: datetime) -> list[Check]:
    """Over https: does the certificate name the tablets' address, and does it outlast the visit? A tablet that has not
    taken the hub's authority warns all the same, which only the tablet shows."""
    name, there = N_("Certificate for https"), urlsplit(address)
    if not there.hostname:
        return []
    if there.scheme != "https":
        return [Check(name, State.FINE, N_("The hub is served over http, which needs none; the Wi-Fi's password guards "
                                           "what goes over the air."))]  # fmt: skip
    kept, again = local_ca.served(folder), N_("Start the program again: it makes a new one.")
    if kept is None:
        return [Check(name, State.MEND, N_("There is none that can be read."), again)]
    until, named = kept
    if there.hostname not in named:
        return [Check(name, State.MEND, N_("It does not name this address: {address}."), again,
                      {"address": address})]  # fmt: skip
    context = {"date": f"{until.astimezone(now.tzinfo):%Y-%m-%d}"}
    if until - now < timedelta(days=_LAST_DAYS):
        return [Check(name, State.MEND, N_("It ends on {date}."), again, context)]
    return [Check(name, State.LOOK, N_("It is valid until {date}."),
                  N_("Open the hub on every tablet once: where the browser warns, install the certificate from the "
                     "address that the program printed when it started."), context)]  # fmt: skip


def check_power(supplies: Path = SUPPLIES) -> list[Check]:
    """Is the laptop on mains power? Whether it goes to sleep is told by no system in the same way."""
    name, sleep = N_("Power"), N_("Switch off sleep, also for a closed lid, and take the charger along.")
    told = [_told(one) for one in sorted(supplies.iterdir())] if supplies.is_dir() else []
    mains = [one["online"] for one in told if one.get("type") in ("Mains", "USB") and "online" in one]
    charge = next((one["capacity"] for one in told if one.get("type") == "Battery" and "capacity" in one), "")
    if "1" in mains:
        return [Check(name, State.LOOK, N_("On mains power."), sleep)]
    if charge:
        return [Check(name, State.MEND, N_("On battery, {charge} % are left."),
                      N_("Plug the charger in: the hub must not go off during a draw."),
                      {"charge": charge})]  # fmt: skip
    return [Check(name, State.LOOK, N_("This system does not tell of mains and battery."),
                  N_("See that the charger is plugged in, and that sleep is off, also for a closed lid."))]  # fmt: skip


def _told(supply: Path) -> dict[str, str]:
    told = {}
    for what in ("type", "online", "capacity"):
        try:
            told[what] = (supply / what).read_text("ascii", "replace").strip()
        except OSError:  # a battery is not "online", mains has no "capacity"
            continue
    return told


def check_second_place(second: Path | None, folder: Path, *, kept: bool = True) -> list[Check]:
    """Is there a second place for snapshots, can it be written to, and is it another disk?"""
    name = N_("Snapshots")
    if not kept:
        return [Check(name, State.LOOK, N_("No hub keeps snapshots here."), N_("Start the program with serve."))]
    if second is None:
        return [Check(name, State.LOOK, N_("Snapshots are kept on this disk only."),
                      N_("Plug a USB stick in and start the program with serve --backup FOLDER."))]  # fmt: skip
    context: dict[str, object] = {"folder": str(second)}
    if not second.is_dir():
        return [Check(name, State.MEND, N_("The second place {folder} is not there."), N_("Plug the stick in."),
                      context)]  # fmt: skip
    if fault := _refused(second):
        return [Check(name, State.MEND, N_("Nothing can be written to {folder} ({reason})."),
                      N_("Use another stick."), {**context, "reason": fault})]  # fmt: skip
    if second.stat().st_dev == _nearest(folder).stat().st_dev:
        return [Check(name, State.LOOK, N_("The second place {folder} is on the same disk as the visits."),
                      N_("Use a USB stick: a broken disk would take both."), context)]  # fmt: skip
    context["free"] = f"{shutil.disk_usage(second).free / 1024**3:.1f}"
    return [Check(name, State.FINE, N_("{free} GB are free in {folder}."), context=context)]


def check_visits(files: Sequence[VisitFile]) -> list[Check]:
    """Is every visit's file whole, page by page, with an unbroken log?"""
    name, broken = N_("Visit files"), []
    for file in files:
        try:
            with file.reading() as db:
                snapshots.sound(db)
        except InspectionError as error:
            broken.append(Check(name, State.MEND, N_("Damaged: {fault}"),
                                N_("Put a snapshot of “{slug}” back under “Visits”."),
                                {"slug": file.slug, "fault": error}))  # fmt: skip
    if broken:
        return broken
    if not files:
        return [Check(name, State.LOOK, N_("There is no visit on this hub yet."), N_("Create it, or bring it here."))]
    return [Check(name, State.FINE, N_("{count} visits, all of them whole."), context={"count": len(files)})]


def _nearest(folder: Path) -> Path:
    """Return the folder, or the nearest above it where it is still to be made."""
    return next(one for one in (folder, *folder.resolve().parents) if one.is_dir())


def _refused(folder: Path) -> str:
    """Say why a folder takes no file; empty where it does."""
    try:
        with tempfile.TemporaryFile(dir=folder) as tried:
            tried.write(b"tried")
    except OSError as error:
        return error.strerror or type(error).__name__
    return ""
