"""The use cases: one function, one transaction each, opened by ``act``. Pages, routes and the shell call only these."""
