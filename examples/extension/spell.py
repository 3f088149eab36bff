"""Uses the extension module like any other."""

import sys
from concurrent.futures import ThreadPoolExecutor

import fuzzy

words = fuzzy.Dictionary(["python", "rust", "cargo", "import"])
words.add("module")

assert fuzzy.distance("rust", "trust") == 1
assert words.corrections("pyton", limit=1) == ["python"]
assert len(words) == 5 and "cargo" in words and words.asked == 1

try:
    words.add("")
except RuntimeError as error:
    assert str(error) == "expected a word, found an empty string"

# One dictionary a thread: what changes is used by one at a time.
with ThreadPoolExecutor() as pool:
    found = pool.map(lambda word: fuzzy.Dictionary(["cargo"]).corrections(word), ["crago", "cogar"])
    assert list(found) == [["cargo"], ["cargo"]]

gil = getattr(sys, "_is_gil_enabled", lambda: True)()
print("Python", sys.version.split()[0], "with the GIL" if gil else "without the GIL", fuzzy.__file__)
