"""R13: did last years' demonstration zones work. The engine is zones/effect; here are its data, pages and words.

gathering.py  what is counted: zones, comparable zones, rings, month by month
judging.py    from what was counted to the answer; pure
studies.py    the verb that asks for a study, and who may
words.py      every code in plain words
pages.py      what the pages show; files.py the same as XLSX
"""
