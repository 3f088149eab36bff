"""Guesses the language of a text by its groups of three letters."""

import collections
import math
import threading


def groups(text):
    """The text's groups of three letters, spaces included."""
    letters = "".join(char if char.isalpha() else " " for char in text.lower())
    padded = f" {' '.join(letters.split())} "
    return [padded[i : i + 3] for i in range(len(padded) - 2)]


class Model:
    def __init__(self, samples):
        self.counts = collections.defaultdict(collections.Counter)
        for line in samples.splitlines():
            language, _, text = line.partition(": ")
            if text:
                self.counts[language].update(groups(text))
        if not self.counts:
            raise ValueError("no samples to learn from")
        self.known = len(set().union(*self.counts.values()))
        self.totals = {language: sum(count.values()) for language, count in self.counts.items()}
        self.lock = threading.Lock()
        self._guesses = 0

    @property
    def languages(self):
        return sorted(self.counts)

    @property
    def guesses(self):
        return self._guesses

    def guess(self, text, most=3):
        scores = {language: self.score(language, text) for language in self.counts}
        best = max(scores.values())
        weights = {language: math.exp(score - best) for language, score in scores.items()}
        whole = sum(weights.values())
        with self.lock:  # for the sake of builds without the GIL
            self._guesses += 1
        ranking = sorted(weights.items(), key=lambda item: -item[1])
        return [(language, weight / whole) for language, weight in ranking[:most]]

    def score(self, language, text):
        """The logarithm of how likely the text is in a language; a group never seen counts half."""
        counts, total = self.counts[language], self.totals[language] + self.known / 2
        return sum(math.log((counts[group] + 0.5) / total) for group in groups(text))
