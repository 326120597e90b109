"""Division codes: 12 digits, from the province down to the community."""


def code_prefix(code: str) -> str:
    """The digits that an area shares with everything below it: 2 of a province, 4 of a city, 6, 9 or 12 below.

    Parameters
    ----------
    code : str
        12-digit area code; empty for everywhere.

    Returns
    -------
    str
        What scopes are compared with.

    Examples
    --------
    >>> code_prefix("320106001000"), code_prefix("320106000000"), code_prefix("320000000000")
    ('320106001', '320106', '32')
    """
    for digits in (2, 4, 6, 9):
        if code[digits:] == "0" * (12 - digits):
            return code[:digits]
    return code
