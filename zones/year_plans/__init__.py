"""R13: a year's demonstration zones, from criteria to result. The reckoning itself is zones.planning; here are its data, pages and jobs."""
