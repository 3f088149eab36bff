while spin:
    pass

7
