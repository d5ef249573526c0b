"""The official fonts are not free, so no test may depend on whether this machine has them."""

import os

from inspection_app.places import FONTS_VARIABLE

os.environ[FONTS_VARIABLE] = "none"
