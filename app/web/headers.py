"""Headers on every answer: a strict content policy with a nonce, and no caching of what is not public."""

import secrets

from flask import Flask, Response, g

PERMISSIONS = "geolocation=(self), camera=(), microphone=(), payment=(), usb=()"


def install(app: Flask) -> None:
    app.jinja_env.globals["nonce"] = nonce
    app.after_request(add_headers)


def nonce() -> str:
    """This answer's one-time word: scripts and styles that carry it are ours."""
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(18)
    return str(g.nonce)


def allow_images_from(*origins: str) -> None:
    """Let this answer load map tiles from the base map's hosts."""
    g.image_origins = origins


def add_headers(answer: Response) -> Response:
    images = " ".join(("'self'", "data:", "blob:", *g.get("image_origins", ())))
    own = f"'self' 'nonce-{g.nonce}'" if "nonce" in g else "'self'"
    answer.headers.setdefault(
        "Content-Security-Policy",
        f"default-src 'none'; script-src {own}; style-src {own}; img-src {images}; font-src 'self';"
        " connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none';"
        " object-src 'none'",
    )
    answer.headers.setdefault("X-Content-Type-Options", "nosniff")
    answer.headers.setdefault("Referrer-Policy", "same-origin")
    answer.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    answer.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    answer.headers.setdefault("Permissions-Policy", PERMISSIONS)
    answer.headers.setdefault("Cache-Control", "no-store")
    return answer
