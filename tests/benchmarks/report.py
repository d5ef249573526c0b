"""The report of the sample visit: CPU seconds of the first and of the following ones in one process.

    python -m tests.benchmarks.report [ROUNDS]

Prints both, the number of pages, and the ratio of the warm report to fpdf2's own import in the same process.
"""

from __future__ import annotations

import io
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from pypdf import PdfReader


def cpu(action) -> tuple[float, object]:
    began = time.process_time()
    result = action()
    return time.process_time() - began, result


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    importing, _ = cpu(lambda: __import__("fpdf"))

    from inspection_app.sample import build_sample
    from inspection_app.services.feed_back import report_pdf

    with tempfile.TemporaryDirectory() as folder:
        building, sample = cpu(lambda: build_sample(Path(folder)))
        now = datetime(2026, 5, 13, 20, 0, tzinfo=UTC)
        first, pdf = cpu(lambda: report_pdf(sample.file, now))
        warm = [cpu(lambda: report_pdf(sample.file, now))[0] for _ in range(rounds)]
    pages = len(PdfReader(io.BytesIO(pdf)).pages)
    median = statistics.median(warm)
    print(f"sample visit built      {building:.2f} s CPU")
    print(f"report, first           {first:.2f} s CPU  ({pages} pages)")
    print(f"report, warm            {median:.2f} s CPU  (median of {rounds}, most {max(warm):.2f} s)")
    print(f"importing fpdf2         {importing:.2f} s CPU  → a warm report is {median / importing:.2f} × that")


if __name__ == "__main__":
    main()
