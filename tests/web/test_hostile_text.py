"""NUL, halves of characters, bytes that are no text, bodies that lie: refused with a sentence over every address, never a defect."""

import io
from typing import Any
from urllib.parse import quote, unquote_to_bytes
from uuid import uuid4

import pytest

from app.web.edge import is_readable
from tests.authority.matrix import MATRIX
from tests.authority.region import build_region
from tests.web.visits import commands, cookie_of, names_of, sent_with

REFUSED = {400, 403, 404, 405, 409, 413, 415, 422}
UNREADABLE = ["%00", "a%00b", "%ED%A0%80", "%ff", "%C0%80", "%F5%80%80%80", "%E6%B1"]
JSON_LIES = {
    "nothing": b"", "a list": b"[1]", "a number": b"7", "null": b"null", "no JSON": b"{", "cut": b'{"key": "a', "NaN": b'{"a": NaN}',
    "infinity": b'{"a": 1e999}', "half a character": b'{"name": "\\ud800"}', "half a character in a name": b'{"\\udc00": 1}',
    "NUL": b'{"name": "a\\u0000b"}', "NUL in a name": b'{"a\\u0000": 1}', "NUL deep down": b'{"a": [{"b": "\\u0000"}]}',
    "twice": b'{"zone": 1, "zone": 2}', "twice deep down": b'{"a": {"b": 1, "b": 1}}', "no UTF-8": b'{"a": "\xff"}',
    "33 deep": b'{"a":' * 33 + b"1" + b"}" * 33, "100,000 deep": b"[" * 100_000, "33 lists deep": b'{"a":' + b"[" * 32 + b"]" * 32 + b"}",
    "UTF-16": '{"a": 1}'.encode("utf-16"), "a mark before": b"\xef\xbb\xbf[]",
}  # fmt: skip


@pytest.fixture
def region(session):
    return build_region(session)


@pytest.fixture
def asking(session, region, login_as):
    """Ask in a transaction that is taken back, signed in again and again."""
    visitor = login_as("district")
    cookie, connection = cookie_of(visitor), session.connection()

    def ask(method: str, path: str, **given: Any) -> Any:
        undone = connection.begin_nested()
        visitor.client.set_cookie("wardmap", cookie)
        answer = visitor.send(method, path, **given)
        undone.rollback()
        return answer

    return ask


@pytest.mark.parametrize("piece", UNREADABLE)
def test_no_address_takes_what_is_no_text(asking, region, piece: str) -> None:
    names = names_of(region)
    for endpoint, entry in MATRIX.items():
        path, _, query = entry.path.format(**names).partition("?")
        raw = unquote_to_bytes(piece).decode("latin-1")
        # As a server gives them: the path decoded, the query not.
        for place in (
            {"QUERY_STRING": f"{quote(query, safe='=&')}&q={piece}"}, {"QUERY_STRING": f"{piece}=1"}, {"PATH_INFO": f"{path}/{raw}"},
            {"PATH_INFO": path.replace("/", f"/{raw}", 1)}, {"PATH_INFO": path + raw},
        ):  # fmt: skip
            answer = asking(entry.method, path, environ_overrides=place, **sent_with(entry, names))
            assert answer.status_code == 422, (endpoint, place, answer.status_code)
            said = answer.json["sentence"] if answer.is_json else answer.get_data(as_text=True)
            assert "不能识别的字符" in said, place


def test_no_form_takes_what_is_no_text(asking, region) -> None:
    names, checks = names_of(region), 0
    for endpoint, entry in commands():
        if entry.json is not None:
            continue
        path = entry.path.format(**names)
        fields = [*(entry.form or {}), "extra"]
        for field in fields:
            for raw in ("%00", "%ED%A0%80", "%ff"):
                body = f"{field}={raw}"
                answer = asking(
                    entry.method, path, data=body, content_type="application/x-www-form-urlencoded"
                )
                checks += 1
                assert answer.status_code == 422, (endpoint, field, raw, answer.status_code)
            for value in (b"a\x00b", b"\xed\xa0\x80", b"\xff"):
                body = b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n--x--\r\n' % (
                    field.encode(),
                    value,
                )
                answer = asking(entry.method, path, data=body, content_type="multipart/form-data; boundary=x")
                checks += 1
                assert answer.status_code == 422, (endpoint, field, value, answer.status_code)
        for name in (b"a\x00.zip", b"a\x00"):
            body = (
                b'--x\r\nContent-Disposition: form-data; name="files"; filename="%s"\r\n\r\nx\r\n--x--\r\n'
                % name
            )
            answer = asking(entry.method, path, data=body, content_type="multipart/form-data; boundary=x")
            assert answer.status_code in (400, 422), (endpoint, name, answer.status_code)
    print(f"{checks} forms")


@pytest.mark.parametrize("name", JSON_LIES)
def test_no_command_takes_json_that_lies(asking, region, name: str) -> None:
    names = names_of(region)
    for endpoint, entry in commands():
        if entry.json is None:
            continue
        path = entry.path.format(**names)
        answer = asking(entry.method, path, data=JSON_LIES[name], content_type="application/json")
        assert (answer.status_code, answer.json["code"]) == (422, "json_unusable"), endpoint
        assert answer.json["sentence"]


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "application/xml"]
)
def test_json_is_sent_as_json(asking, region, kind: str) -> None:
    names = names_of(region)
    for endpoint, entry in commands():
        if entry.json is None:
            continue
        answer = asking(
            entry.method,
            entry.path.format(**names),
            data=b'{"key": "12345678", "seen_version": 1}',
            content_type=kind,
        )
        assert answer.status_code in (415, 422), (endpoint, answer.status_code)


def test_every_member_of_every_command_may_be_wrong(asking, region) -> None:
    """Of another type, far too long, far too large: an answer in words each time."""
    names, checks = names_of(region), 0
    wrong = [
        None,
        True,
        -1,
        2**70,
        1.5,
        "",
        "x" * 100_000,
        [],
        [None],
        [[]],
        {},
        {"a": {}},
        "\U0010ffff",
        "'; DROP TABLE plan; --",
    ]
    for endpoint, entry in commands():
        for member in entry.json or {}:
            for value in wrong:
                body = {**sent_with(entry, names)["json"], member: value}
                answer = asking(entry.method, entry.path.format(**names), json=body)
                checks += 1
                assert answer.status_code in {200, *REFUSED}, (endpoint, member, value, answer.status_code)
        for field in entry.form or {}:
            for text in (
                "",
                "-1",
                "9" * 40,
                "x" * 100_000,
                "\U0010ffff",
                "'; DROP TABLE plan; --",
                "\r\nX-Evil: 1",
                "../../etc/passwd",
            ):
                body = {**sent_with(entry, names)["data"], field: text}
                answer = asking(entry.method, entry.path.format(**names), data=body)
                checks += 1
                assert answer.status_code in {200, 303, *REFUSED}, (endpoint, field, text, answer.status_code)
    print(f"{checks} wrong values")


def test_headers_may_say_anything(asking, region) -> None:
    names = names_of(region)
    odd = {
        "Accept": "\xff;q=x", "Accept-Language": "\xe6\xb1", "User-Agent": "\x01\xff" * 100, "If-None-Match": 'W/"\xff',
        "If-Modified-Since": "\xff", "Range": "bytes=9-1", "X-Forwarded-For": "\xff, evil", "Idempotency-Key": "\xff",
        "Cookie": "\xff=\xff; wardmap=\xff",
    }  # fmt: skip
    for endpoint, entry in MATRIX.items():
        for name, value in odd.items():
            answer = asking(
                entry.method, entry.path.format(**names), headers={name: value}, **sent_with(entry, names)
            )
            assert answer.status_code < 500, (endpoint, name, answer.status_code)


@pytest.mark.parametrize(
    ("path", "query", "fine"),
    [
        ("/", "", True), ("/\xe6\xb1\x9f", "", True), ("/\xe6\xb1", "", False), ("/\x00", "", False), ("/", "q=%E6%B1%9F", True),
        ("/", "q=\xe6\xb1\x9f", True), ("/", "q=%", True), ("/", "q=%zz", True), ("/", "q=100%25", True), ("/", "q=%00", False),
        ("/", "q=%2500", True), ("/", "q=\xff", False),
    ],
)  # fmt: skip
def test_what_can_be_read(path: str, query: str, fine: bool) -> None:
    assert is_readable(path, query) is fine


def test_a_form_has_only_so_many_fields_and_parts(asking) -> None:
    many = "&".join(f"a{n}=1" for n in range(2_500))
    assert (
        asking("POST", "/plans", data=many, content_type="application/x-www-form-urlencoded").status_code
        == 422
    )
    part = 'Content-Disposition: form-data; name="a"\r\n\r\n1\r\n--x'
    parts = "--x\r\n" + "\r\n".join([part] * 300) + "--\r\n"
    assert (
        asking("POST", "/plans", data=parts, content_type="multipart/form-data; boundary=x").status_code
        == 413
    )


def test_only_files_may_be_large(asking) -> None:
    large = b"x" * (2 * 1024 * 1024 + 1)
    for endpoint, entry in commands():
        if endpoint == "imports.upload":
            continue
        kind = "application/json" if entry.json is not None else "application/x-www-form-urlencoded"
        path = entry.path.format(area="1", plan=1, zone=1, step=1, building=1, **{"import": 1})
        answer = asking(entry.method, path, data=large, content_type=kind)
        assert answer.status_code == 413, (endpoint, answer.status_code)
    form = {"key": str(uuid4()), "files": (io.BytesIO(large), "a.csv")}
    assert asking("POST", "/imports", data=form).status_code in (303, 422)
