"""How gunicorn serves, wherever it is started: `gunicorn -c python:app.cli.serving app.wsgi:application`."""

from typing import Any

from gunicorn.config import KNOWN_SETTINGS  # type: ignore[import-untyped]

from app.cli.refusals import refuse_exposed, refused_in_words
from app.config import read_settings

with refused_in_words():
    settings = read_settings()

worker_class = "app.cli.web.PatientWorker"
workers = settings.web_processes
threads = settings.web_threads
# Loaded once and then forked: nothing is connected and no thread runs at that point.
preload_app = True
# A leak cannot grow for ever; the jitter keeps both processes from being renewed at once.
max_requests = 20_000
max_requests_jitter = 4_000
timeout = 60
graceful_timeout = 20
keepalive = 15
limit_request_line = 4094
limit_request_fields = 64
limit_request_field_size = 8190
# Nobody before us tells where the application lies; a client that says so is not believed.
forwarder_headers = ""
proc_name = "wardmap"
loglevel = "warning"
if any(setting.name == "control_socket_disable" for setting in KNOWN_SETTINGS):
    # Its control socket lies in the account's home folder, one for all launches of a machine.
    control_socket_disable = True


def on_starting(server: Any) -> None:
    """Before anything listens: where will it?"""
    hosts = [address[0] if isinstance(address, tuple) else "unix" for address in server.cfg.address]
    with refused_in_words():
        refuse_exposed(settings, hosts)
