"""Areas, buildings, roads and water. Geometry is EPSG:4326, two-dimensional, valid and capped: the database checks."""

from datetime import date, datetime
from typing import Any

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Computed,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    String,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import DATERANGE, UUID, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from app.db import INSTANT, Base, explain
from app.errors import N_, Conflict, InvalidInput
from app.geo.columns import AREA_KINDS
from app.geo.limits import AREA_VERTICES, BACKDROP_VERTICES, BUILDING_VERTICES
from app.geo.vocabulary import BUILDING_KINDS, ROAD_CLASSES, WATER_KINDS

LEVELS = AREA_KINDS
GREEN_KINDS = ("park", "square", "levee_slope", "grove")
FROM_TODAY = text("daterange(CURRENT_DATE, NULL)")


def one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_is_known")


def sound(column: str, max_vertices: int) -> CheckConstraint:
    """Valid, not empty, flat, inside the world, capped. Also refuses NaN and infinity, which no box contains."""
    return CheckConstraint(
        f"{column} IS NULL OR (ST_NPoints({column}) BETWEEN 1 AND {max_vertices}"
        f" AND ST_XMin({column}) >= -180 AND ST_XMax({column}) <= 180"
        f" AND ST_YMin({column}) >= -90 AND ST_YMax({column}) <= 90"
        f" AND NOT ST_IsEmpty({column}) AND ST_IsValid({column}))",
        name=f"{column}_is_sound",
    )


class Area(Base):
    """The identity of a district, street or community: a code that never changes."""

    __tablename__ = "area"

    code: Mapped[str] = mapped_column(String(12), primary_key=True)
    level: Mapped[str] = mapped_column(String(12))
    parent_code: Mapped[str | None] = mapped_column(ForeignKey("area.code"), index=True)
    # Generated here in the official shape, because codes below the street are no longer published.
    is_local: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    import_id: Mapped[int | None] = mapped_column(ForeignKey("ground_import.id"), index=True)

    __table_args__ = (
        CheckConstraint("code ~ '^[0-9]{12}$'", name="code_has_12_digits"),
        CheckConstraint("(level = 'district') = (parent_code IS NULL)", name="parent_fits_level"),
        one_of("level", LEVELS),
    )


class AreaVersion(Base):
    """Name and boundary of an area from a day to a day. Never edited: a new version closes the old one."""

    __tablename__ = "area_version"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    area_code: Mapped[str] = mapped_column(ForeignKey("area.code"))
    name: Mapped[str] = mapped_column(String(100))
    boundary: Mapped[WKBElement | None] = mapped_column(Geometry("MULTIPOLYGON", 4326, spatial_index=False))
    label_point: Mapped[WKBElement | None] = mapped_column(
        Geometry("POINT", 4326, spatial_index=False), Computed("ST_PointOnSurface(boundary)", persisted=True)
    )
    during: Mapped[Range[date]] = mapped_column(DATERANGE, server_default=FROM_TODAY)
    import_id: Mapped[int | None] = mapped_column(ForeignKey("ground_import.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(INSTANT, server_default=func.now())

    __table_args__ = (
        CheckConstraint("btrim(name) <> ''", name="name_is_given"),
        CheckConstraint("NOT isempty(during)", name="during_is_given"),
        sound("boundary", AREA_VERTICES),
        ExcludeConstraint(
            ("area_code", "="), ("during", "&&"), using="gist", name="area_version_one_truth_at_a_time"
        ),
        Index("area_version_boundary_ix", "boundary", postgresql_using="gist"),
    )


class Building(Base):
    """A building. The point on its surface decides which community, zone, lasso or flood area it is in."""

    __tablename__ = "building"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    code: Mapped[str] = mapped_column(String(17), unique=True)
    area_code: Mapped[str] = mapped_column(ForeignKey("area.code"))
    footprint: Mapped[WKBElement | None] = mapped_column(Geometry("MULTIPOLYGON", 4326, spatial_index=False))
    # From address lists, where there is no footprint.
    given_point: Mapped[WKBElement | None] = mapped_column(Geometry("POINT", 4326, spatial_index=False))
    point: Mapped[WKBElement | None] = mapped_column(
        Geometry("POINT", 4326, spatial_index=False),
        Computed("COALESCE(ST_PointOnSurface(footprint), given_point)", persisted=True),
    )
    # What tiles are cut from; transforming at every request would cost more than the tile.
    shape_3857: Mapped[WKBElement | None] = mapped_column(
        Geometry("GEOMETRY", 3857, spatial_index=False),
        Computed("ST_Transform(COALESCE(footprint, given_point), 3857)", persisted=True),
    )
    footprint_md5: Mapped[Any] = mapped_column(
        UUID, Computed("md5(ST_AsBinary(footprint))::uuid", persisted=True), nullable=True
    )
    # The office's own number, by which its next file is recognised.
    source_key: Mapped[str | None] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(100), server_default="")
    address: Mapped[str] = mapped_column(String(200), server_default="")
    # None where its file did not say.
    kind: Mapped[str | None] = mapped_column(String(16))
    floors: Mapped[int | None] = mapped_column(SmallInteger)
    units: Mapped[int | None] = mapped_column(SmallInteger)
    households: Mapped[int | None] = mapped_column(Integer)
    built_year: Mapped[int | None] = mapped_column(SmallInteger)
    during: Mapped[Range[date]] = mapped_column(DATERANGE, server_default=FROM_TODAY)
    import_id: Mapped[int | None] = mapped_column(ForeignKey("ground_import.id"), index=True)
    version: Mapped[int] = mapped_column(Integer, server_default="1")

    __table_args__ = (
        UniqueConstraint("id", "area_code"),
        CheckConstraint(
            "code ~ '^[0-9]{17}$' AND left(code, 12) = area_code", name="code_is_of_its_community"
        ),
        CheckConstraint("NOT isempty(during)", name="during_is_given"),
        one_of("kind", BUILDING_KINDS),
        CheckConstraint(
            "floors BETWEEN 0 AND 200 AND units BETWEEN 0 AND 200 AND households BETWEEN 0 AND 20000"
            " AND built_year BETWEEN 1000 AND 2200",
            name="numbers_are_plausible",
        ),
        sound("footprint", BUILDING_VERTICES),
        sound("given_point", 1),
        Index("building_area_code_ix", "area_code"),
        Index("building_point_ix", "point", postgresql_using="gist"),
        Index("building_shape_3857_ix", "shape_3857", postgresql_using="gist"),
        Index("building_footprint_md5_ix", "footprint_md5"),
    )


class _Backdrop:
    """What roads, water and green ground have in common."""

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(String(100), server_default="")
    shape: Mapped[WKBElement] = mapped_column(Geometry("GEOMETRY", 4326, spatial_index=False))
    shape_3857: Mapped[WKBElement] = mapped_column(
        Geometry("GEOMETRY", 3857, spatial_index=False), Computed("ST_Transform(shape, 3857)", persisted=True)
    )
    shape_md5: Mapped[Any] = mapped_column(UUID, Computed("md5(ST_AsBinary(shape))::uuid", persisted=True))


class Road(_Backdrop, Base):
    __tablename__ = "road"

    # Whose it is to change; everybody sees it.
    area_code: Mapped[str] = mapped_column(String(12), server_default="")
    road_class: Mapped[str] = mapped_column(String(16))
    import_id: Mapped[int | None] = mapped_column(ForeignKey("ground_import.id"), index=True)

    __table_args__ = (
        one_of("road_class", ROAD_CLASSES),
        sound("shape", BACKDROP_VERTICES),
        Index("road_shape_ix", "shape", postgresql_using="gist"),
        Index("road_shape_3857_ix", "shape_3857", postgresql_using="gist"),
        Index("road_shape_md5_ix", "shape_md5"),
    )


class Water(_Backdrop, Base):
    __tablename__ = "water"

    area_code: Mapped[str] = mapped_column(String(12), server_default="")
    water_kind: Mapped[str] = mapped_column(String(16))
    import_id: Mapped[int | None] = mapped_column(ForeignKey("ground_import.id"), index=True)

    __table_args__ = (
        one_of("water_kind", WATER_KINDS),
        sound("shape", BACKDROP_VERTICES),
        Index("water_shape_ix", "shape", postgresql_using="gist"),
        Index("water_shape_3857_ix", "shape_3857", postgresql_using="gist"),
        Index("water_shape_md5_ix", "shape_md5"),
    )


class Green(_Backdrop, Base):
    __tablename__ = "green"

    green_kind: Mapped[str] = mapped_column(String(16))
    import_id: Mapped[int | None] = mapped_column(ForeignKey("ground_import.id"), index=True)

    __table_args__ = (
        one_of("green_kind", GREEN_KINDS),
        sound("shape", BACKDROP_VERTICES),
        Index("green_shape_ix", "shape", postgresql_using="gist"),
        Index("green_shape_3857_ix", "shape_3857", postgresql_using="gist"),
        Index("green_shape_md5_ix", "shape_md5"),
    )


class DivisionCode(Base):
    """The official 12-digit code list, as far as the office has brought it in."""

    __tablename__ = "division_code"

    code: Mapped[str] = mapped_column(String(12), primary_key=True)
    name: Mapped[str] = mapped_column(String(100), index=True)
    parent_code: Mapped[str | None] = mapped_column(String(12), index=True)
    urban_class: Mapped[str | None] = mapped_column(String(3))
    # Development zones, prisons, forest farms: coded like streets (segment 400 and up) but laid over them.
    is_overlay: Mapped[bool] = mapped_column(Boolean, Computed("substr(code, 7, 3) >= '400'", persisted=True))
    import_id: Mapped[int | None] = mapped_column(ForeignKey("ground_import.id"), index=True)

    __table_args__ = (CheckConstraint("code ~ '^[0-9]{12}$'", name="code_has_12_digits"),)


class Revision(Base):
    """A number that grows with every change of the ground; map tiles carry it in their ETag."""

    __tablename__ = "revision"

    subject: Mapped[str] = mapped_column(String(32), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, server_default="1")


explain("building_code_is_unique", Conflict, "code_duplicate", N_("这个楼栋编码已经有了。"))
explain(
    "area_version_one_truth_at_a_time",
    Conflict,
    "area_changed",
    N_("同一区划在同一天已有另一个版本，刚才的操作没有保存。"),
)
for _table, _column in (
    ("building", "footprint"),
    ("area_version", "boundary"),
    ("road", "shape"),
    ("water", "shape"),
):
    explain(
        f"{_table}_{_column}_is_sound",
        InvalidInput,
        "geometry_invalid",
        N_("有图形无效、为空、超出经纬度范围或顶点过多，没有保存。"),
    )
