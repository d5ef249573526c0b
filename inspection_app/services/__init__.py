"""The use cases: one function, one transaction each, opened by ``act``. Pages, routes and the shell call only these."""

import inspection_app.store  # noqa: F401  before sqlite-utils, which it makes light
