"""Lists of a layer's objects: filters, columns and order follow from the declaration; no layer has code of its own."""
