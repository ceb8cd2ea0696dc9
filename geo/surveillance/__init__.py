"""R4: the register of surveillance points. Built towards State Council Decree 799 (in force 2025-04-01), not assessed."""
