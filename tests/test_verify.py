"""verify.py as strangers run it: alone, isolated, in a folder of its own."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from inspection_app import verify
from inspection_app.core.certificate import canonical_json, certify, certify_fresh, digest_of
from inspection_app.core.draw import (
    Band,
    Contribution,
    DrawResult,
    Entry,
    Head,
    LockedList,
    Quota,
    draw,
    lock_list,
    tickets_of,
)
from inspection_app.core.fresh_digits import AbsentList, draw_fresh
from inspection_app.core.substitution import Substitution, next_reserve

CARDS = tuple(Contribution(party, "某人", "4821") for party in ("applicant", "chair", "neither"))
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def locked() -> LockedList:
    entries = [Entry(f"site|name={name}", "考察点") for name in ("水厂", "中学", "市场", "车间", "医院")]
    nonces = [hashlib.sha256(entry.identity.encode()).digest()[:16] for entry in entries]
    return lock_list("sites", "visit-1", entries, nonces, [Quota("考察点", 3)])


@pytest.fixture
def certificate(locked: LockedList) -> dict[str, Any]:
    head = Head(1, "visit-1", "sites", "会议室", datetime(2026, 5, 12, tzinfo=UTC), locked.digest, CARDS, "31415926")
    return certify(draw(locked, head))


def three() -> dict[str, dict[str, Any]]:
    """Certificates of a plain draw, one with bands that needed a second attempt, one with substitutions, and the one
    that followed it with fresh digits."""
    people = [
        Entry(f"citizen|name={category}{n}", category, {"性别": "男女"[n % 2], "年龄段": "老中青"[n % 3]})
        for category in ("群众代表", "人大代表")
        for n in range(12)
    ]
    nonces = [hashlib.sha256(entry.identity.encode()).digest()[:16] for entry in people]
    quotas = [Quota("群众代表", 4), Quota("人大代表", 2)]
    bands = [Band("*", "性别", "女", 3, 3), Band("群众代表", "年龄段", "老", 1, 2)]
    time = datetime(2026, 5, 12, tzinfo=UTC)

    def drawn(bands: Sequence[Band]) -> DrawResult:
        locked = lock_list("citizens", "visit-1", people, nonces, quotas, bands=bands)
        heads = (
            Head(1, "visit-1", "citizens", "会议室", time, locked.digest, CARDS, f"{number:08d}") for number in range(99)
        )
        return next(result for head in heads if (result := draw(locked, head)).attempt > 0 or not bands)

    banded, substitutions = drawn(bands), []
    for gone in banded.selected["群众代表"][:2]:
        come = next_reserve(banded, substitutions, gone)
        substitutions.append(Substitution(gone, come, "住院", "李四"))
    substituted = certify(banded, substitutions=[one.certified() for one in substitutions])
    gone = banded.selected["人大代表"][0]
    absent = AbsentList(1, digest_of(substituted), time, ((gone, "出差"),), ("张三", "李四"))
    return {
        "plain": certify(drawn(()), digits_by="balls"),
        "banded": certify(banded, digits_by="dice"),
        "substituted": substituted,
        "fresh": certify_fresh(substituted, draw_fresh(banded, substitutions, absent, "271828"), digits_by="dice"),
    }


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run a copy of verify.py with ``python -I`` on a certificate, given as a mapping or as raw text."""

    def run(content: dict[str, Any] | str, *options: str) -> subprocess.CompletedProcess[str]:
        shutil.copy(verify.__file__, tmp_path / "verify.py")
        text = content if isinstance(content, str) else canonical_json(content)
        (tmp_path / "cert.json").write_text(text, encoding="utf-8")
        return subprocess.run(
            [sys.executable, "-I", "verify.py", "cert.json", *options],
            cwd=tmp_path,
            env={"LC_ALL": "C"},
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )

    return run


def test_a_certificate_verifies_alone(run: Run, certificate: dict[str, Any]) -> None:
    """Isolated and without our package it checks every part and exits 0, one line for each check."""
    done = run(certificate)
    assert (done.returncode, done.stderr) == (0, "")
    assert all(line.startswith("ok ") for line in done.stdout.splitlines())
    assert {"list_digest", "seed", "order", "selected", "reserves"} <= {
        line.split()[1][:-1] for line in done.stdout.splitlines()
    }


@pytest.mark.parametrize("kind", ["plain", "banded", "substituted", "fresh"])
def test_a_plain_python_in_an_empty_folder_verifies(tmp_path: Path, kind: str) -> None:
    """Whatever ``python3`` there is, isolated, beside two files and nothing else: plain draw, bands, substitutions,
    fresh digits."""
    made = three()[kind]
    assert (made["attempt"] > 0, len(made["substitutions"])) == (kind != "plain", 2 * (kind in ("substituted", "fresh")))
    assert ("fresh" in made) == (kind == "fresh")
    shutil.copy(verify.__file__, tmp_path / "verify.py")
    (tmp_path / "cert.json").write_text(canonical_json(made), encoding="utf-8")
    python = shutil.which("python3", path="/usr/bin:/usr/local/bin") or sys.executable
    done = subprocess.run(
        [python, "-I", "verify.py", "cert.json"], cwd=tmp_path, capture_output=True, encoding="utf-8", check=False,
        env={"TZ": "Asia/Kathmandu", "LC_ALL": "tr_TR.UTF-8"},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert all(line.startswith("ok ") for line in done.stdout.splitlines())
    assert {path.name for path in tmp_path.iterdir()} == {"verify.py", "cert.json"}


@pytest.mark.parametrize(
    ("flags", "environment"),
    [
        (["-O"], {"PYTHONHASHSEED": "0", "LC_ALL": "C", "TZ": "America/New_York"}),
        (["-OO"], {"PYTHONHASHSEED": "4242", "LC_ALL": "de_DE.UTF-8", "TZ": "Asia/Kolkata"}),
        ([], {"PYTHONHASHSEED": "1", "PYTHONUTF8": "0", "LANG": "zh_CN.GBK"}),
    ],
    ids=["-O", "-OO", "GBK"],
)
def test_no_interpreter_finds_anything_else(
    tmp_path: Path, flags: list[str], environment: dict[str, str]
) -> None:
    """Neither -O nor hash seeds, locales and time zones change a verdict: right stays right, changed is named."""
    made = three()["fresh"]
    changed = {**made, "order": made["order"][::-1]}
    for name, content, code in (("right", made, 0), ("changed", changed, 3)):
        (tmp_path / name).write_text(canonical_json(content), encoding="utf-8")
        done = subprocess.run(
            [sys.executable, *flags, verify.__file__, str(tmp_path / name)], env=environment, capture_output=True,
            check=False,
        )  # fmt: skip
        assert done.returncode == code, done


def test_tampering_exits_3_and_is_named(run: Run, certificate: dict[str, Any]) -> None:
    """A swapped order is the one line that says CHANGED."""
    done = run({**certificate, "order": certificate["order"][::-1]})
    assert done.returncode == 3
    assert [line.split()[1] for line in done.stdout.splitlines() if line.startswith("CHANGED")] == ["order:"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "[" * 10_000 + "]" * 10_000,
        '{"format": "inspection-app certificate 1", "method": "by hand"}',
        '{"format": ' + "9" * 5000 + "}",
    ],
    ids=["empty", "list", "object", "deep", "by hand", "long number"],
)
def test_what_cannot_be_recomputed_exits_2(run: Run, text: str) -> None:
    """Files that are no certificate get one line on standard error, never a traceback."""
    done = run(text)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("nothing was verified")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("addition", "message"),
    [("NaN", "NaN is not JSON"), ('1, "seed": "0"', "a name occurs twice")],
    ids=["NaN", "twice"],
)
def test_json_that_readers_disagree_on_exits_2(
    run: Run, certificate: dict[str, Any], addition: str, message: str
) -> None:
    """A certificate that is right but for a NaN or a second value under one name is not accepted."""
    done = run(f'{{"remark": {addition}, {canonical_json(certificate)[1:]}')
    assert done.returncode == 2
    assert message in done.stderr


def test_a_file_of_100_megabytes_is_not_read(tmp_path: Path) -> None:
    """A huge file is refused after its first 8 MB."""
    huge = tmp_path / "huge.json"
    with huge.open("wb") as file:
        file.truncate(100_000_000)
    with pytest.raises(ValueError, match="larger than 8 MB"):
        verify.read(huge)


def of_size(people: int, attempt: object = 0, substitutions: Sequence[dict[str, int]] = (), band: str = "") -> str:
    """A certificate as somebody may write it who wants to keep a computer busy: everything in its place, all wrong."""
    rows = "".join(f"row\t{number}\tA\t{'a' * 64}\n" for number in range(1, people + 1))
    text = f"inspection-app list 1\nkind\tcitizens\nvisit\tv\nquota\tA\t{people}\t1\tall\n{band}{rows}"
    head = "".join([
        "inspection-app draw 1\nceremony 1\nmode real\nvisit v\nkind citizens\nplace x\ntime x\n",
        f"list {verify.sha256(text)}\n",
        *(f"contribution {party} 1234 n\n" for party in ("applicant", "chair", "neither")), "public 314159\n",
    ])  # fmt: skip
    return canonical_json({
        "format": "inspection-app certificate 1", "method": "computed", "list": text, "head": head,
        "attempt": attempt, "substitutions": list(substitutions), "voided": [],
    })  # fmt: skip


@pytest.mark.parametrize("attempt", [200_000, 10**15, -1, True, None, "1", 1.0])
def test_a_huge_number_of_attempts_is_not_made(run: Run, attempt: object) -> None:
    """No more tickets are computed than a draw itself may need; the limit is told in plain words."""
    done = run(of_size(200, attempt, band="band\t*\tx\ty\t1\t1\n"))
    assert done.returncode == 3
    (said,) = (line for line in done.stdout.splitlines() if " attempt: " in line)
    assert said.startswith("CHANGED attempt:")
    assert "of 200 people no draw makes more than 200000 attempts" in said


def test_a_long_list_gets_fewer_attempts(run: Run) -> None:
    """Attempts times people is what is limited: 40,000 people are given 1,000 attempts, one of 100,000 fits no file."""
    done = run(of_size(40_000, 1_000, band="band\t*\tx\ty\t1\t1\n"))
    assert "of 40000 people no draw makes more than 1000 attempts" in done.stdout
    done = run(of_size(120_000))
    assert (done.returncode, "larger than 8 MB" in done.stderr) == (2, True)


def test_short_leaves_do_not_make_room_for_more_people(run: Run) -> None:
    """A row's leaf has 64 characters, so 8 MB have no more than some 100,000 people."""
    done = run(of_size(50).replace("a" * 64, "a"))
    assert "CHANGED form: a row's leaf is no SHA-256" in done.stdout


def test_too_many_substitutions_are_not_followed(run: Run) -> None:
    """A thousand substitutions are refused in words, not looked up one by one."""
    done = run(of_size(2_000, 0, [{"out": 1, "in": 2}] * 1_000))
    assert done.returncode == 2
    assert "more than 999 substitutions" in done.stderr


@pytest.mark.parametrize("text", ["07", "+7", "7_0", "٧", "1" * 10, "", " 7", "-7"])
def test_a_number_is_written_in_one_way_only(text: str) -> None:
    """What Python would read as a number, too, is none here."""
    with pytest.raises(ValueError, match="is no whole number"):
        verify.whole(text)


@pytest.mark.parametrize(
    ("name", "value"), [("attempt", "NaN"), ("seed", "Infinity"), ("attempt", "9" * 21), ("attempt", "9" * 6000)]
)
def test_numbers_that_are_none_exit_2(run: Run, certificate: dict[str, Any], name: str, value: str) -> None:
    """NaN, infinity and endless digits in the place of any value."""
    text = canonical_json({**certificate, name: "here"}).replace('"here"', value)
    done = run(text)
    assert (done.returncode, done.stdout) == (2, "")


@pytest.mark.parametrize("name", ["list", "head", "substitutions", "voided", "order", "attempt", "fresh"])
def test_10000_deep_is_refused(run: Run, certificate: dict[str, Any], name: str) -> None:
    """Nested 10,000 deep in the place of any part: one line, no traceback."""
    text = canonical_json({**certificate, name: "here"}).replace('"here"', "[" * 10_000 + "]" * 10_000)
    done = run(text)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)


def test_usage_exits_2(run: Run, certificate: dict[str, Any]) -> None:
    """An unknown option is a usage error."""
    assert run(certificate, "--loud").returncode == 2


def test_the_slip_is_compared(run: Run, certificate: dict[str, Any], locked: LockedList) -> None:
    """The right eight digits pass; others are named."""
    assert run(certificate, "--slip", locked.short_code).returncode == 0
    done = run(certificate, "--slip", "00000000")
    assert done.returncode == 3
    assert "CHANGED slip" in done.stdout


def test_one_row_is_proved(run: Run, certificate: dict[str, Any], locked: LockedList) -> None:
    """Identity and nonce prove the row they were locked in; another identity or another row does not."""
    number, identity, nonce = locked.annex[2]
    assert run(certificate, "--row", str(number), "--nonce", nonce, "--identity", identity).returncode == 0
    assert run(certificate, "--row", str(number), "--nonce", nonce, "--identity", identity + "二厂").returncode == 3
    assert run(certificate, "--row", "1", "--nonce", nonce, "--identity", identity).returncode == 3
    assert run(certificate, "--row", "9", "--nonce", nonce, "--identity", identity).returncode == 3
    assert run(certificate, "--row", "1", "--nonce", "xyz", "--identity", identity).returncode == 2


def test_tickets_are_those_of_consistent_sampler() -> None:
    """The verifier's own ticket is the package's, to the last digit."""
    for ticket in tickets_of([str(number) for number in range(1, 500)], "314159"):
        assert verify.ticket(verify.sha256("314159"), int(ticket.id)) == ticket.fraction


def test_nothing_of_ours_is_imported() -> None:
    """The file imports the standard library only."""
    source = Path(verify.__file__).read_text(encoding="utf-8")
    modules = {line.split()[1].split(".")[0] for line in source.splitlines() if line.startswith(("import ", "from "))}
    assert modules <= set(sys.stdlib_module_names) | {"__future__"}


def test_names_of_checks_are_names_in_the_certificate(certificate: dict[str, Any]) -> None:
    """A failed check can be found in the file: it is called what the certificate calls that part."""
    names = {name for name, _, _ in verify.checks(json.loads(canonical_json(certificate)))}
    assert names - {"form"} <= set(certificate)
