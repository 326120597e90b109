"""Which passwords are taken: long ones that nobody guesses. No rule about signs, unless an assessment demands it."""

import string
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from app.accounts.rules.compliance import DEMANDS, Demands
from app.accounts.rules.office_words import OFFICE_WORDS
from app.errors import N_, InvalidInput

MIN_PASSWORD: Final = 12
MAX_PASSWORD: Final = 256
# zxcvbn's scale from 0 to 4; 4 is more than 10,000,000,000 guesses.
LEAST_SCORE: Final = 4
# Its work grows faster than the length; whatever is this long and still weak repeats itself.
LOOKED_AT: Final = 64
# What people put around a common word so that it passes for a password.
AROUND: Final = string.digits + string.punctuation + string.whitespace


def typed_password(password: str) -> str:
    """A password as it is compared: full-width signs of an input method count as the plain ones.

    Parameters
    ----------
    password : str
        As typed.

    Returns
    -------
    str
        Normalised (NFKC), cut where no password of ours is longer.
    """
    return unicodedata.normalize("NFKC", password[:MAX_PASSWORD])[:MAX_PASSWORD]


def checked_password(
    password: str, login: str, demands: Demands = DEMANDS["none"], words: Iterable[str] = ()
) -> str:
    """Refuse passwords that are too short, too long, contain the login or are easily guessed.

    Parameters
    ----------
    password, login : str
        As typed.
    demands : Demands
        What an assessment asks for besides.
    words : iterable of str
        Words that are easily guessed here, such as names of the office's areas.

    Returns
    -------
    str
        The password as it is hashed.

    Raises
    ------
    InvalidInput
        "password_weak" with what is wanted.
    """
    typed = typed_password(password)
    if not len(typed) >= MIN_PASSWORD or len(password) > MAX_PASSWORD or login.lower() in typed.lower():
        raise InvalidInput(
            "password_weak", N_("密码至少要 %(least)s 个字符，而且不能包含账号名。"), least=MIN_PASSWORD
        )
    if demands.kinds and kinds_in(typed) < demands.kinds:
        raise InvalidInput(
            "password_weak",
            N_("密码要有大写字母、小写字母、数字、符号中的至少 %(kinds)s 种。"),
            kinds=demands.kinds,
        )
    if is_easily_guessed(typed, login, words):
        raise InvalidInput(
            "password_weak",
            N_(
                "这个密码太容易猜到：常用的词、拼音、年份、连续的键和重复都会先被试到。请用几个不相干的词，或让浏览器生成。"
            ),
        )
    return typed


def kinds_in(password: str) -> int:
    """How many of the four kinds of characters a password has.

    Parameters
    ----------
    password : str

    Returns
    -------
    int
        Of capitals, small letters, digits and everything else.
    """
    kinds = (string.ascii_uppercase, string.ascii_lowercase, string.digits)
    return sum(any(sign in kind for sign in password) for kind in kinds) + any(
        sign not in "".join(kinds) for sign in password
    )


def is_easily_guessed(password: str, login: str, words: Iterable[str] = ()) -> bool:
    """Whether a list of common passwords, names, pinyin words, years and keyboard walks leads to it.

    Parameters
    ----------
    password, login : str
    words : iterable of str
        More words that are tried early here.

    Returns
    -------
    bool
    """
    from zxcvbn import zxcvbn

    plain = password.lower()
    if common_words() & {plain, plain.rstrip(AROUND), plain.strip(AROUND)}:
        return True
    own = [login, *(word.lower() for word in words)]
    judged = zxcvbn(password[:LOOKED_AT], user_inputs=[*own, *office_words()])
    return bool(judged["score"] < LEAST_SCORE)


@lru_cache
def common_words() -> frozenset[str]:
    """The 30,000 passwords that leaked most often, and words of Chinese offices.

    Returns
    -------
    frozenset of str
    """
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    return frozenset(word for word in (*FREQUENCY_LISTS["passwords"], *office_words()) if len(word) > 3)


@lru_cache
def office_words() -> tuple[str, ...]:
    """Pinyin and other words that Chinese offices use, the usual ones first.

    Returns
    -------
    tuple of str
    """
    return tuple(dict.fromkeys(OFFICE_WORDS.split()))
