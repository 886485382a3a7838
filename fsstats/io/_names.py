"""Names of the files that hold one batch."""

import re
from typing import Final

LEDGER: Final = ".ledger"
"""What is known of its files."""
VALUES: Final = ".values"
"""Their values, as plain numbers one after another."""
PART: Final = ".parquet"
"""Their values, as a part of the table."""


def part_name(number: int, suffix: str) -> str:
    """Name a file of a batch."""
    return f"{number:06d}{suffix}"


def is_part(name: str) -> bool:
    """Say whether a file is named as a part of a table."""
    return re.fullmatch(rf"\d{{6}}{re.escape(PART)}", name) is not None
