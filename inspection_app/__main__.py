"""``python -m inspection_app`` is the command ``inspection-app``."""

from inspection_app.cli import main

main()
