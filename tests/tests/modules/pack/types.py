NAME = "not the standard one"
