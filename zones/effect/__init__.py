"""Did last years' zones work: matching, difference in differences, checks, displacement, and a plain verdict. Pure: numpy, scipy.

matching.py      comparable zones, and how comparable they are
differences.py   the effect with its interval, randomisation check, trends and placebos, the least effect that could be seen
displacement.py  what happened in the ring around
verdict.py       better, worse, no_difference_seen or cannot_be_told, with reasons as codes with numbers
"""
