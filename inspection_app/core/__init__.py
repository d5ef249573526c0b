"""The rules: pure functions and plain types. No files, clock, randomness, database or Streamlit in here."""
