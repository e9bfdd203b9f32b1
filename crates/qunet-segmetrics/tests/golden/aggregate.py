"""Writes aggregate.json: python tests/golden/aggregate.py > tests/golden/aggregate.json (NumPy, SciPy)."""
import json
import numpy as np
import scipy
from scipy import stats

rng = np.random.default_rng(20261124)

def signed_ranks():
    cases = []
    for n in [1, 2, 5, 9, 20, 50, 51, 80]:
        for kind in ["free", "tied", "zeros"]:
            d = rng.normal(0.3, 1.0, n)
            if kind != "free":
                d = np.round(d * 2) / 2
            if kind == "tied":
                d[d == 0] = 0.5
            if kind == "free":
                d = np.round(d, 9)
            if not np.any(d):
                continue
            case = {"differences": d.tolist()}
            for ours, theirs in [("leave_out", "wilcox"), ("rank", "pratt")]:
                nonzero = np.count_nonzero(d)
                free = len(set(abs(d[d != 0]))) == nonzero and nonzero == n
                method = "exact" if free and n <= 50 else "asymptotic"
                with np.errstate(all="ignore"):
                    r = stats.wilcoxon(d, zero_method=theirs, method=method, correction=False)
                case[ours] = {"statistic": float(r.statistic), "p_value": float(r.pvalue)}
                for alternative in ["two-sided", "greater", "less"]:
                    for correction in [False, True]:
                        with np.errstate(all="ignore"):
                            r = stats.wilcoxon(d, zero_method=theirs, method=method, correction=correction,
                                               alternative=alternative)
                        case[ours].setdefault("p_values", []).append(float(r.pvalue))
            cases.append(case)
    return cases

def bootstraps():
    cases = []
    for n, draw in [(12, rng.beta(8, 2, 12)), (60, rng.exponential(1.0, 60)), (200, rng.normal(0, 1, 200))]:
        values = np.round(draw, 6)
        case = {"values": values.tolist(), "mean": float(values.mean())}
        for name, method in [("percentile", "percentile"), ("bca", "BCa")]:
            r = stats.bootstrap((values,), np.mean, n_resamples=200_000, batch=10_000, method=method,
                                confidence_level=0.95, rng=np.random.default_rng(7))
            case[name] = [float(r.confidence_interval.low), float(r.confidence_interval.high)]
        cases.append(case)
    return cases

def clusters():
    """Volumes drawn with their slices: the mean over slices is a ratio of two sums over the drawn volumes."""
    cases = []
    for volumes, most in [(6, 12), (25, 40)]:
        sizes = rng.integers(1, most, volumes)
        slices = [np.round(rng.beta(6, 2) * rng.beta(9, 1, n), 6) for n in sizes]
        sums = np.array([s.sum() for s in slices])
        mean = lambda drawn, axis=-1: sums[drawn].sum(axis) / sizes[drawn].sum(axis)
        case = {"volumes": [s.tolist() for s in slices], "mean": float(np.concatenate(slices).mean())}
        for name, method in [("percentile", "percentile"), ("bca", "BCa")]:
            r = stats.bootstrap((np.arange(volumes),), mean, n_resamples=200_000, batch=10_000, method=method,
                                vectorized=True, rng=np.random.default_rng(7))
            case[name] = [float(r.confidence_interval.low), float(r.confidence_interval.high)]
        cases.append(case)
    return cases

print(json.dumps({"numpy": np.__version__, "scipy": scipy.__version__,
                  "signed_rank": signed_ranks(), "bootstrap": bootstraps(), "clusters": clusters()}, indent=1))
