"""Addresses of accounts: for security everywhere, for a district within its own ground."""

from tests.authority.matrix.entry import ANYBODY, Entry

ADMIN = {"security", "district"}


def change(path: str, **form: str) -> Entry:
    return Entry(ADMIN, "POST", f"/accounts/{{account}}/{path}", "account", form=form, also=(303,))


ADMINISTRATION: dict[str, Entry] = {
    "administration.show_list": Entry(ADMIN, "GET", "/accounts"),
    "administration.export": Entry(ADMIN, "GET", "/accounts/accounts.xlsx"),
    "administration.areas": Entry(ADMIN, "GET", "/accounts/areas.json?q=机密"),
    "administration.invite": Entry(ADMIN, "GET", "/accounts/invite"),
    "administration.do_invite": Entry(
        ADMIN, "POST", "/accounts/invite", "own area", form={"login": "new.colleague", "role": "community", "area": "{area}"}
    ),
    "administration.bulk": Entry(ADMIN, "GET", "/accounts/bulk"),
    "administration.template": Entry(ADMIN, "GET", "/accounts/bulk/template.xlsx"),
    "administration.check": Entry(ADMIN, "POST", "/accounts/bulk/check", form={}, also=(422,)),
    "administration.do_bulk": Entry(ADMIN, "POST", "/accounts/bulk", form={"key": "K", "rows": "[]"}, also=(422,)),
    "administration.show": Entry(ADMIN, "GET", "/accounts/{account}", "account"),
    "administration.grant": change("grants", role="volunteer", area="{area}"),
    "administration.revoke": change("grants/{grant}/end"),
    "administration.disable": change("disable"),
    "administration.enable": change("enable"),
    "administration.end_sessions": change("end-sessions"),
    "administration.reset": change("reset"),
    "accounts.welcome": Entry(ANYBODY, "GET", "/welcome/no-such-token", also=(404,)),
    "accounts.accept": Entry(ANYBODY, "POST", "/welcome/no-such-token", form={"new": "x", "again": "x"}, also=(404,)),
}  # fmt: skip
