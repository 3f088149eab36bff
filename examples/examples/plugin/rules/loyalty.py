# Broken: nobody has visited before the first visit.
def spent_each_time():
    return total / visits


each = spent_each_time()
{"amount": 2, "reason": "welcome back"} if each < 10 else None
