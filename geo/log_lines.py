"""One event, one line: what somebody typed cannot begin a line of its own in the log."""
import logging


class OneLine(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return "\\n".join(super().format(record).splitlines())
