"""Chinese first, English beside it: no sentence without its translation, no lost place for a fact."""

import re

from app.web.catalogue import english, sentences, translated

PLACE = re.compile(r"%\((\w+)\)[sd]")


def test_every_sentence_has_an_english_one() -> None:
    catalogue = english()
    missing = [one for one in sentences() if not translated(catalogue, one)]
    assert not missing, "run python -m app.web.catalogue and translate"


def test_translations_keep_the_places_for_facts() -> None:
    for message in english():
        if message.id and isinstance(message.id, str):
            assert set(PLACE.findall(message.id)) == set(PLACE.findall(str(message.string))), message.id


def test_translations_are_english() -> None:
    left = [
        m.id for m in english() if m.id and re.search(r"[\u4e00-\u9fff]", str(m.string)) and m.id != "中文"
    ]
    assert not left
