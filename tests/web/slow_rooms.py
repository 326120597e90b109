"""The real application with views that take their time, to fill a server with."""

import time

from flask import Blueprint, request

from app.accounts.guard import SIGNED_IN, allow
from app.web.pages import public
from app.wsgi import application

slow = Blueprint("slow", __name__)


@slow.get("/slow")
@public
def dawdle() -> str:
    time.sleep(float(request.args.get("s", "0.2")))
    return "slow"


@slow.get("/known")
@allow(*SIGNED_IN)
def known() -> str:
    time.sleep(float(request.args.get("s", "0")))
    return "known"


@slow.get("/dispatch/ping")
@allow(*SIGNED_IN)
def ping() -> str:
    return "pong"


application.register_blueprint(slow)
