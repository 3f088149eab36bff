# Broken: a colon is missing.
import datetime

if datetime.date.today().month == 12
    discount = {"amount": total * 0.1, "reason": "December"}
else:
    discount = None

discount
