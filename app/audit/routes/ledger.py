"""The ledger: what was changed, who looked at whom, whether the record is whole; to filter, to print, to take along."""

from datetime import date
from functools import partial
from itertools import groupby
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import to_user_timezone

from app import db
from app.accounts.guard import allow, current_account, fresh
from app.audit import queries
from app.audit.actions import ask_check
from app.audit.queries import Filter, Line, Names
from app.audit.routes.sentences import label, sentence, who
from app.audit.routes.words import ACTIONS, SUBJECTS, column_word, subject_word, value_word
from app.audit.routes.workbook import ledger_workbook
from app.ground.routes.days import today
from app.journal import note_look
from app.journal.verify import WORDS as BREAKS
from app.web import parse
from app.web.pages import attachment
from app.web.workbook import XLSX

ledger = Blueprint("journal", __name__)
AUDITS = ("auditor",)
MOST_EXPORTED = 10_000


@ledger.get("/journal")
@allow(*AUDITS)
def changes() -> ResponseReturnValue:
    return _list(looks=False)


@ledger.get("/journal/looks")
@allow(*AUDITS)
def looks() -> ResponseReturnValue:
    return _list(looks=True)


@ledger.get("/journal/lines/<int:line_id>")
@allow(*AUDITS)
def line(line_id: int) -> ResponseReturnValue:
    with db.reading() as session:
        found = queries.line(session, line_id)
        names = queries.names(session, [found])
    return render_template("audit/line.html", tab="changes", one=_shown(found, names), **_words(names))


@ledger.post("/journal/export")
@fresh
@allow(*AUDITS)
def export() -> Response:
    """Written down as a look: the sheet names accounts."""
    asked = _filter(request.form, looks=bool(request.form.get("looks")))
    reason = parse.plain_text(request.form.get("reason") or "", _("理由"), 200)
    with db.transaction() as session:
        found = queries.lines(session, asked, most=MOST_EXPORTED)[:MOST_EXPORTED]
        names = queries.names(session, found)
        note_look(session, "account", sorted(names.accounts), ["login"], reason, _own_area())
    body = ledger_workbook([(one, who(one, names), sentence(one, names)) for one in found], names)
    return attachment(body, XLSX, f"{_('操作记录')}-{today()}.xlsx")


@ledger.get("/journal/checks")
@allow(*AUDITS)
def checks() -> ResponseReturnValue:
    with db.reading() as session:
        chains, done = queries.chains(session), queries.checks(session)
        found = {one.area_code for one in done} | {one.chain for one in chains}
        names = queries.area_names(session, found)
    running = any(one.finished_at is None for one in done)
    return render_template(
        "audit/checks.html",
        tab="checks",
        chains=chains,
        checks=done,
        names=names,
        running=running,
        breaks=BREAKS,
    )


@ledger.post("/journal/checks")
@allow(*AUDITS)
def check() -> ResponseReturnValue:
    account = current_account()
    areas = account.areas(*AUDITS) if account else ()
    with db.transaction() as session:
        ask_check(
            session,
            [code for code in areas if not code or code.endswith("000")],
            account.id if account else None,
        )
    return redirect("/journal/checks", 303)


def _list(*, looks: bool) -> ResponseReturnValue:
    asked = _filter(request.args, looks=looks)
    before = parse.whole(request.args.get("before"), _("页"), 0, 0, 2**62) or None
    with db.reading() as session:
        found = queries.lines(session, asked, before)
        more = found[queries.LINES_A_PAGE - 1].id if len(found) > queries.LINES_A_PAGE else None
        found = found[: queries.LINES_A_PAGE]
        seen = (
            queries.seen_by(session, asked.account, asked.since, asked.until)
            if looks and asked.account
            else []
        )
        people = [one.id for one in seen if one.subject == "account"]
        people += [who for one in found if looks and one.subject == "account" for who in one.changes["ids"]]
        names = queries.names(session, found, people)
        areas = queries.areas_to_choose(session)
    shown = [_shown(one, names) for one in found]
    days = [
        (day, list(group))
        for day, group in groupby(shown, key=lambda one: to_user_timezone(one["at"]).date())
    ]
    return render_template(
        "audit/list.html",
        tab="looks" if looks else "changes",
        asked=asked,
        days=days,
        seen=seen,
        accounts=names.accounts,
        areas=areas,
        more=more,
        before=before,
        **_words(names),
    )


def _filter(given: Any, *, looks: bool) -> Filter:
    def text_of(name: str, words: str, longest: int) -> str:
        return parse.plain_text(given.get(name) or "", words, longest)

    def day_of(name: str) -> date | None:
        return parse.day(given[name], today()) if given.get(name) else None

    area_code = parse.area_code(given["area"]) if given.get("area") else ""
    return Filter(
        account=text_of("account", _("账号名"), 64).lower(),
        area_code=area_code,
        subject=text_of("subject", _("内容"), 40),
        since=day_of("since"),
        until=day_of("until"),
        request=text_of("request", _("请求编号"), 64),
        looks=looks,
    )


def _shown(one: Line, names: Names) -> dict[str, Any]:
    """A line as the page shows it."""
    rows = one.changes if isinstance(one.changes, list) else []
    return {
        "id": one.id,
        "at": one.at,
        "who": who(one, names),
        "sentence": sentence(one, names),
        "action": one.action,
        "request": one.request,
        "rows": one.rows,
        "details": [{**row, "is": label(one.subject, row, names)} for row in rows],
        "summary": one.changes if isinstance(one.changes, dict) and one.action != "look" else {},
        "looked": one.changes if one.action == "look" else {},
        "subject": one.subject,
        "left": one.rows - len(rows) if rows else 0,
    }


def _words(names: Names) -> dict[str, Any]:
    return {
        "subjects": SUBJECTS,
        "actions": ACTIONS,
        "column_word": column_word,
        "subject_word": subject_word,
        "value_word": partial(value_word, accounts=names.accounts),
    }


def _own_area() -> str:
    """The area that a look of this auditor is written down in."""
    account = current_account()
    areas = account.areas(*AUDITS) if account else ()
    return areas[0] if areas else ""
