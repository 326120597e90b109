"""Help for clerks: one page, short, in plain words."""

from flask import render_template
from flask.typing import ResponseReturnValue

from app.accounts.guard import SIGNED_IN, allow
from app.ground.routes.imports.listing import formats, upload_limit_mb
from app.ground.routes.imports.room import imports
from app.ground.routes.imports.wording import KIND_WORDS, SEVERITY_STYLES, SEVERITY_WORDS, VERDICT_WORDS


@imports.get("/help")
@allow(*SIGNED_IN)
def show_help() -> ResponseReturnValue:
    return render_template(
        "help.html",
        formats=formats(),
        limit_mb=upload_limit_mb(),
        kinds=KIND_WORDS,
        severities=SEVERITY_WORDS,
        severity_styles=SEVERITY_STYLES,
        verdicts=VERDICT_WORDS,
    )
