"""Wardmap: responsibility zones for streets and communities, on PostGIS and Folium."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from app.config import Settings


def create_app(settings: "Settings | None" = None) -> "Flask":
    """The application, wired from its settings. The only list of rooms."""
    # Imported here: whoever needs one module of the package should not have to load the whole web side.
    from flask import Flask

    from app import db
    from app.accounts import guard
    from app.accounts.routes import rooms as account_rooms
    from app.audit.routes import rooms as audit_rooms
    from app.config import read_settings, secret_key
    from app.errors import N_, InvalidInput
    from app.ground.queries.areas import areas_named, names_of
    from app.ground.routes import rooms as ground_rooms
    from app.privacy import logs
    from app.system.routes import rooms as system_rooms
    from app.web import edge, error_pages, headers, language, pages
    from app.zones.routes import rooms as zone_rooms

    settings = settings or read_settings()
    if not settings.database_url:
        raise InvalidInput(
            "setting_missing", N_("没有数据库地址。请用 ./scripts/start 启动，或设置 DATABASE_URL。")
        )
    logs.install()
    app = Flask(__name__, static_folder=None, template_folder="web/templates")
    app.config.update(
        SETTINGS=settings,
        SECRET_KEY=secret_key(settings),
        MAX_CONTENT_LENGTH=2 * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=1024 * 1024,
        MAX_FORM_PARTS=200,
        SESSION_COOKIE_NAME=settings.cookie_name,
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        TEMPLATES_AUTO_RELOAD=False,
        WTF_CSRF_TIME_LIMIT=None,
    )
    db.connect(
        settings.database_web_url or settings.database_url,
        pool_size=settings.web_threads + 2,
        time_zone=settings.time_zone,
        public_url=settings.database_public_url,
    )
    if settings.trusted_proxies:
        from werkzeug.middleware.proxy_fix import ProxyFix

        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    for part in (edge, language, headers, error_pages, pages, guard):
        part.install(app)
    # Accounts know codes of areas only; the ground tells their names.
    app.extensions["wardmap.area_names"] = names_of
    app.extensions["wardmap.areas_named"] = areas_named
    for room in (*account_rooms, *ground_rooms, *zone_rooms, *audit_rooms, *system_rooms):
        app.register_blueprint(room)
    return app
