# Broken: the amount is a text.
import re

text = "5.00 off for everybody"
amount, reason = re.match(r"(\S+) (.*)", text).groups()

{"amount": amount, "reason": reason}
