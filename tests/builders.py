"""Plain functions that make ground, with defaults for what a test does not care about."""

from typing import Any

from shapely.geometry import MultiPolygon, Polygon, box
from sqlalchemy import text
from sqlalchemy.orm import Session

# A quiet corner of the map, about 470 m by 550 m per 0.005 degrees.
WEST, SOUTH, STEP = 118.60, 31.95, 0.005


def build_area(
    session: Session,
    code: str,
    name: str = "",
    boundary: Polygon | None = None,
    during: str = "[2026-01-01,)",
) -> str:
    """A district, street or community by its code, with its parents."""
    level = "district" if code.endswith("000000") else "street" if code.endswith("000") else "community"
    parent = {"district": None, "street": code[:6] + "000000", "community": code[:9] + "000"}[level]
    if parent and not session.scalar(text("SELECT 1 FROM area WHERE code = :code"), {"code": parent}):
        build_area(session, parent)
    session.execute(
        text("INSERT INTO area (code, level, parent_code, is_local) VALUES (:code, :level, :parent, true)"
             " ON CONFLICT DO NOTHING"),
        {"code": code, "level": level, "parent": parent},
    )  # fmt: skip
    session.execute(
        text(
            "INSERT INTO area_version (area_code, name, boundary, during)"
            " VALUES (:code, :name, ST_GeomFromWKB(:boundary, 4326), CAST(:during AS daterange))"
        ),
        {
            "code": code,
            "name": name or f"{level}{code[6:]}",
            "boundary": MultiPolygon([boundary]).wkb if boundary is not None else None,
            "during": during,
        },
    )
    return code


def cell(column: int = 0, row: int = 0) -> Polygon:
    """A square of the test ground, numbered from the south-west corner."""
    west, south = WEST + column * STEP, SOUTH + row * STEP
    return box(west, south, west + STEP, south + STEP)


def footprint_in(area: Polygon, number: int, side: float = 0.0003) -> Polygon:
    """A small square building; numbers fill an area row by row, ten to a row."""
    west, south, _, _ = area.bounds
    x, y = west + 0.0003 + (number % 10) * 0.00045, south + 0.0003 + (number // 10) * 0.00045
    return box(x, y, x + side, y + side)


def build_building(session: Session, code: str, footprint: Polygon, **facts: Any) -> int:
    """A building of the community that its code begins with; returns its id."""
    values = {"name": f"{int(code[12:])}幢", "address": "", "kind": "residential", "floors": 6, "units": 3,
              "households": 36, "built_year": 1998, **facts}  # fmt: skip
    return int(
        session.execute(
            text(
                "INSERT INTO building (code, area_code, footprint, name, address, kind, floors, units, households,"
                " built_year, during) VALUES (:code, :area_code, ST_GeomFromWKB(:footprint, 4326), :name, :address,"
                " :kind, :floors, :units, :households, :built_year, '[2026-01-01,)') RETURNING id"
            ),
            {"code": code, "area_code": code[:12], "footprint": MultiPolygon([footprint]).wkb, **values},
        ).scalar_one()
    )


def build_town(session: Session, buildings: int = 12) -> dict[str, Any]:
    """One district, one street, two communities side by side, buildings in both."""
    left, right = cell(0), cell(1)
    build_area(session, "329902000000", "测试区", left.union(right))
    build_area(session, "329902001000", "测试街道", left.union(right))
    build_area(session, "329902001001", "左岸社区", left)
    build_area(session, "329902001002", "右岸社区", right)
    ids = {
        community: [
            build_building(session, f"{community}{number + 1:05d}", footprint_in(area, number))
            for number in range(buildings)
        ]
        for community, area in (("329902001001", left), ("329902001002", right))
    }
    session.commit()
    return {
        "left": "329902001001",
        "right": "329902001002",
        "buildings": ids,
        "cells": {"left": left, "right": right},
    }
