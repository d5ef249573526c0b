"""Speed, measured side by side in one run; nothing here is a test. Run one by ``python -m tests.benchmarks.NAME``."""
