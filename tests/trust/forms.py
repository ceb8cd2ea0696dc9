"""The forms of a page, as a browser would fill them in and send them."""
import io
from dataclasses import dataclass, field
from datetime import date
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

VOID = {"input"}
TEXT = {"text", "textarea", "search", "email", "tel", "url", ""}


@dataclass
class Field:
    name: str
    type: str
    value: str = ""
    is_needed: bool = False
    is_checked: bool = False
    longest: int = 0
    options: list[str] = field(default_factory=list)
    least: str = ""


@dataclass
class Form:
    """`kind`: the same form of two objects is one kind; what a hidden field or a button says makes another one."""

    action: str
    fields: list[Field]
    page: str

    @property
    def kind(self) -> tuple:
        said = tuple(sorted((each.name, each.value) for each in self.fields if each.type in {"hidden", "submit"} and len(each.value) < 20
                            and each.name not in {"seen", "version", "csrfmiddlewaretoken", "pk", "run", "token", "last"}))  # fmt: skip
        path = "/".join(part if not part.isdigit() else "0" for part in urlsplit(self.action).path.split("/"))
        return path if len(path) < 80 else path[:80], tuple(sorted({each.name for each in self.fields})), said

    @property
    def texts(self) -> list[Field]:
        return [each for each in self.fields if each.type in TEXT and each.name]

    @property
    def files(self) -> list[Field]:
        return [each for each in self.fields if each.type == "file"]

    def filled(self, **changed) -> dict:
        found: dict[str, object] = {}
        for each in self.fields:
            if each.name and each.name != "csrfmiddlewaretoken" and (value := _value(each, found)) is not None:
                found[each.name] = value
        return found | changed


def picture(name: str = "a.jpg", **info) -> SimpleUploadedFile:
    held = io.BytesIO()
    Image.new("RGB", (64, 48), (90, 120, 60)).save(held, "JPEG", **info)
    return SimpleUploadedFile(name, held.getvalue(), "image/jpeg")


def _value(one: Field, found: dict) -> object:
    match one.type:
        case "submit" | "button" | "image":
            return one.value if one.value and one.name not in found else None
        case "checkbox" | "radio":
            is_first = one.type == "radio" and one.name not in found
            return one.value or "on" if one.is_checked or is_first or one.is_needed else None
        case "select":
            return one.value or next((each for each in one.options if each), "")
        case "file":
            return None
        case "number":
            return one.value or one.least or "1"
        case "date":
            return one.value or date.today().isoformat()
        case "datetime-local":
            return one.value or f"{date.today().isoformat()}T09:00"
        case "month":
            return one.value or f"{date.today():%Y-%m}"
        case "hidden":
            return one.value
    return one.value or ("示例文字" if one.is_needed or one.type == "textarea" else "")


class _Reader(HTMLParser):
    def __init__(self, page: str):
        super().__init__()
        self.page, self.forms, self.open, self.by_id = page, [], None, {}
        self.loose: list[tuple[str, Field]] = []
        self.text: Field | None = None
        self.select: Field | None = None

    def handle_starttag(self, tag, pairs):
        told = {name: value or "" for name, value in pairs}
        if tag == "form":
            self.open = Form(urljoin(self.page, told.get("action", "") or self.page), [], self.page)
            if told.get("method", "").lower() == "post":
                self.forms.append(self.open)
            self.by_id[told.get("id", "")] = self.open
        elif tag in {"input", "textarea", "select", "button"}:
            if "disabled" in told:
                return
            kind = tag if tag in {"textarea", "select"} else told.get("type", "text" if tag == "input" else "submit").lower()
            found = Field(told.get("name", ""), kind, told.get("value", ""), "required" in told, "checked" in told,
                          int(told["maxlength"]) if told.get("maxlength", "").isdigit() else 0, [], told.get("min", ""))  # fmt: skip
            if "form" in told:
                self.loose.append((told["form"], found))
            elif self.open:
                self.open.fields.append(found)
            self.text = found if tag == "textarea" else None
            self.select = found if tag == "select" else None
        elif tag == "option" and self.select:
            self.select.options.append(told.get("value", ""))
            if "selected" in told:
                self.select.value = told.get("value", "")

    def handle_data(self, data):
        if self.text is not None:
            self.text.value += data

    def handle_endtag(self, tag):
        if tag == "form":
            self.open = None
        elif tag == "textarea":
            self.text = None
        elif tag == "select":
            self.select = None


def forms_in(text: str, page: str) -> list[Form]:
    """Forms that are sent by POST."""
    reader = _Reader(page)
    reader.feed(text)
    for name, found in reader.loose:
        if name in reader.by_id:
            reader.by_id[name].fields.append(found)
    return [each for each in reader.forms if not urlsplit(each.action).netloc and "/account/logout" not in each.action]
