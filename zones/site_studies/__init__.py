"""R3, R4: studies of where police rooms, kiosks, checkpoints and surveillance points go next, on the engine in zones/siting.

questions.py    what a study asks, frozen for a run
hand.py         what people type as their own candidates
ground.py       what the registers hold: demand, what stands, candidates, places that are forbidden
reckoning.py    from a question to the documented result
runs.py         the verbs: ask, cancel, plan a site
jobs.py         a run in the worker
words.py        every code as words
forms.py, pages.py, files.py, views.py, urls.py
"""
