"""A score sheet's other carriers, out and in: the XLSX workbook and the offline sheet's answer file.

What comes in is looked at here and merged by ``core.merge``; nothing is stored here.
"""

from inspection_app.sheets.answer_file import read_answer_file, write_answer_file
from inspection_app.sheets.xlsx_reading import read_score_sheet
from inspection_app.sheets.xlsx_writing import score_sheet_xlsx

__all__ = ["read_answer_file", "read_score_sheet", "score_sheet_xlsx", "write_answer_file"]
