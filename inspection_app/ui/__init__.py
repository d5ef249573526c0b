"""The pages: read, show, call one service. No rules, no SQL, no PDF library in here."""
