"""R14: bulletins: frozen figures → drafted words → checked, signed, published → DOCX and PDF.

`figures` gathers, `protection` hides small numbers, `words` drafts, `writing` does, `pages` shows. `pictures`, `docx` and `jobs`
make the files; they load what only a worker needs, so nothing that answers a request imports them.
"""
