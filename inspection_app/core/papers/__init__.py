"""The papers a visit is held with, a subject a file: programme, script, draws, records, declarations, score sheets.

Pure functions from what is known of a visit to documents; what is not known is room to write in. They do NOT decide
who is handed which paper (``services.print_out`` does) and set no type. The visit's papers are Chinese, so the phrases
are, too.

Sources: 附件4 of the county rubric for the order of a visit and of its meetings; ``core.draw`` for the steps of a draw;
the rubric's own words for everything that is scored.
"""
