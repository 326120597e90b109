"""What is kept of a visitor, for the person to recognise: coarse on purpose."""

import ipaddress
from typing import Final

BROWSERS: Final = (
    ("MicroMessenger/", "微信"), ("DingTalk/", "钉钉"), ("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"), ("Chrome/", "Chrome"), ("CriOS/", "Chrome"), ("Safari/", "Safari"),
)  # fmt: skip
SYSTEMS: Final = (
    ("HarmonyOS", "HarmonyOS"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
    ("Macintosh", "macOS"), ("Linux", "Linux"),
)  # fmt: skip


def device_words(user_agent: str) -> str:
    """Browser and system in two words.

    Parameters
    ----------
    user_agent : str
        As sent by the browser.

    Returns
    -------
    str
        Such as "Chrome · Windows"; empty when nothing is known in it.
    """
    found = (next((word for sign, word in known if sign in user_agent), "") for known in (BROWSERS, SYSTEMS))
    return " · ".join(filter(None, found))


def coarse_network(address: str | None) -> str:
    """The network that an address is in: /24, or /56 in IPv6.

    Parameters
    ----------
    address : str or None

    Returns
    -------
    str
        Such as "10.2.3.0/24"; empty when it is no address.
    """
    try:
        read = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return ""
    mapped = getattr(read, "ipv4_mapped", None)
    read = mapped or read
    return str(ipaddress.ip_network(f"{read}/{24 if read.version == 4 else 56}", strict=False))
