"""R23: assessment of a project at a site: checklist in four parts, meetings, decision by another person, notice to the public.

`checklist` reads a version of the standard, `work` does and says who may, `notices` tells the public, `pages` shows; `public_views`
read only what was published.
"""
