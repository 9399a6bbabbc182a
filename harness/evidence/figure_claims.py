"""What the paper claims in its Figure 2: each layer helps, zero-shot scores rise, the LSTM's vary more."""

from __future__ import annotations

import math
import statistics as means
from collections.abc import Sequence
from itertools import pairwise

from scipy import stats

from harness.evidence.analysis import p_text
from harness.evidence.claim import FAILS, HOLDS, NOT_MEASURED, PARTLY, UNDECIDED, Claim, Points, together, verdict_of
from harness.tabular import paper

NORMAL = 1.96  # standard errors around chance in which nothing is shown, at 95 %
Curve = list[tuple[int, float, float, int]]  # updates, score, chance, n


def along(place: Sequence[float], scores: Sequence[float]) -> tuple[float, float]:
    """Kendall's tau and its p-value; 0 and 1 of fewer than three points or where all scores are alike."""
    if len(scores) < 3 or len(set(scores)) < 2:
        return 0.0, 1.0
    found = stats.kendalltau(place, scores)
    return float(found.statistic), float(found.pvalue)


def layers(left: Points) -> Claim:
    """Figure 2 left; its rows on training examples aside."""
    name, text = "layers", "Transferring the embeddings helps, and each further layer does"
    marks = paper.figure("left")
    published = "; ".join(
        f"{label} {marks[key]['0']} at 0 to {marks[key]['12']} at 12"
        for label, key in (("RACE", "race_dev"), ("MNLI", "mnli_m_dev"))
    )

    def said(verdict: str, measured: str) -> Claim:
        return Claim(name, text, "section 5, Figure 2 left", f"{published} (read off by eye)", verdict, measured)

    curves: dict[str, dict[int, float]] = {}
    rows: dict[str, int] = {}
    for row in left:
        if row["evaluation"] != "train":
            label = f"{row['task']} {row['evaluation']}"
            curves.setdefault(label, {})[row["transferred"]] = row["mean"]
            rows[label] = row["n"]
    if not any(len(curve) > 2 for curve in curves.values()):
        return said(NOT_MEASURED, "run 'python -m harness figure 2-left'")
    verdicts, told = [], []
    for label, curve in curves.items():
        places = sorted(curve)
        scores = [curve[place] for place in places]
        up = sum(after > before for before, after in pairwise(scores))
        tau, p = along(places, scores)
        far = apart(scores[0], scores[-1], rows[label])
        verdicts.append(verdict_of(tau, p, up == len(scores) - 1) if far else UNDECIDED)
        by_chance = f"{'more' if far else 'no more'} apart than {rows[label]} rows make by chance"
        told.append(
            f"{label} from {scores[0]:.1f} (nothing) to {scores[-1]:.1f} (all), {by_chance}, "
            f"{up} of {len(scores) - 1} steps up, tau {tau:.2f}, {p_text(p)}"
        )
    return said(together(verdicts), "; ".join(told))


def apart(one: float, other: float, n: int) -> bool:
    """Whether two shares of n rows, in percent, differ by more than NORMAL standard errors of their difference."""
    variance = sum(share / 100 * (1 - share / 100) / n for share in (one, other))
    return abs(one - other) > 100 * NORMAL * math.sqrt(variance)


def curves_of(right: Points, model: str) -> dict[str, Curve]:
    """A task -> (updates, score, chance, n) along pre-training."""
    found: dict[str, Curve] = {}
    for row in right:
        if row["model"] == model and row["updates"] is not None:
            place = found.setdefault(f"{row['task']} {row['evaluation']}", [])
            place.append((row["updates"], row["score"], row["chance"], row["n"]))
    return {name: sorted(points) for name, points in found.items()}


def beyond_chance(score: float, chance: float, n: int) -> bool:
    """Above what guessing gives by NORMAL standard errors: of a share, or of a correlation where chance is 0."""
    share = chance / 100
    error = math.sqrt(share * (1 - share) / n) if chance else 1 / math.sqrt(n)
    return score - chance > 100 * NORMAL * error


def zero_shot_rises(right: Points) -> Claim:
    marks = paper.figure("right")["transformer_last"]
    published = ", ".join(f"{name.replace('_', ' ')} {value:.2f}" for name, value in marks.items())

    def said(verdict: str, measured: str) -> Claim:
        text = "Zero-shot scores of the Transformer rise along pre-training"
        told = f"at the end, between chance (0) and the then best (1): {published} (read off by eye)"
        return Claim("zero-shot", text, "section 5, Figure 2 right", told, verdict, measured)

    curves = {name: points for name, points in curves_of(right, "gpt").items() if len(points) > 2}
    if not curves:
        return said(NOT_MEASURED, "run 'python -m harness figure 2-right' on a pre-training with checkpoints")
    verdicts, told = [], []
    for name, points in curves.items():
        tau, p = along([updates for updates, *_ in points], [score for _, score, _, _ in points])
        (_, first, _, _), (_, last, chance, n) = points[0], points[-1]
        above = beyond_chance(last, chance, n)
        verdicts.append(verdict_of(tau, p, above))
        end = "above chance" if above else "not above chance"
        told.append(f"{name} {first:.1f} to {last:.1f} ({end}, {chance:.0f}), tau {tau:.2f}, {p_text(p)}")
    return said(together(verdicts), "; ".join(told))


def lstm_varies(right: Points) -> Claim:
    def said(verdict: str, measured: str) -> Claim:
        text = "The LSTM's zero-shot scores vary more along pre-training"
        published = paper.figure("right")["lstm"]
        return Claim("variance", text, "section 5, Figure 2 right", published, verdict, measured)

    ours, theirs = curves_of(right, "gpt"), curves_of(right, "lstm")
    shared = [name for name in ours if len(ours[name]) > 3 and len(theirs.get(name, [])) > 3]
    if not shared:
        return said(NOT_MEASURED, "needs zero-shot scores along the pre-training of both, full and lstm")
    spreads = {name: (jumps(ours[name]), jumps(theirs[name])) for name in shared}
    more = sum(theirs > ours for ours, theirs in spreads.values())
    # as many tasks as there are, so a sign test could say little: all, some or none
    verdict = HOLDS if more == len(shared) else FAILS if more == 0 else PARTLY if more > len(shared) / 2 else UNDECIDED
    each = ", ".join(f"{name} {ours:.1f} against {theirs:.1f}" for name, (ours, theirs) in spreads.items())
    told = f"on {more} of {len(shared)}; standard deviation of a step between checkpoints, Transformer against LSTM"
    return said(verdict, f"{told}: {each}")


def jumps(points: Curve) -> float:
    """Sample standard deviation of the score's steps from one checkpoint to the next, so that a steady rise is none."""
    scores = [score for _, score, _, _ in points]
    return means.stdev(after - before for before, after in pairwise(scores))
