"""Where to put posts, kiosks, checkpoints and cameras: coverage and distance to demand, to a proven optimum. Pure: numpy, scipy, HiGHS.

problem.py      what is asked and what is answered, reasons as codes with numbers
reduction.py    fewer demands and candidates, same optimum
bounding.py     quick plans, and bounds that rule candidates out
solver.py       HiGHS through scipy.optimize.milp
coverage.py     most demand with so many sites or so much money, once or twice
covering.py     least money for all demand, or a share of it
median.py       least walking
explaining.py   what each site is good for, ties, why nothing fits
sectors.py      what a camera sees
"""
