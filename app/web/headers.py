"""Headers on every answer: a strict content policy with a nonce, and no caching of what is not public."""

import secrets

from flask import Flask, Response, current_app, g

from app.config import Settings

PERMISSIONS = "geolocation=(self), camera=(), microphone=(), payment=(), usb=()"


def install(app: Flask) -> None:
    app.jinja_env.globals["nonce"] = nonce
    app.extensions["wardmap_headers"] = tuple(
        (name.lower(), name, value) for name, value in standing(app.config["SETTINGS"])
    )
    app.after_request(add_headers)


def nonce() -> str:
    """This answer's one-time word: scripts and styles that carry it are ours."""
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(18)
    return str(g.nonce)


def request_id() -> str:
    """A word for this request: in its answer, in the journal, and in the log when it fails."""
    if "request_id" not in g:
        g.request_id = secrets.token_hex(8)
    return str(g.request_id)


def allow_images_from(*origins: str) -> None:
    """Let this answer load map tiles from the base map's hosts."""
    g.image_origins = origins


# On every answer, unless a view has said otherwise. Few look-ups: unchanged tiles are answered by the thousand.
STANDING = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", PERMISSIONS),
    ("Cache-Control", "no-store"),
)
# A year. Without sub-domains: those may be other people's machines.
HSTS = ("Strict-Transport-Security", "max-age=31536000")
POLICY = (
    "default-src 'none'; script-src {own}; style-src {own}; img-src {images}; font-src 'self';"
    " connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none';"
    " object-src 'none'"
)
STRICTEST = POLICY.format(own="'self'", images="'self' data: blob:")


def standing(settings: Settings) -> tuple[tuple[str, str], ...]:
    """Headers that every answer of this installation carries, besides its content policy."""
    return (*STANDING, HSTS) if settings.secure_cookies else STANDING


def add_headers(answer: Response) -> Response:
    present = {name.lower() for name, _ in answer.headers}
    for key, name, value in current_app.extensions["wardmap_headers"]:
        if key not in present:
            answer.headers.add(name, value)
    if "content-security-policy" not in present:
        answer.headers.add("Content-Security-Policy", policy())
    answer.headers.add("X-Request-ID", request_id())
    return answer


def policy() -> str:
    """The content policy of this answer."""
    if "nonce" not in g and "image_origins" not in g:
        return STRICTEST
    own = f"'self' 'nonce-{g.nonce}'" if "nonce" in g else "'self'"
    return POLICY.format(own=own, images=" ".join(("'self'", "data:", "blob:", *g.get("image_origins", ()))))
