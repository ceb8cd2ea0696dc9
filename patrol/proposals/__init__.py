"""A week of patrols proposed from where presence is thin and incidents are many; nothing is in the roster until an officer accepts.

reading.py    incidents, presence and plan by beat and hour of the week
proposing.py  which shifts, which stops, why; pure
drafting.py   the verbs: draft, accept
words.py      every code in plain words
"""
