"""Writes elbow.json beside itself: sorted values and the elbow of their curve by kneed 0.9.0.

    pip install kneed==0.9.0 && python elbow.py

Curves are smooth and bent to one side, concave or convex, so that their distance from the diagonal
has one maximum: of several, kneed takes one of the later ones, ours the farthest.
"""

import json
import pathlib

import numpy as np
from kneed import KneeLocator

curves = {"concave": [], "convex": []}
for seed in range(40):
    rng = np.random.default_rng(seed)
    ranks = np.arange(rng.integers(6, 40))
    power = rng.uniform(2, 8)
    curve = ("concave", "convex")[seed % 2]
    values = (ranks / ranks[-1]) ** (1 / power if curve == "concave" else power)
    values = np.round(rng.uniform(0, 0.3) + rng.uniform(0.2, 0.7) * values, 6)
    found = KneeLocator(ranks, values, S=1.0, curve=curve, direction="increasing")
    if len(found.all_knees) == 1:
        case = {"curve": curve, "elbow": int(found.knee), "values": values.tolist()}
        curves[curve].append(case)

kept = curves["concave"][:15] + curves["convex"][:15]
path = pathlib.Path(__file__).with_name("elbow.json")
path.write_text("[\n" + ",\n".join(json.dumps(case) for case in kept) + "\n]\n")
