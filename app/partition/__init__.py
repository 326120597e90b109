"""Cut buildings into balanced zones that hang together; measure a plan; number it. Pure: places in, zones out."""

from app.partition.cut import alternatives, cut_anew, fill, repair
from app.partition.graph import NO_BARRIERS, REACH_M, Barriers, Graph, neighbour_graph, parts_of
from app.partition.numbering import reading_order
from app.partition.score import Score, ZoneScore, measure
from app.partition.task import CHANGES, PROFILES, Change, Cut, Note, Profile, Task, zone_count

__all__ = [
    "CHANGES",
    "NO_BARRIERS",
    "PROFILES",
    "REACH_M",
    "Barriers",
    "Change",
    "Cut",
    "Graph",
    "Note",
    "Profile",
    "Score",
    "Task",
    "ZoneScore",
    "alternatives",
    "cut_anew",
    "fill",
    "measure",
    "neighbour_graph",
    "parts_of",
    "reading_order",
    "repair",
    "zone_count",
]
