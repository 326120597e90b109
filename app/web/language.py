"""Which language a page is in: the visitor's choice, else the setting. Chinese is the source, English beside it."""

from typing import Any

from flask import Flask, current_app, request
from flask_babel import Babel, get_locale, gettext

from app.errors import Counted, DomainError

LANGUAGES = {"zh": "中文", "en": "English"}


def install(app: Flask) -> None:
    app.config.update(
        BABEL_DEFAULT_LOCALE="zh",
        BABEL_DEFAULT_TIMEZONE=app.config["SETTINGS"].time_zone,
        BABEL_TRANSLATION_DIRECTORIES="web/translations",
    )
    Babel(app, locale_selector=chosen)
    app.jinja_env.globals.update(languages=LANGUAGES, get_locale=get_locale, sentence=sentence)


def chosen() -> str:
    settings = current_app.config["SETTINGS"]
    wanted = request.cookies.get(settings.language_cookie, "") if request else ""
    return wanted if wanted in LANGUAGES else settings.language


def sentence(text: str, facts: dict[str, Any] | None = None) -> str:
    """A marked sentence in the visitor's language, with its facts filled in."""
    return told(text, facts) if facts else gettext(text)


def told(text: str, facts: dict[str, Any] | None) -> str:
    """The same for a sentence that has places for facts, whether all of them are known or not."""
    # Translated first and filled in after: facts may contain percent signs.
    return gettext(text) % Facts({name: _worded(fact) for name, fact in (facts or {}).items()})


class Facts(dict[str, Any]):
    """What is not known is a dash, not an error."""

    def __missing__(self, name: str) -> str:
        return "–"


def _worded(fact: Any) -> Any:
    # Some facts are words of ours ("自相交"); what users wrote is not in the catalogue and stays as it is.
    if isinstance(fact, Counted):
        separator = "、" if chosen() == "zh" else ", "
        return separator.join(
            gettext("%(words)s（%(count)s）", words=gettext(words), count=count) for words, count in fact
        )
    return gettext(fact) if fact and isinstance(fact, str) else fact


def error_sentence(error: DomainError) -> str:
    return sentence(error.sentence, error.facts)
