"""What the engine of planning has to say: a code with numbers. Pages put it into words."""
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Finding:
    """Worth saying beside a result, which stands all the same."""

    code: str
    numbers: dict = field(default_factory=dict)


class Unfit(ValueError):
    """The input cannot be worked with; `code` says why and `numbers` where."""

    def __init__(self, code: str, **numbers):
        super().__init__(f"{code} {numbers}")
        self.code = code
        self.numbers = numbers
