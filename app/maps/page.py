"""What a page must say so that a map on it may run: the import map and the policy's extra hosts."""

from markupsafe import Markup, escape

from app.maps.basemap import Basemap
from app.maps.figure import LIBRARY_MODULES, STATIC_ROOT, StaticUrl, plain_static_url
from app.maps.safe_json import safe_json


def import_map(nonce: str, static_url: StaticUrl = plain_static_url) -> Markup:
    """The import map element; it must stand before the first module of the page.

    Our modules import each other by relative path. When `static_url` adds a fingerprint, every module is
    listed too, so that a new version of one is never mixed with an old copy of another.
    """
    imports = {name: static_url(path) for name, path in LIBRARY_MODULES.items()}
    imports["wardmap"] = static_url("map/index.js")
    for module in sorted((STATIC_ROOT / "map").glob("*.js")):
        path = f"map/{module.name}"
        if static_url(path) != plain_static_url(path):
            imports[plain_static_url(path)] = static_url(path)
    text = safe_json({"imports": imports})
    return Markup('<script type="importmap" nonce="{}">{}</script>').format(escape(nonce), Markup(text))  # noqa: S704


def content_security_sources(basemap: Basemap) -> dict[str, list[str]]:
    """Directives of the Content-Security-Policy that a map page needs beyond the default policy."""
    return {
        "img-src": ["'self'", "data:", *basemap.image_origins],
        "connect-src": ["'self'"],
    }
