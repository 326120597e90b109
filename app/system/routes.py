"""The page of whoever runs the installation."""

import os
import shutil

from flask import Blueprint, current_app, render_template
from flask.typing import ResponseReturnValue

from app import db
from app.accounts.guard import allow
from app.system import queries
from app.system.rules import State, shown_settings, warnings

system = Blueprint("system", __name__)
rooms = [system]


@system.get("/system")
@allow("system")
def show() -> ResponseReturnValue:
    settings = current_app.config["SETTINGS"]
    with db.reading() as session:
        health = queries.health(session)
    disk = shutil.disk_usage(settings.home if settings.home.exists() else "/")
    state = State(health.workers, health.failed, disk.free / disk.total, health.finds_by_index)
    return render_template(
        "system/show.html", health=health, disk=disk, warnings=list(warnings(settings, state)),
        lines=shown_settings(settings, os.environ),
    )  # fmt: skip
