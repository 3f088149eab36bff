# The share of each part in the whole.
total = sum(parts)

def share(part):
    return part / total

[share(part) for part in parts]
