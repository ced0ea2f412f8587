"""Short texts of many facts, and the same facts told otherwise: what a faithful generator would answer."""

from __future__ import annotations

import random
import re

PLACES = "Verrin Osk Talmar Quill Hestra Brond Ylva Corvin Maldon Pryde Sunder Wick Aldane Torvig Nessel Harrow".split()
BUILDERS = "Ilse Marten Oda Priya Tomas Ruth Wendel Yusuf Clara Bruno Sofia Emil Nadia Viktor Greta Pavel".split()
STONES = "granite sandstone limestone basalt slate marble brick concrete".split()
USES = "a lighthouse,a granary,a water tower,a school,a chapel,a signal post,a museum,a mill".split(",")


def text(n: int) -> str:
    """The n-th tower's page: ten sentences, no two pages alike."""
    rng = random.Random(n)
    place, builder = PLACES[n % 16], BUILDERS[n // 16 % 16]
    year, height, floors = rng.randint(1620, 1950), rng.randint(18, 97), rng.randint(3, 19)
    return (
        f"The tower of {place} was designed by {builder} {rng.choice(PLACES)} and completed in {year}. "
        f"Its walls are made of {rng.choice(STONES)} and reach a height of {height} metres. "
        f"Inside there are {floors} floors, joined by a staircase of {floors * 21} steps. "
        f"For {rng.randint(20, 90)} years the building served as {rng.choice(USES)}. "
        f"A storm damaged the roof in {year + rng.randint(21, 50)}, and copper sheets replaced the old tiles. "
        f"The bell weighs {rng.randint(300, 2900)} kilograms and rings twice a day. "
        f"Visitors pay {rng.randint(2, 14)} euros for the climb, and children enter without a fee. "
        f"In clear weather one sees the harbour of {rng.choice(PLACES)}, {rng.randint(11, 60)} kilometres away. "
        f"Swifts nest under the cornice from May until August, so the upper gallery stays shut then. "
        f"The archive on the second floor keeps {rng.randint(900, 8000)} maps and a few letters."
    )


_RETOLD = [
    (r"The tower of (\w+) was designed by (\w+ \w+) and completed in (\d+)\.", r"\2 designed the \1 tower, completed in \3."),
    (r"Its walls are made of (\w+) and reach a height of (\d+) metres\.", r"The \1 walls are \2 metres high."),
    (r"Inside there are (\d+) floors, joined by a staircase of (\d+) steps\.", r"A staircase of \2 steps joins \1 floors."),
    (r"The bell weighs (\d+) kilograms and rings twice a day\.", r"Twice a day a bell of \1 kilograms rings."),
    (r"The archive on the second floor keeps (\d+) maps and a few letters\.", r"\1 maps lie in the archive, on the second floor."),
]  # fmt: skip


def retold(page: str) -> str:
    """Facts of a page in other words, one a line."""
    found = (re.search(pattern, page) for pattern, _ in _RETOLD)
    return "\n".join(one.expand(form) for one, (_, form) in zip(found, _RETOLD, strict=True) if one)


def lied(page: str) -> str:
    """The same with a year that the page does not have."""
    return re.sub(r"completed in \d+", "completed in 1111", retold(page))
