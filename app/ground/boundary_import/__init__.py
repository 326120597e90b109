"""Bringing a file in: receive, inspect, check, plan, publish, undo. The browser and the command line call the same functions."""

from app.ground.boundary_import.options import DATED
from app.ground.boundary_import.receive import forget_old_files, receive
from app.ground.boundary_import.run import run_check, run_inspect, run_publish
from app.ground.boundary_import.settle import settle_rows
from app.ground.boundary_import.states import ask_cancel
from app.ground.boundary_import.steps import (
    ask_check,
    ask_inspect,
    ask_publish,
    begin_check,
    begin_inspect,
    begin_publish,
)
from app.ground.boundary_import.undo import undo as ask_undo
from app.ground.queries.import_words import STAGES, STATE_WORDS, sentence_of

__all__ = [
    "DATED",
    "STAGES",
    "STATE_WORDS",
    "ask_cancel",
    "ask_check",
    "ask_inspect",
    "ask_publish",
    "ask_undo",
    "begin_check",
    "begin_inspect",
    "begin_publish",
    "forget_old_files",
    "receive",
    "run_check",
    "run_inspect",
    "run_publish",
    "sentence_of",
    "settle_rows",
]
