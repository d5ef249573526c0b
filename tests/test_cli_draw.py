"""Draws from the shell: locked first, drawn from the locked list, checked by the very file that strangers get."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from inspection_app import language, verify_certificate
from inspection_app.cli import main
from inspection_app.core.draw import parse_list
from inspection_app.core.papers.certificate_page import certificate_brief
from inspection_app.places import shipped

NAMES = ("水厂", "中学", "市场", "车间", "医院")
CARDS = ("--card", "applicant:申必达:1234", "--card", "chair:章北川:20260512", "--card", "neither:公证石:98765")
CEREMONY = ("--place", "三楼会议室", "--time", "2026-05-12T10:41:10+08:00", *CARDS, "--public", "314159265")


@pytest.fixture(autouse=True)
def english() -> None:
    language.use("en")


def sites_in(folder: Path) -> Path:
    path = folder / "考察点.csv"
    path.write_text("序号,名称,地址\n" + "".join(f"{n},{name},解放路{n}号\n" for n, name in enumerate(NAMES, 1)), "gb18030")
    return path


@pytest.fixture
def sites(tmp_path: Path) -> Path:
    return sites_in(tmp_path)


@pytest.fixture(scope="module")
def locked_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the first command leaves: the key of its annex is dear by design."""
    folder = tmp_path_factory.mktemp("locked")
    assert ran("sites", sites_in(folder), "--draw", 3, "--visit", "v1").exit_code == 0
    return folder


@pytest.fixture
def locked(locked_once: Path, tmp_path: Path) -> Path:
    """The locked list of the sites, in a folder of the test's own."""
    return shutil.copytree(locked_once, tmp_path / "locked") / "list.txt"


def ran(*arguments: object, passphrase: str = "") -> Result:
    """Run ``draw …`` in this process; an exception that is not an exit is the test's failure."""
    result = CliRunner().invoke(
        main, ["draw", *map(str, arguments)], env={"INSPECTION_LANG": "en", "INSPECTION_PASSPHRASE": passphrase}
    )
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def checked_alone(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    python = shutil.which("python3", path="/usr/bin:/usr/local/bin") or sys.executable
    return subprocess.run(
        [python, "-I", "verify.py", "certificate.json", *options], cwd=folder, capture_output=True, encoding="utf-8",
        check=False,
    )  # fmt: skip


def test_locking_tells_the_code_and_names_nobody_in_clear(sites: Path) -> None:
    """The first command fixes the list and prints what is read out; names lie in the encrypted annex only."""
    done = ran("sites", sites, "--draw", 3)
    assert done.exit_code == 0
    listed = parse_list((sites.parent / "list.txt").read_text("utf-8"))
    assert listed.short_code in done.stdout
    assert listed.digest in done.stdout
    assert [(quota.k, len(listed.rows)) for quota in listed.quotas] == [(3, 5)]
    written = b"".join(path.read_bytes() for path in sites.parent.iterdir() if path != sites)
    assert [name for name in NAMES if name.encode() in written] == []
    assert not (sites.parent / "certificate.json").exists()


def test_a_draw_from_the_locked_list_is_checked_by_plain_python(locked: Path) -> None:
    """Certificate, verifier and page lie beside the list; ``python3 -I verify.py`` and ``draw verify`` agree."""
    done = ran("sites", locked, *CEREMONY, "--applicant", "清溪县人民政府")
    assert done.exit_code == 0
    folder = locked.parent
    certificate = json.loads((folder / "certificate.json").read_text("utf-8"))
    assert certificate["list"] == locked.read_text("utf-8")
    alone = checked_alone(folder, "--slip", certificate["short_code"])
    assert (alone.returncode, alone.stderr) == (0, "")
    assert ran("verify", folder / "certificate.json").exit_code == 0
    assert (folder / "certificate.pdf").read_bytes().startswith(b"%PDF")
    assert certificate["annex_digest"] in (folder / "annex.encrypted.json.sha256").read_text()
    drawn = ", ".join(map(str, certificate["selected"]["备选考察点"]))
    assert f"备选考察点: {drawn}" in done.stdout


def test_how_the_digits_were_drawn_is_told_where_it_is_said(locked: Path, tmp_path: Path) -> None:
    """``--digits-by`` stands in the certificate; without it nothing is claimed, and another way is a usage error."""
    for at, (options, told) in enumerate(((("--digits-by", "dice"), "dice"), ((), ""))):
        folder = tmp_path / str(at)
        assert ran("sites", locked, *CEREMONY, *options, "--to", folder).exit_code == 0
        assert json.loads((folder / "certificate.json").read_text("utf-8"))["digits_by"] == told
    assert ran("sites", locked, *CEREMONY, "--digits-by", "wish", "--to", tmp_path / "2").exit_code == 2


def test_the_same_digits_draw_the_same_and_nothing_is_ever_replaced(locked: Path, tmp_path: Path) -> None:
    """Elsewhere the same certificate comes out to the byte; a second draw in the folder is refused with 1."""
    assert ran("sites", locked, *CEREMONY).exit_code == 0
    first = (locked.parent / "certificate.json").read_bytes()
    again = ran("sites", locked, *CEREMONY[:-1], "271828182")
    assert (again.exit_code, (locked.parent / "certificate.json").read_bytes()) == (1, first)
    assert "nothing was replaced" in again.stderr
    assert ran("sites", locked, *CEREMONY, "--to", tmp_path / "other").exit_code == 0
    assert (tmp_path / "other" / "certificate.json").read_bytes() == first


def test_a_changed_list_no_longer_draws_or_verifies(locked: Path) -> None:
    """One row taken from the locked text, or one in the certificate: refused, and exit code 3."""
    assert ran("sites", locked, *CEREMONY).exit_code == 0
    certificate = json.loads((locked.parent / "certificate.json").read_text("utf-8"))
    rows = locked.read_text("utf-8").splitlines(keepends=True)
    locked.write_text("".join(rows[:-1]), "utf-8")
    assert ran("sites", locked, *CEREMONY, "--to", locked.parent / "x").exit_code == 1
    certificate["list"] = "".join(rows[:-1])
    (locked.parent / "certificate.json").write_text(json.dumps(certificate, ensure_ascii=False), "utf-8")
    assert ran("verify", locked.parent / "certificate.json").exit_code == 3
    assert checked_alone(locked.parent).returncode == 3


def test_citizens_by_category_with_a_further_quota(tmp_path: Path) -> None:
    """The sample roster: two of each category, three to five women among all; the certificate keeps both."""
    roster = shipped("data/sample") / "roster.csv"
    quotas = [part for name in ("群众代表", "人大代表", "政协委员", "社会监督员") for part in ("--quota", f"{name}=2")]
    done = ran("citizens", roster, *quotas, "--band", "*:性别=女:3-5", *CEREMONY, "--to", tmp_path)
    assert done.exit_code == 0, done.output
    certificate = json.loads((tmp_path / "certificate.json").read_text("utf-8"))
    assert verify_certificate(certificate).ok
    assert {stratum: len(numbers) for stratum, numbers in certificate["selected"].items()} == dict.fromkeys(
        ["群众代表", "人大代表", "政协委员", "社会监督员"], 2
    )
    listed = parse_list(certificate["list"])
    women = [row for numbers in certificate["selected"].values() for row in (listed.rows[n - 1] for n in numbers)
             if ("性别", "女") in row.attributes]  # fmt: skip
    assert 3 <= len(women) <= 5


def test_a_rehearsal_says_so_everywhere(sites: Path) -> None:
    """Without cards and digits it makes them up; head, page brief and output are marked, and it verifies as one."""
    done = ran("rehearse", "sites", sites, "--draw", 3, "--to", sites.parent / "probe")
    assert (done.exit_code, "REHEARSAL" in done.stdout) == (0, True)
    certificate = json.loads((sites.parent / "probe" / "certificate.json").read_text("utf-8"))
    assert certificate["rehearsal"] is True
    assert "ceremony 1 REHEARSAL" in certificate_brief(certificate)
    assert verify_certificate(certificate).ok
    certificate["rehearsal"] = False
    assert verify_certificate(certificate).failed == ("rehearsal",)


def test_the_annex_opens_with_the_passphrase_that_was_shown_once(sites: Path) -> None:
    """All names, or one person's row, which verify.py then proves; another passphrase opens nothing."""
    shown = ran("sites", sites, "--draw", 3, *CEREMONY).stderr
    passphrase = shown.strip().rpartition(" ")[2]
    annex, certificate = sites.parent / "annex.encrypted.json", sites.parent / "certificate.json"
    opened = ran("annex", annex, "--certificate", certificate, passphrase=passphrase)
    assert opened.exit_code == 0
    assert [name for name in NAMES if f"name={name}|" not in opened.stdout] == []
    number, nonce, identity = ran("annex", annex, "--row", 2, passphrase=passphrase).stdout.strip().split("\t")
    proved = checked_alone(sites.parent, "--row", number, "--nonce", nonce, "--identity", identity)
    assert proved.returncode == 0
    assert checked_alone(sites.parent, "--row", "3", "--nonce", nonce, "--identity", identity).returncode == 3
    assert ran("annex", annex, passphrase=passphrase[:-4] + "2222").exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--draw", "6"], 1),  # more than there are
        ([], 2),  # how many?
        (["--draw", "3", *CEREMONY[:-2]], 1),  # no public digits
        (["--draw", "3", *CARDS[:4], "--public", "314159265", "--place", "x"], 1),  # a party withholds its card
        (["--draw", "3", *CEREMONY, "--card", "nobody:某人:1234"], 1),
        (["--draw", "3", *CEREMONY, "--time", "tomorrow"], 2),
    ],
)
def test_what_cannot_be_drawn_leaves_nothing_behind(sites: Path, arguments: Sequence[str], code: int) -> None:
    """A message and its exit code, no file: not even a locked list of a draw that was refused."""
    done = ran("sites", sites, *arguments)
    assert (done.exit_code, done.stdout) == (code, "")
    assert done.stderr.strip()
    assert [path.name for path in sites.parent.iterdir()] == [sites.name]


def test_a_roster_with_faults_is_refused_with_all_of_them(tmp_path: Path) -> None:
    """Every row that has to be mended is named at once."""
    roster = tmp_path / "名单.csv"
    roster.write_text("姓名,类别,电话\n甲某,群众代表,1\n,群众代表,2\n乙某,路人,3\n", "utf-8")
    done = ran("citizens", roster, "--quota", "群众代表=1")
    assert done.exit_code == 1
    assert len([line for line in done.stderr.splitlines() if "ow" in line]) >= 2
