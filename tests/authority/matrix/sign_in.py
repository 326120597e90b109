"""Addresses of signing in, and of one's own account."""

from tests.authority.matrix.entry import ANYBODY, SIGNED_IN, Entry

SIGN_IN: dict[str, Entry] = {
    "accounts.sign_in": Entry(ANYBODY, "GET", "/sign-in", also=(302,)),
    "accounts.check_sign_in": Entry(ANYBODY, "POST", "/sign-in", form={"login": "x", "password": "y"}, also=(422,)),
    "accounts.code": Entry(ANYBODY, "GET", "/sign-in/code", also=(302,)),
    "accounts.check_code": Entry(ANYBODY, "POST", "/sign-in/code", form={"code": "000000"}, also=(303,)),
    "accounts.sign_out": Entry(ANYBODY, "POST", "/sign-out", also=(303,)),
    "accounts.show": Entry(SIGNED_IN, "GET", "/account"),
    "accounts.end_session": Entry(SIGNED_IN, "POST", "/account/sessions/0123456789abcdef/end", also=(404,)),
    "accounts.end_others": Entry(SIGNED_IN, "POST", "/account/sessions/end-others", also=(303,)),
    "accounts.password": Entry(SIGNED_IN, "GET", "/account/password"),
    "accounts.change_password": Entry(SIGNED_IN, "POST", "/account/password", form={"old": "x", "new": "y"}, also=(422,)),
    "accounts.confirm": Entry(SIGNED_IN, "GET", "/account/confirm"),
    "accounts.check_confirm": Entry(SIGNED_IN, "POST", "/account/confirm", form={"password": "x"}, also=(422,)),
    "accounts.second_factor": Entry(SIGNED_IN, "GET", "/account/second-factor"),
    "accounts.set_second_factor": Entry(SIGNED_IN, "POST", "/account/second-factor", form={"code": "000000"}, also=(303, 422)),
    "accounts.new_recovery_codes": Entry(SIGNED_IN, "POST", "/account/recovery-codes", also=(303,)),
    "accounts.drop_second_factor": Entry(SIGNED_IN, "POST", "/account/second-factor/off", also=(303,)),
}  # fmt: skip
