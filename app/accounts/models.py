"""What exists: accounts and their browser sessions."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, LargeBinary, String, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db import INSTANT, Base, explain
from app.errors import N_, Conflict


class Account(Base):
    """A login. Not a person: who somebody is and what they answer for lives in `people`."""

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    login: Mapped[str] = mapped_column(String(64), unique=True)
    password_hash: Mapped[str] = mapped_column(String(255))
    role: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(INSTANT, server_default=func.now())
    disabled_at: Mapped[datetime | None] = mapped_column(INSTANT)

    __table_args__ = (
        CheckConstraint("login = lower(btrim(login)) AND login <> ''", name="login_is_plain"),
        CheckConstraint("role IN ('planner', 'community')", name="role_is_known"),
    )


class BrowserSession(Base):
    """One signed-in (or signing-in) browser. Only a hash of its token is kept."""

    __tablename__ = "browser_session"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    contents: Mapped[dict[str, Any]] = mapped_column(JSONB)
    expires_at: Mapped[datetime] = mapped_column(INSTANT, index=True)


explain("account_login_is_unique", Conflict, "login_taken", N_("这个账号名已经有人用了，请换一个。"))
