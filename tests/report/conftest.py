"""The official fonts are not free, so no test may depend on whether this machine has them."""

import os

from inspection_app.report.fonts_found import FOLDER

os.environ[FOLDER] = "none"
