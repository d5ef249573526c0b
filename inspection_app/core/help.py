"""The help that is in the software itself: one leaf for each role, one for trouble, one for the network.

Everything is a catalogue key, for the help is read in the language of the screen and not in that of the documents.
What the leaves say is done on the pages; names of pages and buttons stand in them as they are on the screen. Nothing is
shown or set in type here.

Sources: DESIGN.md section 1 of the project for the network; the protocol of ``core.draw`` for the witness.
"""

from __future__ import annotations

from dataclasses import dataclass

from inspection_app.core.visit import Role
from inspection_app.errors import N_


@dataclass(frozen=True)
class Point:
    """One step, or one case where it has a ``title``."""

    text: str
    title: str = ""


@dataclass(frozen=True)
class Leaf:
    """What fits one printed page. ``name`` is its place in addresses."""

    name: str
    title: str
    opening: str
    points: tuple[Point, ...]

    @property
    def steps(self) -> bool:
        """Whether the points are done one after the other."""
        return not any(point.title for point in self.points)


def _steps(*texts: str) -> tuple[Point, ...]:
    return tuple(map(Point, texts))


_SECRETARY = Leaf(
    "secretary",
    N_("Secretary"),
    N_("The laptop you start the program on is the hub: everybody's tablet reaches it over the panel's own router."),
    _steps(
        N_("In the office: create the visit under “New visit” on the hub itself, and print the cards with "
           "everybody's code at once; they are shown only this time."),
        N_("Fill in “Prepare”: sites, roster, figures. Then “Duties”: who scores what, and who stands aside. Settle "
           "the “Method”. Under “Papers” print the paper pack: with it the whole visit can be held without any "
           "tablet."),
        N_("Run the “Check-up” before you leave. Give the program a USB stick as second place for snapshots."),
        N_("On site: router and laptop on mains power, start the program, hand out the cards. A tablet joins the "
           "Wi-Fi, scans the card's QR code and is signed in; the code can be typed as well."),
        N_("For the projector open the hub's address with /screen at the end. What it shows, and the clock, you lead "
           "on “Home” and on “Draws”."),
        N_("Draws: lock the list, have the slip signed, read its eight digits out, then follow the page step by "
           "step. Rehearse once before."),
        N_("Tap “Open scoring” when panel and duties are right; after that they are fixed. “Consolidate” shows who "
           "is outstanding and whose tablet is silent. Under “Type in” paper sheets are typed in, with a photo, and "
           "offline sheets and XLSX sheets are handed out and brought in."),
        N_("While the panel deliberates, write the findings under “Feedback”. There you also make feedback and "
           "report, as PDF and Word."),
        N_("After the seal: attach signed scans and keep what was sent under “Seal”. Take a copy of the visit's file "
           "home; it is the whole record."),
    ),
)  # fmt: skip

_EXPERT = Leaf(
    "expert",
    N_("Expert"),
    N_("You score the items assigned to you on your tablet. Nobody sees your marks until the chair opens all marks."),
    _steps(
        N_("Join the panel's Wi-Fi and scan your card. If WeChat opens the page, choose to open it in the browser."),
        N_("Declare under “Duties” first whether you have a conflict of interest. It takes a minute; scoring waits "
           "for it."),
        N_("Open “Score”. Tap what you found; the points follow by the official rule. Write why in the note, add "
           "photos, and go on to the next item. “Overview” shows what is missing."),
        N_("“Saved 14:03” comes only when the hub has it. “Waiting” means that it is on your tablet only: go on, "
           "keep the page open, and it is sent as soon as the hub is reached."),
        N_("An agreed figure is wrong? Do not work around it: dispute it under “Disputes”."),
        N_("Where there is no tablet or no Wi-Fi, score on your paper sheet, on an XLSX sheet or on an offline sheet "
           "made before. What others type in from your paper counts once you have confirmed it."),
        N_("When every item is marked, hand in the sheet. You can take it back until the marks are opened."),
        N_("After that only what the chair asks you to look at again can be changed. At the end confirm the result "
           "under “Seal”, or say why you do not agree."),
    ),
)  # fmt: skip

_CHAIR = Leaf(
    "chair",
    N_("Chair"),
    N_("You score like every expert, and you decide when the marks are opened, what the panel's score is, and the "
       "seal."),
    _steps(
        N_("Read the expert's leaf as well: sign in, declare, score and hand in your own sheet."),
        N_("Settle the “Method” with the secretary before scoring is opened. Changing it later needs a reason that "
           "is printed."),
        N_("“Consolidate” shows whose sheet is in. If somebody cannot go on, excuse them there and say whether what "
           "they have marked counts."),
        N_("Open the marks when your own sheet is in and nobody is outstanding. Scoring is then closed for everybody."),
        N_("“Deliberation” puts the items with the widest spread first. For each: let the marks stand, ask an expert "
           "to look again, or decide with points, reason and clause. Nobody's mark is ever changed by somebody else."),
        N_("Decide vetoes and gates with their evidence. Where the official text is silent, the program says so and "
           "decides nothing; the recommendation is the panel's."),
        N_("Under “Seal” settle or explain every point listed; each member confirms on their own screen; then seal. "
           "After that chair and secretary can only reopen the visit together, and it is printed."),
    ),
)  # fmt: skip

_WITNESS = Leaf(
    "witness",
    N_("Witness of a draw"),
    N_("You need no device and no trust in this program. Whatever it does can be recomputed by anybody afterwards."),
    _steps(
        N_("Before the draw the list is locked. See that its slip is signed and keep its eight digits: they fix "
           "every row of the list."),
        N_("Three parties write digits of their own and the eight digits on a card, and lay it face down. If you "
           "write one, show it to nobody."),
        N_("Then two people draw digits in public, from a bag or with dice. Watch that they are read aloud and "
           "written as drawn. The cards stay face down until then."),
        N_("The cards are opened and typed in. From all these digits, and nothing else, the program works out the "
           "order: a change of any single digit would change it."),
        N_("If a card is withheld or anything is repeated, the ceremony is void. It keeps its number and is printed "
           "with the reason. Nothing can be drawn again quietly."),
        N_("Compare the record with your notes before you sign: list, digits, numbers. The program that checks it "
           "comes with the certificate."),
        N_("To check it, open “Check a draw”, without signing in, or run verify.py on any computer with Python. "
           "Whoever was on the list can ask for proof of their own number."),
    ),
)  # fmt: skip

_TROUBLE = Leaf(
    "trouble",
    N_("When something goes wrong"),
    N_("What a tablet calls saved is on the hub's disk; snapshots are copies of it."),
    (
        Point(
            N_("Go on scoring: entries and photos are kept on the tablet and sent when the hub is reached again. Do "
               "not reload or close the page while it says “waiting”. If the router is dead, switch it off and on; "
               "behind another router give the laptop its old address, for what waits is sent only there. For long: "
               "paper, XLSX or offline sheets."),
            N_("The Wi-Fi is gone"),
        ),
        Point(
            N_("Take any other tablet and sign in with the same code: everything saved is there. Entries that still "
               "waited on the dead tablet come in when it has power again and opens “Score”. A lost card: the "
               "secretary makes a new code under “Prepare”, and the old one stops working."),
            N_("A tablet dies or is lost"),
        ),
        Point(
            N_("Before they go: hand in what is done. Otherwise the chair excuses them under “Consolidate” and says "
               "whether their marks count; items left with too few marks are decided by the panel. If the chair "
               "leaves, the secretary hands the chair over under “Duties”."),
            N_("An expert leaves"),
        ),
        Point(
            N_("Do not draw again. Recompute it before everybody under “Check a draw”, with the certificate and the "
               "eight digits of the signed slip. If a step went wrong and nothing has been drawn yet, void the "
               "ceremony with the reason. Otherwise note the objection under “On site”; it belongs to the record."),
            N_("A draw is contested"),
        ),
        Point(
            N_("Start it and the program again: all that was saved is there, and every tablet goes on. If it is "
               "broken for good: on another laptop with this program choose “Open a visit's file from elsewhere” "
               "under “Visits” and give it the newest snapshot from the USB stick; the old codes are valid. An "
               "encrypted copy needs its passphrase and “inspection-app visit restore”."),
            N_("The laptop dies"),
        ),
        Point(
            N_("“Snapshots and restore” on the secretary's “Home” says what would be lost before it puts anything "
               "back. While the file is sound, what was done before everybody is only reopened by chair and "
               "secretary together, under “Reopen”."),
            N_("The visit's file is damaged, or something was closed by mistake"),
        ),
    ),
)  # fmt: skip

_NETWORK = Leaf(
    "network",
    N_("The network"),
    N_("The panel brings a network of its own. No internet is needed, and none should be there."),
    _steps(
        N_("Bring your own small Wi-Fi router, with a password that only the panel knows: it protects what goes over "
           "the air."),
        N_("Never use a hotspot of a government-intranet machine, and never plug the hub into that intranet or into "
           "the applicant's network."),
        N_("Connect the laptop to the router by cable if you can, and give it a fixed address there: tablets know "
           "the hub by it. Switch off “guest network” and “AP isolation” in the router: both keep tablets from "
           "reaching the hub."),
        N_("Keep laptop and router on mains power, and let neither sleep. A laptop whose lid is closed is a hub that "
           "is gone."),
        N_("When Windows asks whether other devices may reach the program, allow it for private networks."),
        N_("A tablet may say “no internet”: stay with this Wi-Fi, and switch mobile data off if it wanders away."),
        N_("Try it in the office with one tablet: open the address that “Check-up” names. Only that proves router "
           "and firewall."),
    ),
)  # fmt: skip

LEAVES = (_SECRETARY, _EXPERT, _CHAIR, _WITNESS, _TROUBLE, _NETWORK)
"""Every leaf, in the order in which they are printed."""


def help_for(page: str, role: Role) -> tuple[str, int]:
    """Return the leaf that explains a page to somebody in this role, and which of its points names the page, 1 the
    first; 0 where the leaf as a whole has to do.

    Args:
        page: the page's title, as a catalogue key: points name pages in quotes, or begin with their names.

    >>> help_for("Score", Role.CHAIR), help_for("Draws", Role.SECRETARY), help_for("Draws", Role.EXPERT)
    (('expert', 3), ('secretary', 6), ('witness', 0))
    """
    own, *others = leaves_for(role)
    office = role is not Role.EXPERT
    readable = [own, *(leaf for leaf in others if office or leaf is not _SECRETARY)]
    for named in (f"{page}:", f"“{page}”"):
        for leaf in readable:
            for number, point in enumerate(leaf.points, 1):
                if point.text.startswith(named) or (named.startswith("“") and named in point.text):
                    return leaf.name, number
    return (_WITNESS if page == "Draws" else own).name, 0


def leaves_for(role: Role | None) -> tuple[Leaf, ...]:
    """Return every leaf, the reader's own first.

    >>> [leaf.name for leaf in leaves_for(Role.CHAIR)]
    ['chair', 'expert', 'trouble', 'network', 'secretary', 'witness']
    """
    first = {Role.CHAIR: ("chair", "expert"), None: ()}.get(role, (str(role),))
    order = [*first, "trouble", "network"] if role else [leaf.name for leaf in LEAVES]
    rank = {name: place for place, name in enumerate(order)}
    return tuple(sorted(LEAVES, key=lambda leaf: rank.get(leaf.name, len(order))))
