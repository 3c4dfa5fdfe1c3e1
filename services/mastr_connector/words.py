"""Names as they are searched: each word without case, umlauts and accents, so that `Muehle` finds `Mühle`."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

_MOST: Final = 12
_WORD: Final = re.compile(r"[a-z0-9]+")
_GERMAN: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


@lru_cache(maxsize=4096)  # most units of the register are called alike
def words(text: str) -> tuple[str, ...]:
    """The words of a text, each once, in its order; at most twelve."""
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_GERMAN))
    return tuple(dict.fromkeys(_WORD.findall("".join(each for each in plain if not unicodedata.combining(each)))))[
        :_MOST
    ]
