"""Identity numbers: their check digit, birth date and gender, and the 18 digits of an old one with 15.

It knows nothing of people or lists and keeps no number.

Source: GB 11643-1999 公民身份号码.
"""

from __future__ import annotations

import re
from datetime import date

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"


def check_digit(first: str) -> str:
    """Return the 18th character of an identity number from its first 17 digits.

    Source: GB 11643-1999, whose own example this is (ISO 7064, MOD 11-2).

    >>> check_digit("11010519491231002")
    'X'
    """
    return _CHECKS[sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, first, strict=True)) % 11]


def eighteen(number: str) -> str:
    """Return an old number of 15 digits with 18: the century and the check digit added. Others stay as they are.

    >>> eighteen("110105491231002")
    '11010519491231002X'
    """
    if not re.fullmatch(r"[0-9]{15}", number):
        return number
    first = f"{number[:6]}19{number[6:]}"
    return first + check_digit(first)


def is_well_formed(number: str) -> bool:
    """Say whether a number has 17 digits and a digit or X behind them."""
    return re.fullmatch(r"[0-9]{17}[0-9X]", number) is not None


def is_right(number: str) -> bool:
    """Say whether a number's date exists and its check digit is the one that follows from the others.

    >>> is_right("11010519491231002X"), is_right("110105194912310021"), is_right("11010519490231002X")
    (True, False, False)
    """
    return is_well_formed(number) and bool(birth_of(number)) and check_digit(number[:17]) == number[17]


def birth_of(number: str) -> str:
    """Return the birth date in a well-formed number, such as 1949-12-31; empty where it is no date."""
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14])).isoformat()
    except ValueError:
        return ""


def is_male(number: str) -> bool:
    """Say whether the 17th digit of a well-formed number is odd, which men have."""
    return int(number[16]) % 2 == 1
