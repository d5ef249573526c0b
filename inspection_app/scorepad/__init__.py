"""The tablet's score sheet: plain ES modules, a stylesheet, and the words that they show.

``points.js`` reckons, ``outbox.js`` stores and sends, ``view.js`` and those before it show, ``main.js`` fetches them
into a Streamlit page, and ``start.js`` starts them there; ``photos.js`` starts those that show photos without a sheet.
Here is only how to get at the files; their route is the hub's, and so is the sheet they work on.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files

from inspection_app.errors import N_

_SHEET = (
    "points", "outbox", "shelf", "shrink", "evidence_box", "dom", "states", "fields", "controls", "note", "evidence",
    "official", "versions", "hand_in", "overview", "view",
)  # fmt: skip
MODULES = (*_SHEET, "hub", "photos", "start")
"""The modules that the browser loads by address, each after those that it imports; ``main`` travels with the page."""

OFFLINE_MODULES = (*_SHEET, "ledger", "offline")
"""The modules of the offline sheet, which all travel in its file; ``offline`` starts it."""

VERSION_DIGITS = 16


@cache
def text(name: str) -> str:
    """Return one of the files of this folder, such as ``pad.css``."""
    return files(__name__).joinpath(name).read_text(encoding="utf-8")


def modules() -> dict[str, str]:
    """Return the sources of the modules that the browser loads, by name.

    They import each other by these bare names: whoever starts them puts addresses there, or makes an import map.
    """
    return {name: text(f"{name}.js") for name in MODULES}


def offline_modules() -> dict[str, str]:
    """Return the sources of the offline sheet's modules, by name; they import each other as ``modules`` do."""
    return {name: text(f"{name}.js") for name in OFFLINE_MODULES}


def messages() -> tuple[str, ...]:
    """Return every message that the modules show, in English."""
    return WORDS


@cache
def version() -> str:
    """Return the digest that stands in the modules' address, so that a browser may keep them for ever."""
    content = hashlib.sha256()
    for source in modules().values():
        content.update(len(source.encode()).to_bytes(8, "big") + source.encode())
    return content.hexdigest()[:VERSION_DIGITS]


PHOTOS_LOADING = N_("Your photos are being loaded …")
PHOTOS_UNREACHABLE = N_("The hub cannot be reached. Your photos are shown as soon as it can; what is here is kept.")
TOO_OLD = N_("This browser is too old, or leaves out what this needs. Update it, or open the page in another one.")
LOADING = N_("The score sheet is being loaded …")
UNREACHABLE = N_("The hub cannot be reached. The score sheet opens as soon as it can; what you entered is kept here.")
SIGN_IN_AGAIN = N_("Sign in again")

PHOTO_WORDS = (
    N_("Photos and files"),
    N_("Photo"),
    N_("PDF file"),
    N_("What is on it"),
    N_("Caption (at most 30 characters)"),
    N_("Remove"),
    N_("Removed."),
    N_("Brought back."),
    N_("not saved"),
    N_("sending: {share} %"),
    N_("Getting photo {number} of {count} ready …"),
    N_("“{name}” could not be read. Take the photo again."),
    N_(
        "The hub lost this photo when it was put back to an earlier state, and only its thumbnail is here. "
        "Take it again."
    ),
    N_("“{name}” has more than 8 MB. Take the photo again at a lower resolution."),
    N_("Only the hub has this photo, and it cannot be reached."),
    N_("Waiting on this tablet, with those of other places: {count}"),
    N_("Undo"),
    N_("Try again"),
    N_("Close"),
    N_("waiting to be sent for {age}"),
    N_("saved {time}"),
    N_("{number} s"),
    N_("{number} min"),
    N_("{number} h"),
    N_("Sign in again"),
    N_("This tablet is not signed in any more. What you entered is kept here."),
    N_(
        "This tablet's storage is full: {count} items are only in its memory. Do not close or reload "
        "this page until they are saved."
    ),
)
"""What photos and files show, on the pad and alone."""

WORDS = (
    *PHOTO_WORDS,
    N_("{label}: {told}"),
    N_("for trying out: nothing is saved"),
    N_("The last change is undone."),
    N_("Undo the last change"),
    N_("Previous"),
    N_("Next"),
    N_("Points"),
    N_("Items"),
    N_("self-check {points}"),
    N_("documents p. {page}"),
    N_("desk mark {points} ({name})"),
    N_("out of {points}"),
    N_("Scoring rule (official text)"),
    N_("What to look at (official text, without points)"),
    N_("Errata of the official text"),
    N_("You are recused from this item"),
    N_("Others score it; it leaves the mean visibly."),
    N_("Scored by your group"),
    N_("The agreed mark of “{group}” is on its leader's sheet."),
    N_("Not assigned to you"),
    N_("Somebody else on the panel scores this item."),
    N_("Choose the tier that holds"),
    N_("Clear the answer"),
    N_("Cleared."),
    N_("{points} pt"),
    N_("Not applicable: {condition}"),
    N_("Reached"),
    N_("In part"),
    N_("Not reached"),
    N_("Why only in part?"),
    N_("In a few words"),
    N_("None of them fits"),
    N_("No points follow until you replace them below, with a reason."),
    N_("To compare with"),
    N_("Last year"),
    N_("disputed"),
    N_("Use the agreed figure"),
    N_("agreed figure"),
    N_("{number}: the text has no tier for this"),
    N_("Send the dispute"),
    N_("What is wrong, and where you saw it"),
    N_("Dispute"),
    N_("Recorded. Scoring goes on with the figure as it stands until the office answers."),
    N_("The hub cannot be reached. Nothing was sent; try again."),
    N_("These points come from a department."),
    N_("Points, 0 to {points}"),
    N_("pt"),
    N_("Reason"),
    N_("Reason, if you like"),
    N_("Reason, for less than full points"),
    N_("Reason, where points come off"),
    N_("Not saved yet: say in a few words why."),
    N_("Not saved: enter digits with a point, such as 0.45."),
    N_("Not saved: enter points from 0 to {points}."),
    N_("Not saved: only these points are possible: {allowed}."),
    N_("Not saved: there is no growth from 0. Where it really is 0, replace the points with a reason."),
    N_("Not saved: the reason is too long. Shorten it, or use the note."),
    N_("Not saved yet: a number is missing."),
    N_("Not saved: this answer cannot be taken. Clear it and answer again."),
    N_("Note"),
    N_("What you saw, which document, what is missing"),
    N_("Save my phrases"),
    N_("Saved."),
    N_("Edit my phrases"),
    N_("One phrase a line"),
    N_("Phrases"),
    N_("Replace the points, with a reason"),
    N_("Reason (the chair sees it)"),
    N_("This item was changed on another screen in the meantime. Both versions are kept; choose one."),
    N_("Other screen"),
    N_("Keep the other one"),
    N_("This screen"),
    N_("Use this one"),
    N_("Versions put aside ({count})"),
    N_("Take this one again"),
    N_("not applicable"),
    N_("For showing only: nothing can be changed."),
    N_("Continue scoring"),
    N_("Declare now"),
    N_("waiting: {count} (oldest {age})"),
    N_("storage full"),
    N_("hub unreachable since {time}"),
    N_("signed out"),
    N_("two versions: choose one"),
    N_("not saved: the hub refused it"),
    N_("two versions in item {items}"),
    N_("not saved: item {items}"),
    N_("not saved yet: something is missing"),
    N_("typed in for you, not confirmed"),
    N_("nothing entered yet"),
    N_("{points} of {ceiling} points"),
    N_("Overview ({count} missing)"),
    N_("points replaced by the expert"),
    N_("the text has no tier for this"),
    N_("a figure says otherwise"),
    N_("the clauses earn more than the item is worth"),
    N_("the text prints no points for this"),
    N_("scored"),
    N_("unmarked"),
    N_("recused"),
    N_("not assigned"),
    N_("scored by the group"),
    N_("Search"),
    N_("Number or words"),
    N_("All"),
    N_("Missing"),
    N_("Flagged"),
    N_("With note"),
    N_("Not saved"),
    N_("Show"),
    N_("Overview"),
    N_("Nothing here."),
    N_("{count} items"),
    N_("Show only (nothing can be changed)"),
    N_("waiting to be sent"),
    N_("Look again"),
    N_("{name} asks you to look again at this item: {reason}"),
    N_("Asked to look again: item {items}"),
    N_("Open"),
    N_("Handed in {time}: read-only."),
    N_("Take it back"),
    N_("The sheet is yours again; what you change is saved as before."),
    N_("Hand in the score sheet"),
    N_("Hand in the score sheet?"),
    N_("Hand it in now"),
    N_("Not yet"),
    N_("Not possible yet: the hub does not have everything. Wait until it is sent, or settle what is refused."),
    N_("Afterwards it can only be read. You may take it back until the marks are opened."),
    N_("Not on the hub yet"),
    N_("Without its reason or a number, so not saved"),
    N_("Unmarked"),
    N_("Every item of yours is marked."),
    N_("Not possible yet: these items of yours are not complete."),
    N_("Typed in for you, not confirmed"),
    N_("I have looked again"),
    N_("The chair sees that you have looked again."),
    N_("The sheet is handed in."),
)
"""Every message that the modules show."""

OFFLINE_WORDS = (
    N_("Export the answer file"),
    N_("This browser cannot write the checks against damage here; the hub says so when the file comes in."),
    N_("Offline sheet of {time}"),
    N_("How the answers get to the hub"),
    N_("Export the answer file. It is in this device's downloads."),
    N_(
        "In range of the hub, open the hub and bring the file in there; or hand it to the secretary, by "
        "stick or message."
    ),
    N_("The hub shows what is new and what differs before it takes anything. The same file twice does no harm."),
    N_("Open the hub"),
    N_("This device cannot keep what you enter here. Export before you close or reload this page, or it is lost."),
    N_("This device keeps what you enter, seen since {time}."),
    N_(
        "First opened on this device. Whether it keeps what you enter shows when you open the sheet again: "
        "export before you close it for the first time."
    ),
    N_("Another offline sheet of yours on this device, of {time}, holds what was never exported. Open that one too."),
    N_("Last export {time}."),
    N_("The last file is called {name}."),
    N_("Never exported."),
    N_("Send to the hub"),
    N_("Brought in on the hub {time}."),
    N_(
        "In range of the hub, tap “Send to the hub”: its page shows what would come in, and you bring it in "
        "there. Out of range:"
    ),
    N_(
        "A page of the hub was opened; bring the sheet in there. If it does not open, this device is not in the "
        "hub's range: export the answer file."
    ),
    N_("This browser opened no window. Export the answer file, and bring it in on the hub."),
    N_("Changed since: {count} items."),
    N_("Entered: {count} items."),
    N_("Not exported: item {items}"),
    N_("Nothing has changed since."),
    N_("Nothing is entered yet."),
    N_("Not in any export, because a reason or a number is missing: item {items}"),
    N_("not exported: {count}"),
    N_("only in this page's memory"),
    N_("not complete: something is missing"),
    N_("kept on this device {time}"),
    N_("as on the hub when this sheet was made"),
    N_("This sheet does not reach the hub. Write it into the note, and dispute the figure on the hub."),
)
"""What only the offline sheet shows besides."""
