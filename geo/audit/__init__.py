"""The audit (promise 24, built towards, not assessed): one chain over the append-only tables, written by one writer in batches.

    sources.py      which tables there are, and what a row says in short; each app declares its own in audit_sources.py
    chain.py        pure: the text that is hashed, and the hash
    writer.py       what is new goes behind the last entry; a day that is over is closed
    heads.py        the head of each day as a signed file outside the database
    verifying.py    finds an edit, a removal, another order, something put into the past, a tail cut off
    retention.py    days whose time is over, without breaking the chain
    reading.py      the auditor's list; who looked at what of mine
"""
