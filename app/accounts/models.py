"""What exists: accounts, their roles, their browsers, and what was tried on them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Computed,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    String,
    func,
    text,
)  # fmt: skip
from sqlalchemy.dialects.postgresql import JSONB, TSTZRANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from app.db import INSTANT, Base, explain
from app.errors import N_, Conflict, InvalidInput

DUTY = "CASE WHEN role IN ('system', 'security', 'auditor') THEN role ELSE 'ground' END"
# From the installation down to the single volunteer.
ROLES = ("system", "security", "auditor", "district", "planner", "dispatcher", "community", "volunteer")


class Account(Base):
    """A login. Not a person: who somebody is and what they answer for lives in `people`."""

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    login: Mapped[str] = mapped_column(String(64), unique=True)
    password_hash: Mapped[str] = mapped_column(String(255))
    password_changed_at: Mapped[datetime] = mapped_column(INSTANT, server_default=func.now())
    # What the authenticator app counts with, encrypted; none means that the password is enough.
    totp_key: Mapped[str | None] = mapped_column(String(600))
    # Of the last code that was taken: neither it nor an older one is taken again.
    totp_counter: Mapped[int] = mapped_column(BigInteger, server_default="0")
    created_at: Mapped[datetime] = mapped_column(INSTANT, server_default=func.now())
    # By somebody else; so that the journal has a line about it.
    sessions_ended_at: Mapped[datetime | None] = mapped_column(INSTANT)
    disabled_at: Mapped[datetime | None] = mapped_column(INSTANT)

    __table_args__ = (CheckConstraint("login = lower(btrim(login)) AND login <> ''", name="login_is_plain"),)


class RoleGrant(Base):
    """What an account may be, where, and from when to when. Never edited: it ends, and another begins."""

    __tablename__ = "role_grant"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    role: Mapped[str] = mapped_column(String(16))
    # A 12-digit code, from a province down to a community; empty means everywhere.
    area_code: Mapped[str] = mapped_column(String(12), server_default="")
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE, server_default=text("tstzrange(now(), NULL)"))
    # Nobody for the first account of an installation and for those made on its own machine.
    given_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    # Who sets the system up, who gives out roles, who looks at the journal, and who works on the ground: four people.
    duty: Mapped[str] = mapped_column(String(16), Computed(DUTY, persisted=True))
    # The first account of an installation is all of them until it has invited the others.
    together: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))

    __table_args__ = (
        CheckConstraint(f"role IN ({', '.join(repr(role) for role in ROLES)})", name="role_is_known"),
        CheckConstraint("role <> 'system' OR area_code = '' OR NOT upper_inf(during)", name="system_is_everywhere"),
        CheckConstraint("area_code ~ '^([0-9]{12})?$'", name="area_code_has_12_digits"),
        CheckConstraint("NOT isempty(during)", name="during_is_given"),
        ExcludeConstraint(
            ("account_id", "="), ("role", "="), ("area_code", "="), ("during", "&&"),
            using="gist", name="role_grant_once_at_a_time",
        ),
        ExcludeConstraint(
            ("account_id", "="), ("duty", "<>"), ("during", "&&"),
            where=text("NOT together"), using="gist", name="role_grant_duties_apart",
        ),
    )  # fmt: skip


class InvitationBatch(Base):
    """A list of people who were invited together; its key keeps the same list from being sent twice."""

    __tablename__ = "invitation_batch"

    key: Mapped[UUID] = mapped_column(primary_key=True)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(INSTANT, server_default=func.now())


class Invitation(Base):
    """A link with which somebody chooses the password of an account. Only a hash of it is kept."""

    __tablename__ = "invitation"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    invited_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(INSTANT, server_default=func.now())
    expires_at: Mapped[datetime] = mapped_column(INSTANT)
    used_at: Mapped[datetime | None] = mapped_column(INSTANT)
    revoked_at: Mapped[datetime | None] = mapped_column(INSTANT)

    __table_args__ = (
        CheckConstraint("used_at IS NULL OR revoked_at IS NULL", name="ends_once"),
        Index(
            "invitation_one_open", "account_id", unique=True,
            postgresql_where=text("used_at IS NULL AND revoked_at IS NULL"),
        ),
    )  # fmt: skip


class BrowserSession(Base):
    """One signed-in (or signing-in) browser. Only a hash of its token is kept."""

    __tablename__ = "browser_session"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    contents: Mapped[dict[str, Any]] = mapped_column(JSONB)
    expires_at: Mapped[datetime] = mapped_column(INSTANT, index=True)
    created_at: Mapped[datetime] = mapped_column(INSTANT, server_default=func.now())
    # To a few minutes.
    seen_at: Mapped[datetime] = mapped_column(INSTANT, server_default=func.now())
    # When the person last gave the password or a code.
    proved_at: Mapped[datetime | None] = mapped_column(INSTANT)
    second_factor: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    # A number for the grants that the account had when the token was made.
    rights: Mapped[int] = mapped_column(BigInteger, server_default="0")
    # For the person to recognise it by: "Chrome · Windows", and no more of the address than its network.
    device: Mapped[str] = mapped_column(String(60), server_default="")
    network: Mapped[str] = mapped_column(String(43), server_default="")


class RecoveryCode(Base):
    """A code on paper for the day when the telephone is lost. Gone once used; only a keyed hash is kept."""

    __tablename__ = "recovery_code"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), primary_key=True)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)


class FormerPassword(Base):
    """Hash of a password that may not come back; kept only while an assessment asks for it."""

    __tablename__ = "former_password"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    password_hash: Mapped[str] = mapped_column(String(255))


class KnownDevice(Base):
    """A browser that has signed in to an account before: strangers' guesses do not slow it."""

    __tablename__ = "known_device"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    account_id: Mapped[int] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    expires_at: Mapped[datetime] = mapped_column(INSTANT, index=True)


class Attempt(Base):
    """How often something was tried lately, under a keyed hash of what. Unlogged: a crash forgets it."""

    __tablename__ = "attempt"

    key: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    count: Mapped[int] = mapped_column(Integer)
    last_at: Mapped[datetime] = mapped_column(INSTANT, index=True)
    # The next one is taken from then on.
    free_at: Mapped[datetime] = mapped_column(INSTANT)

    __table_args__ = ({"prefixes": ["UNLOGGED"]},)


explain("role_grant_once_at_a_time", Conflict, "grant_repeated", N_("这个账号在这个辖区已经有这个角色。"))
explain(
    "role_grant_system_is_everywhere",
    InvalidInput,
    "role_of_the_whole",
    N_("这种角色没有辖区之分：辖区请留空，或写“全部辖区”。"),
)
explain(
    "role_grant_duties_apart",
    Conflict,
    "duties_apart",
    N_(
        "系统、安全、审计和辖区工作要由不同的人担任：一个账号只能有其中一种。请先撤销现有的角色，或另建一个账号。"
    ),
)
explain(
    "invitation_one_open", Conflict, "invitation_repeated", N_("有人刚刚给这个账号发了新链接，请刷新后再看。")
)
explain(
    "invitation_batch_pk",
    Conflict,
    "batch_repeated",
    N_("这份名单已经邀请过了，没有再做一次。链接只显示一次；没有保存的，请在账号页里重新发。"),
)
explain("account_login_is_unique", Conflict, "login_taken", N_("这个账号名已经有人用了，请换一个。"))
