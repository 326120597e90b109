"""The blueprint of the import wizard, and who may do what in it."""

from flask import Blueprint

imports = Blueprint("imports", __name__)

# Bringing files in is the planner's work; a community worker may read what came of it.
MAY_CHANGE = ("planner",)
MAY_LOOK = ("planner", "community")
