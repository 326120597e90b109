"""Settings: typed, and refused with the name of the variable that is wrong."""

import pytest

from app.config import read_settings, secret_key
from app.errors import InvalidInput


def test_defaults_need_no_environment() -> None:
    settings = read_settings({})
    assert settings.metric_srid == 4549
    assert settings.basemap == "none"
    assert settings.cookie_name == "wardmap"


def test_values_are_typed() -> None:
    settings = read_settings(
        {"WARDMAP_METRIC_SRID": "32650", "WARDMAP_SECURE_COOKIES": "yes", "WARDMAP_BOX": "118,31,120,33"}
    )
    assert settings.metric_srid == 32650
    assert settings.secure_cookies is True
    assert settings.cookie_name == "__Host-wardmap"
    assert settings.box == (118.0, 31.0, 120.0, 33.0)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WARDMAP_METRIC_SRID", "gauss"),
        ("WARDMAP_SECURE_COOKIES", "maybe"),
        ("WARDMAP_BOX", "118,31,120"),
        ("WARDMAP_BOX", "120,31,118,33"),
        ("WARDMAP_LANGUAGE", "fr"),
        ("WARDMAP_TIME_ZONE", "Mars/Olympus"),
        ("WARDMAP_BASEMAP", "satellite"),
        ("WARDMAP_BASEMAP", "tianditu"),
        ("WARDMAP_BASEMAP", "wmts"),
        ("WARDMAP_WEB_PROCESSES", "0"),
        ("WARDMAP_SECRET_KEY", "short"),
        ("WARDMAP_TYPO", "1"),
        ("DATABASE_URL", "mysql://somewhere"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_settings({name: value})
    assert refused.value.code.startswith("setting_")
    known_by = {"WARDMAP_BASEMAP": ("TIANDITU", "WMTS", "BASEMAP")}.get(name, (name,))
    assert any(word in str(refused.value) for word in known_by)


def test_the_signing_key_is_made_once_and_kept(tmp_path) -> None:
    settings = read_settings({"WARDMAP_HOME": str(tmp_path / "home")})
    first = secret_key(settings)
    assert len(first) >= 32
    assert secret_key(settings) == first
    assert (tmp_path / "home" / "secret_key").stat().st_mode & 0o777 == 0o600
