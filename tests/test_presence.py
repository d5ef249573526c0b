"""Who is there: by ages that no clock on the wall can change, and without growing for ever."""

from __future__ import annotations

from inspection_app.presence import CONNECTED_SECONDS, Presence


def test_ages_grow_until_the_tablet_is_heard_again() -> None:
    """Silence, the oldest waiting change and the last save are told in seconds before now."""
    now = [100.0]
    there = Presence(clock=lambda: now[0])
    there.heard("a", 3, "tablet", waiting=2, oldest=5)
    there.saved("a", 3, "tablet")
    now[0] += CONNECTED_SECONDS + 1
    (one,) = there.tablets("a")
    assert (one.silent, one.connected, one.waiting, one.oldest, one.saved) == (16, False, 2, 21, 16)
    there.heard("a", 3, "tablet", waiting=0, oldest=9)
    (one,) = there.tablets("a")
    assert (one.silent, one.connected, one.waiting, one.oldest, one.saved) == (0, True, 0, None, 16)


def test_visits_members_and_tablets_are_told_apart() -> None:
    """Another visit's tablets are not listed; of one member the tablet heard last comes first."""
    now = [0.0]
    there = Presence(clock=lambda: now[0])
    for visit, member, client in (("a", 4, "x"), ("a", 3, "x"), ("b", 3, "x"), ("a", 3, "y")):
        now[0] += 1
        there.heard(visit, member, client, waiting=0)
    assert [(one.member, one.client) for one in there.tablets("a")] == [(3, "y"), (3, "x"), (4, "x")]
    assert there.tablets("nowhere") == ()


def test_a_browser_that_forgets_its_name_does_not_fill_the_memory() -> None:
    """Of each member only the last ten are remembered."""
    now = [0.0]
    there = Presence(clock=lambda: now[0])
    there.heard("a", 4, "stays", waiting=0)
    for number in range(100):
        now[0] += 1
        there.heard("a", 3, f"tablet{number}", waiting=0)
    assert [one.client for one in there.tablets("a")] == [*(f"tablet{n}" for n in range(99, 89, -1)), "stays"]
