"""On-site acceptance visits of quality-strong counties, districts, cities and towns.

The names re-exported here are the public Python API.
"""

from inspection_app.core.scoring import Score, score_item
from inspection_app.files import load_rubric

__all__ = ["Score", "__version__", "load_rubric", "score_item"]
__version__ = "0.1.0"
