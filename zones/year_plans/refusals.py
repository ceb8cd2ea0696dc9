from collections.abc import Mapping

from zones.register_words import RegisterRefused


class PlanRefused(RegisterRefused):
    """Why something is not done, in words for the person; `faults` by field where single fields are meant."""

    def __init__(self, text: str, faults: Mapping[str, str] | None = None):
        super().__init__(text)
        self.faults = dict(faults or {})
