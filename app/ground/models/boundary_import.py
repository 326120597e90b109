"""A file on its way in: its bytes, what was found in it, its rows, and what it changed."""

from datetime import datetime
from typing import Any

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID
from sqlalchemy.orm import Mapped, mapped_column

from app.db import INSTANT, Base, explain
from app.errors import N_, Conflict
from app.geo.columns import KINDS
from app.ground.models.places import one_of

# uploaded -> inspecting -> inspected -> checking -> checked -> publishing -> published -> undone;
# any of the -ing states may end in failed or cancelled, from where the file can be checked again.
STATES = (
    "uploaded", "inspecting", "inspected", "checking", "checked",
    "publishing", "published", "undone", "failed", "cancelled",
)  # fmt: skip
VERDICTS = ("create", "change", "same", "refused")


class GroundImport(Base):
    __tablename__ = "ground_import"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    # Made by the form, so that pressing the button twice brings the file in once.
    key: Mapped[Any] = mapped_column(UUID, unique=True)
    file_name: Mapped[str] = mapped_column(String(255))
    # Whose file it is: the area in which whoever brought it in may change the ground. Empty means everywhere.
    area_code: Mapped[str] = mapped_column(String(12), server_default="")
    size_bytes: Mapped[int] = mapped_column(BigInteger, server_default="0")
    sha256: Mapped[bytes | None] = mapped_column(LargeBinary)
    kind: Mapped[str | None] = mapped_column(String(12))
    state: Mapped[str] = mapped_column(String(12), server_default="uploaded")
    stage: Mapped[str] = mapped_column(String(32), server_default="")
    done: Mapped[int] = mapped_column(BigInteger, server_default="0")
    total: Mapped[int] = mapped_column(BigInteger, server_default="0")
    # JSON of geo's Inspection; of geo's ImportOptions plus `into` (area code) ; and of the plan's counts.
    inspection: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    options: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    summary: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    # Code word, sentence and facts of what went wrong.
    error: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(INSTANT, server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(INSTANT, server_default=func.now(), onupdate=func.now())
    published_at: Mapped[datetime | None] = mapped_column(INSTANT)
    undone_at: Mapped[datetime | None] = mapped_column(INSTANT)
    version: Mapped[int] = mapped_column(Integer, server_default="1")

    __table_args__ = (
        one_of("state", STATES),
        one_of("kind", KINDS),
        CheckConstraint("area_code ~ '^([0-9]{12})?$'", name="area_code_has_12_digits"),
    )


class ImportFile(Base):
    """One file of an upload; a loose shapefile has several."""

    __tablename__ = "import_file"

    import_id: Mapped[int] = mapped_column(
        ForeignKey("ground_import.id", ondelete="CASCADE"), primary_key=True
    )
    file_no: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    name: Mapped[str] = mapped_column(String(255))
    size_bytes: Mapped[int] = mapped_column(BigInteger)


class ImportPart(Base):
    """A piece of the bytes: in the database, so that a worker on another machine can read them."""

    __tablename__ = "import_part"

    import_id: Mapped[int] = mapped_column(
        ForeignKey("ground_import.id", ondelete="CASCADE"), primary_key=True
    )
    file_no: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    part_no: Mapped[int] = mapped_column(Integer, primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class ImportRow(Base):
    """One checked row of the file and what is going to become of it. Unlogged: it can be made again from the file."""

    __tablename__ = "import_row"

    import_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    row_no: Mapped[int] = mapped_column(Integer, primary_key=True)
    shape: Mapped[WKBElement | None] = mapped_column(Geometry("GEOMETRY", 4326, spatial_index=False))
    shape_before: Mapped[WKBElement | None] = mapped_column(Geometry("GEOMETRY", 4326, spatial_index=False))
    code: Mapped[str | None] = mapped_column(Text)
    # What the code column said when it is no code of ours.
    source_key: Mapped[str | None] = mapped_column(Text)
    name: Mapped[str | None] = mapped_column(Text)
    address: Mapped[str | None] = mapped_column(Text)
    kind: Mapped[str | None] = mapped_column(Text)
    floors: Mapped[int | None] = mapped_column(Integer)
    units: Mapped[int | None] = mapped_column(Integer)
    households: Mapped[int | None] = mapped_column(Integer)
    built_year: Mapped[int | None] = mapped_column(Integer)
    parent_code: Mapped[str | None] = mapped_column(Text)
    parent_name: Mapped[str | None] = mapped_column(Text)
    refused: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    # Chosen by hand in the review, for what falls nowhere or twice.
    settled_code: Mapped[str | None] = mapped_column(String(12))
    # The plan: the area it belongs to, the row it changes, and the verdict.
    area_code: Mapped[str | None] = mapped_column(String(12))
    target_id: Mapped[int | None] = mapped_column(BigInteger)
    target_code: Mapped[str | None] = mapped_column(String(17))
    verdict: Mapped[str | None] = mapped_column(String(8))

    __table_args__ = (
        one_of("verdict", VERDICTS),
        # No index on the shape: planning makes its own table, and a spatial index would double the time of loading.
        {"prefixes": ["UNLOGGED"]},
    )


class ImportFinding(Base):
    """Something worth saying about a row or the file: code word, severity, facts, place."""

    __tablename__ = "import_finding"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("ground_import.id", ondelete="CASCADE"))
    row_no: Mapped[int | None] = mapped_column(Integer)
    code: Mapped[str] = mapped_column(String(40))
    severity: Mapped[str] = mapped_column(String(8))
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    place: Mapped[WKBElement | None] = mapped_column(Geometry("POINT", 4326, spatial_index=False))

    __table_args__ = (
        one_of("severity", ("refuse", "warn", "note")),
        Index("import_finding_import_id_ix", "import_id", "severity", "id"),
    )


class BuildingChange(Base):
    """What a building was before a change, and after: its history, and the way back."""

    __tablename__ = "building_change"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    building_id: Mapped[int] = mapped_column(BigInteger, index=True)
    # The building's community, which moves with it.
    area_code: Mapped[str] = mapped_column(String(12))
    import_id: Mapped[int | None] = mapped_column(ForeignKey("ground_import.id"), index=True)
    changed_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    changed_at: Mapped[datetime] = mapped_column(INSTANT, server_default=func.now())
    before: Mapped[dict[str, Any]] = mapped_column(JSONB)
    after: Mapped[dict[str, Any]] = mapped_column(JSONB)

    __table_args__ = (
        ForeignKeyConstraint(
            ["building_id", "area_code"],
            ["building.id", "building.area_code"],
            name="building_change_building_fk",
            ondelete="CASCADE",
            onupdate="CASCADE",
        ),
    )


class ImportFormer(Base):
    """A row that an import replaced in place, as it was before: the way back."""

    __tablename__ = "import_former"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("ground_import.id"), index=True)
    # Name of the table, and what identifies the row in it.
    subject: Mapped[str] = mapped_column(String(16))
    key: Mapped[str] = mapped_column(String(20))
    columns: Mapped[dict[str, Any]] = mapped_column(JSONB)
    shape: Mapped[WKBElement | None] = mapped_column(Geometry("GEOMETRY", 4326, spatial_index=False))


explain("ground_import_key_is_unique", Conflict, "import_repeated", N_("这份文件刚才已经交过一次。"))
