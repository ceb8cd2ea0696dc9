"""The guard of rule zero: text that looks like it names a person's number, or where a video stream is fetched. Pure.

It finds identity-card numbers (GB 11643, checksum right), mobile and landline numbers and number plates, also written
with spaces, hyphens or full-width characters; and network addresses: whatever has a scheme (rtsp://, http://, sip:), a
www name, a name or an IPv4 address with a port or a path, an IPv4 address of a private network (any device on ours has
one). A bare public address is let through: it cannot be told from the number of a paragraph.
It does not find names: those cannot be told from place names.
"""
import re
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

ID_CARD, MOBILE, PHONE, PLATE, ADDRESS = KINDS = ("id_card", "mobile", "phone", "plate", "address")

_GAP = "[ -]?"
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使领"
# No digit before or after: a longer run is another number, such as the 20 digits of a camera (GB/T 28181).
_ID = re.compile(rf"(?<![0-9])[1-9](?:{_GAP}[0-9]){{16}}{_GAP}[0-9Xx](?![0-9])")
_MOBILE = re.compile(rf"(?<![0-9])(?:(?:\+|00)?86{_GAP})?1[3-9][0-9]{_GAP}[0-9]{{4}}{_GAP}[0-9]{{4}}(?![0-9])")
_PHONE = re.compile(rf"(?<![0-9])(?:\(0[0-9]{{2,3}}\)|0[0-9]{{2,3}}{_GAP})[ ]?[2-9][0-9]{{6,7}}(?![0-9])")
# A new-energy plate has six characters after the letter; police and trailer plates end in a word.
_PLATE = re.compile(rf"[{_PROVINCES}][A-HJ-NP-Z][ ·•.-]?(?:[A-HJ-NP-Z0-9]{{5,6}}|[A-HJ-NP-Z0-9]{{4}}[警学挂港澳使领])(?![A-Z0-9])")
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_REST = r"[^\s，。；、）)】\]\"'<>]*"
# Upper case: the text is read after it was narrowed.
_ADDRESS = re.compile(
    rf"(?<![A-Z0-9])(?:[A-Z][A-Z0-9+.-]{{1,15}}:[/\\]{{2}}{_REST}|(?:SIPS?|RTSPS?|RTMPS?|RTP|UDP|SRT|MMS|ONVIF|GB28181):{_REST}[0-9A-Z]{_REST}"
    rf"|WWW\.[A-Z0-9-]+\.{_REST}|(?:[A-Z0-9-]+\.)+[A-Z]{{2,12}}(?::[0-9]{{2,5}}(?![0-9])|/[A-Z0-9]){_REST}"
    rf"|(?<![0-9.]){_OCTET}(?:\.{_OCTET}){{3}}(?:\s?:\s?[0-9]{{2,5}}(?![0-9])|/[A-Z0-9]){_REST}"
    rf"|(?<![0-9.])(?:10\.{_OCTET}|192\.168|172\.(?:1[6-9]|2[0-9]|3[01]))\.{_OCTET}\.{_OCTET}(?![0-9.]))"
)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"

# The same four shapes for Arrow's RE2, which has no look-around and reads the text before it is narrowed: never stricter
# than the patterns above, and a million rows in a tenth of a second.
_DIGIT = "[0-9０-９]"
_GAP_WIDE = r"[ \x{3000}\x{00a0}－—–-]?"
_BEFORE, _AFTER = "(?:^|[^0-9０-９])", "(?:$|[^0-9０-９])"
_PREFILTER = "|".join([
    rf"{_BEFORE}{_DIGIT}(?:{_GAP_WIDE}{_DIGIT}){{16}}{_GAP_WIDE}[0-9０-９XxＸｘ]{_AFTER}",
    rf"{_BEFORE}(?:(?:[+＋]|00|００)?[8８][6６]{_GAP_WIDE})?[1１]{_DIGIT}{{2}}(?:{_GAP_WIDE}{_DIGIT}{{4}}){{2}}{_AFTER}",
    rf"{_BEFORE}[(（]?[0０]{_DIGIT}{{2,3}}[)）]?{_GAP_WIDE}[ \x{{3000}}\x{{00a0}}]?[2-9２-９]{_DIGIT}{{6,7}}{_AFTER}",
    rf"[{_PROVINCES}][A-Za-zＡ-Ｚａ-ｚ]",
    r"[A-Za-zＡ-Ｚａ-ｚ0-9０-９][:：]", r"[A-Za-zＡ-Ｚａ-ｚ0-9０-９][.．][A-Za-zＡ-Ｚａ-ｚ0-9０-９]",
])


@dataclass(frozen=True)
class Finding:
    """`start` and `end` are positions in the text as it was given."""

    kind: str
    start: int
    end: int


def find(text: str) -> list[Finding]:
    """Everything in the text that the guard refuses, in order, none inside another."""
    plain = _narrow(text)
    addresses = [Finding(ADDRESS, *hit.span()) for hit in _ADDRESS.finditer(plain)]
    found = list(addresses)
    found += [Finding(ID_CARD, *hit.span()) for hit in _ID.finditer(plain) if _is_id_card(hit[0]) and not _overlaps(hit, addresses)]
    for kind, pattern in ((MOBILE, _MOBILE), (PHONE, _PHONE), (PLATE, _PLATE)):
        for hit in pattern.finditer(plain):
            if not _overlaps(hit, found):
                if kind != PLATE or any(letter.isdigit() for letter in hit[0]):
                    found.append(Finding(kind, *hit.span()))
    return sorted(found, key=lambda finding: finding.start)


def _overlaps(hit: re.Match, found: list[Finding]) -> bool:
    return any(other.start < hit.end() and hit.start() < other.end for other in found)


def find_in_column(column: pa.Array | pa.ChunkedArray) -> tuple[np.ndarray, list[str]]:
    """Row numbers (ascending) of an Arrow string column that hold a finding, and the kind of the first one in each."""
    suspects = pc.match_substring_regex(column, _PREFILTER).fill_null(False)
    rows = np.flatnonzero(suspects.to_numpy(zero_copy_only=False))
    if not len(rows):
        return rows, []
    hits = [(row, found[0].kind) for row, text in zip(rows, column.take(pa.array(rows)).to_pylist(), strict=True) if (found := find(text))]
    return np.array([row for row, _ in hits], dtype=np.int64), [kind for _, kind in hits]


_NARROW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20, 0x00A0: 0x20, 0x2014: 0x2D, 0x2013: 0x2D}


def _narrow(text: str) -> str:
    """Full-width forms as ASCII, letters upper case; one character stays one character, so positions stay right."""
    return "".join(upper if len(upper := letter.upper()) == 1 else letter for letter in text.translate(_NARROW))


def _is_id_card(number: str) -> bool:
    digits = re.sub(r"[^0-9Xx]", "", number).upper()
    month, day = int(digits[10:12]), int(digits[12:14])
    if digits[6:8] not in ("18", "19", "20") or not (1 <= month <= 12 and 1 <= day <= 31):
        return False
    return _CHECK[sum(int(digit) * weight for digit, weight in zip(digits, _WEIGHTS, strict=False)) % 11] == digits[17]
