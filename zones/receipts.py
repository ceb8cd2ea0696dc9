"""Receipts of the public doors: a number to name a thing by, and a secret code that opens its status page.

Both follow from the form's own token, so that a form sent twice gets the receipt that it has; the database keeps a digest of the code.
"""
import unicodedata
from dataclasses import dataclass

from django.utils.crypto import constant_time_compare, salted_hmac

from zones.models import Appeal, Feedback, ReinspectionRequest, RightOfReply
from zones.models.supervision import Received

# Without signs that are taken for one another; 31 of them, so ten places are 49 bits.
SIGNS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
DOORS: dict[str, type[Received]] = {
    "feedback": Feedback, "appeal": Appeal, "reply": RightOfReply, "reinspection": ReinspectionRequest,
}  # fmt: skip
LETTERS = {"feedback": "F", "appeal": "S", "reply": "H", "reinspection": "C"}


@dataclass(frozen=True)
class Receipt:
    number: str
    code: str

    @property
    def code_hash(self) -> str:
        return hashed(self.number, self.code)


def of_form(door: str, day: str, nonce: str) -> Receipt:
    """The receipt of a form; `day` is that of the form's token, like 261128."""
    number = f"{LETTERS[door]}{day}-{signs('zones.receipts.number', nonce, 6)}"
    return Receipt(number, grouped(signs("zones.receipts.code", nonce, 10)))


def signs(salt: str, value: str, length: int) -> str:
    """Signs that only this installation can compute from the value."""
    rest, found = int.from_bytes(salted_hmac(salt, value, algorithm="sha256").digest()), ""
    for _place in range(length):
        rest, index = divmod(rest, len(SIGNS))
        found += SIGNS[index]
    return found


def grouped(code: str) -> str:
    return f"{code[:5]}-{code[5:]}"


def hashed(number: str, code: str) -> str:
    return salted_hmac("zones.receipts", f"{number}:{plain(code)}", algorithm="sha256").hexdigest()


def is_hash_of(kept: str, number: str, code: str) -> bool:
    return constant_time_compare(kept, hashed(number, code))


def plain(typed: str) -> str:
    """A number or code as it is compared: full-width signs, small letters, spaces and hyphens do not matter."""
    return "".join(sign for sign in unicodedata.normalize("NFKC", typed).upper() if sign.isalnum())


def find(number: str, code: str) -> Received | None:
    """What the pair opens. A wrong code and an unknown number give the same answer after the same work."""
    asked = plain(number)
    told = f"{asked[:7]}-{asked[7:]}"
    door = next((door for door, letter in LETTERS.items() if asked.startswith(letter)), "feedback")
    row = DOORS[door].objects.everywhere("opened by its own code").filter(receipt=told[:20].replace("\x00", "")).first()
    opens = is_hash_of(row.code_hash if row else "0" * 64, told, code)
    return row if row and opens else None
