"""YAML, CSV and XLSX in, every fault of a file reported at once with its line or cell; empty XLSX forms out.

What the content means is core's business; what to do with it the services'. No file is written here.
"""

from inspection_app.files.application_tables import (
    desk_mark_template,
    parse_desk_marks,
    parse_self_check,
    self_check_template,
)
from inspection_app.files.limits import MOST_BYTES
from inspection_app.files.roster_tables import RosterTable, read_roster_tables
from inspection_app.files.rubrics import (
    RubricFile,
    load_rubric,
    load_rubric_file,
    load_yaml,
    parse_rubric,
    rubric_ids,
    rubrics_to_choose,
)

__all__ = [
    "MOST_BYTES",
    "RosterTable",
    "RubricFile",
    "desk_mark_template",
    "load_rubric",
    "load_rubric_file",
    "load_yaml",
    "parse_desk_marks",
    "parse_rubric",
    "parse_self_check",
    "read_roster_tables",
    "rubric_ids",
    "rubrics_to_choose",
    "self_check_template",
]
