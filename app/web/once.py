"""A request that carries a key takes effect once, however often it arrives: the key is kept in the same transaction as the effect."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import orjson
from flask import Response, current_app, request
from flask.typing import ResponseReturnValue
from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Uuid,
    func,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from app import db
from app.db import INSTANT, Base
from app.errors import N_, InvalidInput
from app.web import parse

# What says who sends it, not what is wanted.
NOT_WISHED = ("csrf_token", "key")
# Whoever comes at the same time takes others: nobody waits here.
FORGET = """
DELETE FROM request_key WHERE ctid = ANY(ARRAY(
  SELECT ctid FROM request_key WHERE made_at < now() - interval '24 hours' LIMIT 100 FOR UPDATE SKIP LOCKED))
"""


class RequestKey(Base):
    """A command that was carried out, and what was answered; for a day."""

    __tablename__ = "request_key"

    account_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("account.id", ondelete="CASCADE"))
    key: Mapped[UUID] = mapped_column(Uuid)
    wish: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[int] = mapped_column(Integer, server_default="0")
    answer: Mapped[bytes] = mapped_column(LargeBinary, server_default="")
    location: Mapped[str] = mapped_column(server_default="")
    made_at: Mapped[datetime] = mapped_column(INSTANT, server_default=func.now(), index=True)

    __table_args__ = (PrimaryKeyConstraint("account_id", "key"),)


def once(account_id: int | None, work: Callable[[Session], ResponseReturnValue]) -> Response:
    """Do the work in one transaction with its key; the same key again gets the same answer and nothing is done.

    What was refused is not kept: it may be asked again.
    """
    key = asked_key()
    with db.transaction() as session:
        if key is None or account_id is None:
            return current_app.make_response(work(session))
        session.execute(text(FORGET))
        mine = (RequestKey.account_id == account_id, RequestKey.key == key)
        # Waits for whoever is doing the same just now, and finds what came of it.
        first = session.scalar(
            insert(RequestKey)
            .values(account_id=account_id, key=key, wish=wish())
            .on_conflict_do_nothing()
            .returning(RequestKey.key)
        )
        if first is None:
            return answered(session.scalars(select(RequestKey).where(*mine)).one())
        answer = current_app.make_response(work(session))
        kept = {"status": answer.status_code, "location": answer.location or "", "answer": answer.get_data()}
        session.execute(update(RequestKey).where(*mine).values(kept))
        return answer


def asked_key() -> UUID | None:
    """The key of this request: a form's field, a member of its JSON, or the header; None when it carries none."""
    body = parse.json_object() if request.is_json and request.get_data() else {}
    sent = request.headers.get(parse.KEY_HEADER) or request.form.get("key") or body.get("key")
    if not sent:
        return None
    try:
        return UUID(str(sent).strip('"'))
    except ValueError:
        raise InvalidInput("key_unusable", N_("请求缺少编号，请刷新页面后再试。")) from None


def wish() -> bytes:
    """What is asked, as a number: the same for the same wish only."""
    form = sorted((name, value) for name, value in request.form.items(multi=True) if name not in NOT_WISHED)
    return hashlib.sha256(
        orjson.dumps([request.method, request.path, form]) + (b"" if request.form else request.get_data())
    ).digest()


def answered(known: RequestKey) -> Response:
    """What was answered then."""
    if known.wish != wish():
        raise InvalidInput("key_reused", N_("这个请求编号已经用过，请刷新页面后再试。"))
    answer = Response(known.answer, known.status)
    if known.location:
        answer.location = known.location
    elif known.answer[:1] in (b"{", b"["):
        answer.mimetype = "application/json"
    return answer
