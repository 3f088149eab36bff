# Five percent off what goes beyond 100.
if total > 100:
    discount = {"amount": (total - 100) * 0.05, "reason": "a large order"}
else:
    discount = None

discount
