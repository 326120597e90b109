"""What exists: dated plans of one community, their zones, and the buildings in them."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    SmallInteger,
    String,
    UniqueConstraint,
    false,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import DATERANGE, JSONB, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from app.accounts.models import Account
from app.db import INSTANT, Base, explain
from app.errors import N_, Conflict
from app.ground.models.places import Area

# Of a plan's or a zone's name.
MAX_NAME = 60


class Plan(Base):
    """One way to cut one community into zones. A draft can be changed; a published plan never is."""

    __tablename__ = "plan"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    area_code: Mapped[str] = mapped_column(ForeignKey(Area.code), index=True)
    name: Mapped[str] = mapped_column(String(MAX_NAME))
    state: Mapped[str] = mapped_column(String(12), server_default="draft")
    # Set while published: from the day it holds to the day the next one does.
    during: Mapped[Range[date] | None] = mapped_column(DATERANGE)
    created_by: Mapped[int | None] = mapped_column(ForeignKey(Account.id), index=True)
    created_at: Mapped[datetime] = mapped_column(INSTANT, server_default=func.now())
    version: Mapped[int] = mapped_column(Integer, server_default="1")
    # Who is to be named to somebody who saw an older version.
    changed_by: Mapped[int | None] = mapped_column(ForeignKey(Account.id), index=True)
    published_at: Mapped[datetime | None] = mapped_column(INSTANT)
    published_by: Mapped[int | None] = mapped_column(ForeignKey(Account.id), index=True)
    # Made by the form that began it: sent twice, it makes one draft. None for plans that no form made.
    key: Mapped[UUID | None] = mapped_column(unique=True)

    __table_args__ = (
        UniqueConstraint("id", "area_code"),
        CheckConstraint("state IN ('draft', 'published')", name="state_is_known"),
        CheckConstraint("(state = 'published') = (during IS NOT NULL)", name="published_is_dated"),
        CheckConstraint("btrim(name) <> ''", name="name_is_given"),
        ExcludeConstraint(
            ("area_code", "="), ("during", "&&"), using="gist", name="plan_one_published_at_a_time"
        ),
    )


class Zone(Base):
    """A zone of a plan. Its outline is derived from its buildings, never the reverse."""

    __tablename__ = "zone"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    plan_id: Mapped[int] = mapped_column(BigInteger)
    # The plan's, kept here so that one key to the zone also says that a building is of the plan's community.
    area_code: Mapped[str] = mapped_column(String(12))
    number: Mapped[int] = mapped_column(SmallInteger)
    name: Mapped[str] = mapped_column(String(MAX_NAME), server_default="")
    colour: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    # The zone itself, through all plans: a copy keeps it, and so does whoever answers for the zone.
    lineage: Mapped[UUID] = mapped_column(server_default=text("gen_random_uuid()"))
    # Neither brush nor algorithm changes its buildings.
    locked: Mapped[bool] = mapped_column(server_default=false())

    __table_args__ = (
        UniqueConstraint("plan_id", "lineage"),
        ForeignKeyConstraint(
            ["plan_id", "area_code"],
            ["plan.id", "plan.area_code"],
            name="zone_plan_fk",
            ondelete="CASCADE",
        ),
        UniqueConstraint("id", "plan_id", "area_code"),
        # Deferred, so that numbers can be exchanged within one transaction.
        UniqueConstraint("plan_id", "number", deferrable=True, initially="DEFERRED"),
        CheckConstraint("number BETWEEN 1 AND 999", name="number_has_3_digits"),
    )


class ZoneBuilding(Base):
    """A building is in one zone of a plan: `(plan, building)` is the key, and both are of one community."""

    __tablename__ = "zone_building"

    plan_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    building_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    zone_id: Mapped[int] = mapped_column(BigInteger)
    area_code: Mapped[str] = mapped_column(String(12))

    __table_args__ = (
        ForeignKeyConstraint(
            ["zone_id", "plan_id", "area_code"],
            ["zone.id", "zone.plan_id", "zone.area_code"],
            name="zone_building_zone_fk",
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["building_id", "area_code"],
            ["building.id", "building.area_code"],
            name="zone_building_building_fk",
        ),
        Index("zone_building_zone_id_ix", "zone_id"),
        Index("zone_building_building_id_ix", "building_id"),
    )


class PlanException(Base):
    """Something that a published plan has although it should not, with the reason and who granted it."""

    __tablename__ = "plan_exception"

    plan_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    zone_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    area_code: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str] = mapped_column(String(200))
    granted_by: Mapped[int | None] = mapped_column(ForeignKey(Account.id), index=True)
    granted_at: Mapped[datetime] = mapped_column(INSTANT, server_default=func.now())

    __table_args__ = (
        CheckConstraint("kind IN ('in_pieces')", name="kind_is_known"),
        CheckConstraint("btrim(reason) <> ''", name="reason_is_given"),
        ForeignKeyConstraint(
            ["zone_id", "plan_id", "area_code"],
            ["zone.id", "zone.plan_id", "zone.area_code"],
            name="plan_exception_zone_fk",
            ondelete="CASCADE",
        ),
    )


class PlanStep(Base):
    """One change to a draft, with what is needed to take it back."""

    __tablename__ = "plan_step"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    plan_id: Mapped[int] = mapped_column(BigInteger, index=True)
    area_code: Mapped[str] = mapped_column(String(12))
    # Sent by the browser: a request that is repeated takes effect once.
    key: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(16))
    before: Mapped[dict[str, Any]] = mapped_column(JSONB)
    answer: Mapped[dict[str, Any]] = mapped_column(JSONB)
    made_by: Mapped[int | None] = mapped_column(ForeignKey(Account.id), index=True)
    made_at: Mapped[datetime] = mapped_column(INSTANT, server_default=func.now())
    undone_at: Mapped[datetime | None] = mapped_column(INSTANT)

    __table_args__ = (
        UniqueConstraint("plan_id", "key"),
        ForeignKeyConstraint(
            ["plan_id", "area_code"],
            ["plan.id", "plan.area_code"],
            name="plan_step_plan_fk",
            ondelete="CASCADE",
        ),
    )


explain("zone_building_pk", Conflict, "building_taken", N_("有楼栋已经在这个方案的另一个责任区里。"))
explain(
    "zone_building_building_fk",
    Conflict,
    "building_in_plan",
    N_("有楼栋已划入责任区方案，不能删除或改到别的社区。请先在方案中移出这些楼栋。"),
)
explain(
    "published_plan_stays", Conflict, "plan_published", N_("已发布的方案不能改。请先复制成草稿，在草稿里改。")
)
explain("locked_zone_stays", Conflict, "zone_locked", N_("这个责任区已锁定，楼栋不能划入或移出。请先解锁。"))
explain("plan_one_published_at_a_time", Conflict, "plan_overlaps", N_("这个社区在这些日子里已有生效的方案。"))
explain("zone_plan_id_number_is_unique", Conflict, "number_taken", N_("这个方案里已有这个编号的责任区。"))
