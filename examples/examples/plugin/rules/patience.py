# Broken: it never ends.
while total >= 0:
    pass

None
