"""Keys for one purpose each, made from the installation's secret; and hashes of what is not to be kept itself."""

import hashlib
import hmac


def derived_key(secret: str, purpose: str) -> str:
    """A key for one purpose; it says nothing about the secret or about other keys.

    Parameters
    ----------
    secret, purpose : str

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    return hmac.new(secret.encode(), f"wardmap {purpose}".encode(), hashlib.sha256).hexdigest()


def keyed_hash(secret: str, purpose: str, words: str) -> bytes:
    """What can be compared but not guessed back without the secret.

    Parameters
    ----------
    secret, purpose, words : str

    Returns
    -------
    bytes
    """
    key = derived_key(secret, purpose).encode()
    return hmac.new(key, words.encode(errors="surrogatepass"), hashlib.sha256).digest()


def token_hash(token: str) -> bytes:
    """What is kept of a long random token.

    Parameters
    ----------
    token : str

    Returns
    -------
    bytes
    """
    return hashlib.sha256(token.encode(errors="surrogatepass")).digest()
