"""Which language a page is in: the visitor's choice, else the setting. Chinese is the source, English beside it."""

from typing import Any

from flask import Flask, current_app, request
from flask_babel import Babel, get_locale, gettext

from app.errors import DomainError

LANGUAGES = {"zh": "中文", "en": "English"}
COOKIE = "wardmap_language"


def install(app: Flask) -> None:
    app.config.update(
        BABEL_DEFAULT_LOCALE="zh",
        BABEL_DEFAULT_TIMEZONE=app.config["SETTINGS"].time_zone,
        BABEL_TRANSLATION_DIRECTORIES="web/translations",
    )
    Babel(app, locale_selector=chosen)
    app.jinja_env.globals.update(languages=LANGUAGES, get_locale=get_locale, sentence=sentence)


def chosen() -> str:
    wanted = request.cookies.get(COOKIE, "") if request else ""
    return wanted if wanted in LANGUAGES else current_app.config["SETTINGS"].language


def sentence(text: str, facts: dict[str, Any] | None = None) -> str:
    """A marked sentence in the visitor's language, with its facts filled in."""
    # Translated first and filled in after: facts may contain percent signs.
    translated = gettext(text)
    if not facts:
        return translated
    # Some facts are words of ours ("自相交"); what users wrote is not in the catalogue and stays as it is.
    return translated % {
        name: gettext(fact) if fact and isinstance(fact, str) else fact for name, fact in facts.items()
    }


def error_sentence(error: DomainError) -> str:
    return sentence(error.sentence, error.facts)
