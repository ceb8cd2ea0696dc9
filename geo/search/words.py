"""Names as the search compares them: folded text, pinyin, pairs of characters, one slip of the finger. Pure."""
import re
import unicodedata
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from pypinyin import Style, lazy_pinyin, pinyin
from pypinyin.constants import PHRASES_DICT

HAN = re.compile(r"[\u3400-\u9fff]+")
# Above every character of a text that is compared byte by byte.
LAST = "\U0010ffff"


def fold(text: str) -> str:
    """Without case, width, spaces and punctuation: （示例）Ａ座 and 示例a座 are one."""
    return "".join(sign for sign in unicodedata.normalize("NFKC", text).casefold() if sign.isalnum())


def grams(folded: str) -> list[int]:
    """Every pair of neighbouring characters as one signed 32-bit number, each once. Beyond the basic plane two pairs may share one."""
    codes = [ord(sign) & 0xFFFF for sign in folded]
    return list({((a << 16) | b) - (1 << 31) for a, b in zip(codes, codes[1:], strict=False)})


def grounds(code: str) -> list[int]:
    """County, town and village of a division code as numbers of the same kind, below every pair. Two may share one."""
    return [(zlib.crc32(code[:length].encode()) & 0xFFFF) - (1 << 31) for length in (6, 9, 12) if len(code) >= length]


@dataclass(frozen=True)
class Spelling:
    pinyin: str
    initials: str


def spell(folded: str) -> Spelling:
    """Pinyin without tones and its initials; letters and digits stay as they are."""
    whole, first, at = [], [], 0
    for run in HAN.finditer(folded):
        between = folded[at : run.start()]
        syllables = _syllables(run[0])
        whole += [between, *syllables]
        first += [between, *(syllable[:1] for syllable in syllables)]
        at = run.end()
    return Spelling("".join(whole) + folded[at:], "".join(first) + folded[at:])


@lru_cache(maxsize=100_000)
def _syllables(run: str) -> tuple[str, ...]:
    """Sign by sign, but for the words that are read otherwise: the dictionary's own reading of every word costs 20 times more."""
    odd, found, at = _odd_words(), [], 0
    while at < len(run):
        words = odd.get(run[at : at + 2], ())
        word = next((word for word in words if run.startswith(word, at)), run[at])
        found += _readings[word] if len(word) > 1 else (_syllable(word),)
        at += len(word)
    return tuple(found)


@lru_cache(maxsize=30_000)
def _syllable(sign: str) -> str:
    return lazy_pinyin(sign)[0].replace("ü", "v")


_readings: dict[str, tuple[str, ...]] = {}


@lru_cache(maxsize=1)
def _odd_words() -> dict[str, list[str]]:
    """Words whose reading differs from that of their signs alone, the longest first, by their first two signs."""
    for word, syllables in PHRASES_DICT.items():
        if HAN.fullmatch(word):
            plain = tuple(_plain(syllable[0]) for syllable in syllables)
            if len(plain) == len(word) and plain != tuple(map(_syllable, word)):
                _readings.setdefault(word, plain)
    by_start: dict[str, list[str]] = {}
    for word in sorted(_readings, key=len, reverse=True):
        by_start.setdefault(word[:2], []).append(word)
    return by_start


@lru_cache(maxsize=5_000)
def _plain(syllable: str) -> str:
    """Without tone marks; ü is written v."""
    return "".join(sign for sign in unicodedata.normalize("NFD", re.sub("[üǖǘǚǜ]", "v", syllable)) if sign.isalpha())


@lru_cache(maxsize=20_000)
def reading(name: str, letters: str) -> tuple[str, ...]:
    """The syllables of a name whose pinyin is known as one word ("长滩村", "Changtancun"), or nothing where they do not fit."""
    letters = fold(letters).replace("ü", "v")
    if not HAN.fullmatch(name):
        return ()
    choices = [sorted({one.replace("ü", "v") for one in each}) for each in pinyin(name, style=Style.NORMAL, heteronym=True)]
    return next(_fitting(letters, choices), ()) if len(choices) == len(name) else ()


def _fitting(letters: str, choices: list[list[str]]) -> Iterator[tuple[str, ...]]:
    if not choices:
        if not letters:
            yield ()
        return
    for syllable in choices[0]:
        if letters.startswith(syllable):
            for rest in _fitting(letters[len(syllable) :], choices[1:]):
                yield (syllable, *rest)


def learn(names: Iterable[tuple[str, str]]) -> None:
    """Local readings go before the dictionary's: (name, pinyin as one word)."""
    known = {name: found for name, letters in names if len(name) > 1 and (found := reading(name, letters))}
    plain = {name: found for name, found in known.items() if found != _syllables(name)}
    if plain:
        _readings.update(plain)
        _odd_words.cache_clear()
        _syllables.cache_clear()


@dataclass(frozen=True)
class Probe:
    """Texts of this length between two bounds that fit a LIKE pattern; `backward` bounds are those of the reversed text."""

    length: int
    low: str
    high: str
    pattern: str
    backward: bool


def slips(text: str) -> list[Probe]:
    """Where every text lies that differs by one wrong, one missing or one further character.

    What stands before the slip, or behind it, is whole: the longer part is the range to look in.
    """
    found = {}
    for i in range(len(text) + 1):
        wrong = (len(text), text[:i], "_", text[i + 1 :]) if i < len(text) else None
        missing = (len(text) + 1, text[:i], "_", text[i:])
        surplus = (len(text) - 1, text[:i], "", text[i + 1 :]) if i < len(text) else None
        for length, before, sign, behind in filter(None, (wrong, missing, surplus)):
            backward = len(behind) > len(before)
            whole = behind[::-1] if backward else before
            found[before + sign + behind] = Probe(length, whole, whole + LAST, before + sign + behind, backward)
    return list(found.values())
