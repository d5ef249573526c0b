"""The command ``inspection-app bundle``: an offline folder for laptops without internet. What is in it: ``bundle``."""

from __future__ import annotations

from pathlib import Path

import click

from inspection_app import bundle
from inspection_app.errors import N_, InspectionError
from inspection_app.language import _


@click.command("bundle", help=_("Make or check an offline folder with all that a laptop without internet needs."))
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option("--platform", type=click.Choice(list(bundle.PLATFORMS)), default=bundle.this_platform() or None,
              show_default=True, help=_("The laptop it is for."))  # fmt: skip
@click.option("--python", type=click.Choice(bundle.PYTHONS), default=bundle.this_python(), show_default=True,
              help=_("The version of Python on that laptop."))  # fmt: skip
@click.option("--wheel", type=click.Path(path_type=Path, exists=True, dir_okay=False), default=None,
              help=_("A wheel of this software; built from the checkout otherwise."))  # fmt: skip
@click.option("--check", is_flag=True, help=_("Only see whether DIR is complete and unchanged."))
def make_bundle(folder: Path, platform: str | None, python: str, wheel: Path | None, check: bool) -> None:
    if check:
        target = bundle.check(folder)
        count = len(list((folder / "wheels").glob("*.whl")))
        click.echo(_("{folder} is complete: {count} wheels for {platform}, Python {python}.",
                     folder=folder, count=count, platform=target.platform.name, python=target.python))  # fmt: skip
        return
    if platform is None:
        raise InspectionError(N_("No offline folder can be made for this computer. Name a --platform."), "no-platform")
    target = bundle.Target(bundle.PLATFORMS[platform], python)

    def tell(names: object) -> None:
        click.echo(_("Fetching {names} …", names=" ".join(map(str, names))), err=True)  # type: ignore[call-overload]

    bundle.make(folder, target, wheel, tell)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    click.echo(_("{folder}: {size} MB for {platform}, Python {python}. HOW-TO.txt in it says how it is used.",
                 folder=folder, size=size // 1_000_000, platform=platform, python=python))  # fmt: skip
