"""Resource quantities: `500m`, `1Gi`, `1e3`."""

import re
from decimal import Decimal, localcontext
from functools import lru_cache

BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
PATTERN = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(?:([KMGTPE]i)|([eE][+-]?\d+)|([numkMGTPE]))?")


class BadQuantity(ValueError):
    """A text that is no quantity."""

    def __init__(self) -> None:
        super().__init__("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")


def amount(text: str) -> Decimal:
    """The number that a quantity is. Raises BadQuantity."""
    return _parsed(text)[0]


def canonical(text: str, *, smallest: str = "1e-9") -> str:
    """The form that the server answers with: `1000m` is `1`, `1024Mi` is `1Gi`, `0.5` is `500m`. Raises BadQuantity.

    What is finer than the smallest step is rounded up.
    """
    number, form = _parsed(text)
    number = _rounded(number, smallest=smallest)
    if number == 0:
        return "0"
    if form == "binary" and abs(number) >= 1024 and number == int(number):
        whole, power = int(number), 0
        while whole % 1024 == 0 and power < 6:
            whole, power = whole // 1024, power + 1
        return f"{whole}{list(BINARY)[power - 1] if power else ''}"
    power = max(exponent for exponent in range(-9, 19, 3) if number.scaleb(-exponent) % 1 == 0)
    digits = f"{int(number.scaleb(-power))}"
    if form == "exponent":
        return digits + (f"e{power}" if power else "")
    return digits + next(suffix for suffix, one in DECIMAL.items() if one == power)


@lru_cache(maxsize=1024)
def _parsed(text: str) -> tuple[Decimal, str]:
    found = PATTERN.fullmatch(text)
    if found is None:
        raise BadQuantity
    digits, binary, exponent, suffix = found.groups()
    with localcontext() as context:
        context.prec = 60
        number = Decimal(digits)
        if binary:
            number *= 1024 ** BINARY[binary]
        else:
            number = number.scaleb(int(exponent[1:]) if exponent else DECIMAL[suffix or ""])
    return _rounded(number, smallest="1e-9"), "binary" if binary else "exponent" if exponent else "decimal"


def _rounded(number: Decimal, *, smallest: str) -> Decimal:
    with localcontext() as context:
        context.prec = 60
        return number.quantize(Decimal(smallest), rounding="ROUND_UP").normalize()
