"""The blueprint of the import wizard. Bringing files in is the planner's work; others read what came of it."""

from flask import Blueprint

imports = Blueprint("imports", __name__)
