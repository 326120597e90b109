"""Every table of the program: importing this makes all of them known, whatever was imported before."""

import app.accounts.models
import app.ground.models
import app.journal.tables
import app.web.once
import app.zones.models  # noqa: F401
