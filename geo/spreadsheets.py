"""Text that no spreadsheet takes for a formula, and the way back. Pure; whole Arrow columns at a time.

`unprotect(protect(text)) == text` for every text: an apostrophe is put before whatever begins like a formula, also where it
has apostrophes before it already, and one apostrophe is taken away again. True numbers stay numbers.
"""
import pyarrow as pa
import pyarrow.compute as pc

SIGNS = r"[=+\-@\t\r\n＝＋－＠]"
_BEGINS = rf"^'*{SIGNS}"
_QUOTED = rf"^'+{SIGNS}"
_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"


def protect(column: pa.Array) -> pa.Array:
    suspicious = pc.match_substring_regex(column, _BEGINS).fill_null(False)
    if not pc.any(suspicious).as_py():
        return column
    harmful = pc.and_not(suspicious, pc.match_substring_regex(column, _NUMBER).fill_null(False))
    return pc.if_else(harmful, pc.binary_join_element_wise("'", column, ""), column)


def unprotect(column: pa.Array) -> pa.Array:
    if not pc.any(pc.starts_with(column, "'").fill_null(False)).as_py():
        return column
    return pc.if_else(pc.match_substring_regex(column, _QUOTED).fill_null(False), pc.utf8_slice_codeunits(column, 1), column)
