# Ten of a kind: one of them is free.
free = [item for item in items if item["count"] >= 10]
amount = sum(item["price"] for item in free)

{"amount": amount, "reason": "ten of a kind"} if free else None
