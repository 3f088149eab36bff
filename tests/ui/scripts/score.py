sum(prices) / len(prices)
