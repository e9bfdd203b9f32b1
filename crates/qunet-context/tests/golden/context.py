"""Writes context.json: python tests/golden/context.py > tests/golden/context.json (NumPy, SciPy).

Nine slices of 20 x 24 pixels: a disc of class 1 that moves and a cross of it, a disc of class 2
that slices 0, 4 and 8 lack, and specks on slices that nobody drew; and an oval alone that moves
farther from drawn slice to drawn slice than it is long. Slices 1, 4 and 7 are drawn."""
import json

import numpy as np
import scipy
from scipy.ndimage import binary_dilation, center_of_mass, distance_transform_edt, label, shift

FAR, DRAWN = 20, [1, 4, 7]
Z, Y, X = np.indices((9, 20, 24))
DISCS = np.zeros(Z.shape, np.uint8)
DISCS[(Y - 8) ** 2 + (X - 9 - Z) ** 2 < Z * (8 - Z)] = 1
DISCS[((Y - 2) ** 2 + (X - 20) ** 2 < 2) & (Z != 5)] = 1
DISCS[((Y - 15) ** 2 + (X - 5) ** 2 < 5 + Z) & (Z % 4 != 0)] = 2
OVAL = ((Y - 4 - Z) ** 2 + (X - 4 - 2 * Z) ** 2 * 2 < 10 + Z).astype(np.uint8)
SPECKS = DISCS.copy()
SPECKED = (7 * (X // 3) + 13 * (Y // 2) + 29 * Z) % 61 < 2
SPECKS[SPECKED] = (1 + Y // 2 % 2)[SPECKED]
SPECKS[DRAWN] = DISCS[DRAWN]
MAPS = ((37 * X + 11 * Y + 101 * Z + X * Y * (Z % 4)) % 256 / 256).astype(np.float32)
LEFT = [z for z in range(len(Z)) if z not in DRAWN]


def signed(mask, pixel):
    if not mask.any():
        return np.full(mask.shape, -FAR, np.float32)
    both = distance_transform_edt(mask, pixel) - distance_transform_edt(~mask, pixel)
    return (both / np.sqrt(np.prod(pixel))).astype(np.float32)


def sides(z, c, pixel):
    """Signed distances on the drawn slices on both sides of z, left out; share of the way."""
    others = [d for d in DRAWN if d != z]
    before, after = [d for d in others if d < z], [d for d in others if d > z]
    a, b = (before or after)[-1 if before else 0], (after or before)[0 if after else -1]
    share = (z - a) / (b - a) if a != b else 0.0
    return signed(DISCS[a] == c, pixel), signed(DISCS[b] == c, pixel), share


def filled(pixel):
    result = DISCS.copy()
    for z in LEFT:
        scores = [np.zeros(Z.shape[1:], np.float32)]  # background wins unless a class is above 0
        for c in (1, 2):
            a, b, t = sides(z, c, pixel)
            scores.append((1 - t) * a + t * b)
        result[z] = np.argmax(scores, axis=0)
    return result


def prior(z, c):
    a, b, t = sides(z, c, (1, 1))
    a, b = np.clip(a, -FAR, FAR), np.clip(b, -FAR, FAR)
    return [thin(p) for p in ((1 - t) * a + t * b, np.maximum(a, b), a if t <= 0.5 else b)]


def followed(z):
    """The oval on slice z and its prior, from drawn slices moved by 64ths of a pixel."""
    others = [d for d in DRAWN if d != z]
    before, after = [d for d in others if d < z], [d for d in others if d > z]
    a, b = (before or after)[-1 if before else 0], (after or before)[0 if after else -1]
    share = (z - a) / (b - a) if a != b else 0.0
    way = np.subtract(center_of_mass(OVAL[b]), center_of_mass(OVAL[a]))
    a, b = (
        shift(signed(OVAL[d] == 1, (1, 1)), np.round(part * 64) / 64, order=1, mode="nearest")
        for d, part in ((a, share * way), (b, (share - 1) * way))
    )
    maps = (1 - share) * a + share * b, np.maximum(a, b), a if share <= 0.5 else b
    filled = OVAL[z] if z in DRAWN else maps[0] > 0
    return {"slice": z, "labels": digits([filled.astype(int)])[0], "maps": [thin(m) for m in maps]}


def without_spots(quantile):
    result, removed = SPECKS.copy(), 0
    for c in (1, 2):
        areas = [n for d in DRAWN for n in np.bincount(label(DISCS[d] == c)[0].ravel())[1:]]
        for z in LEFT:
            beside = [SPECKS[n] == c for n in (z - 1, z + 1) if 0 <= n < len(Z)]
            near = binary_dilation(np.any(beside, axis=0), iterations=2)
            parts, count = label(SPECKS[z] == c)
            for part in (parts == k for k in range(1, count + 1)):
                if part.sum() < np.quantile(areas, quantile) and not (part & near).any():
                    result[z][part] = 0
                    removed += 1
    return {"quantile": quantile, "spots": removed, "labels": digits(result)}


def smoothed():
    result = MAPS.copy()
    for z in LEFT:
        result[z] = (MAPS[max(z - 1, 0)] + 2 * MAPS[z] + MAPS[min(z + 1, len(Z) - 1)]) / 4
    return [thin(p) for p in result]


def thin(plane):
    return [float(v) for v in plane[::4, ::4].ravel()]


def digits(labels):
    return ["".join(map(str, plane.ravel())) for plane in labels]


SQUARE, OBLONG = (1.0, 1.0), (0.8, 1.8)
flat = MAPS.astype(float).reshape(len(Z), -1)
pairs = [np.corrcoef(a, b)[0, 1] for a, b in zip(flat, flat[1:])]
print(json.dumps({
    "numpy": np.__version__, "scipy": scipy.__version__,
    "distances": [{"pixel": p, "signed": thin(signed(DISCS[4] == 1, p))}
                  for p in (SQUARE, OBLONG)],
    "filled": [{"pixel": p, "labels": digits(filled(p))} for p in (SQUARE, OBLONG)],
    "priors": [{"slice": z, "class": c, "maps": prior(z, c)}
               for z in (0, 2, 3, 4, 7) for c in (1, 2)],
    "followed": [followed(z) for z in range(len(Z))],
    "spots": [without_spots(q) for q in (0.25, 0.75)],
    "smoothed": smoothed(),
    "correlation": float(np.median(pairs)),
}))
