"""What a model answered, a line an example, so that its score can be computed again without the model.

`predictions/<evaluation>.jsonl` beside the record, ignored by git:
{"key": "9f86d081884c7d65", "label": 1, "prediction": 0.0, "score": 0.75}
key: of the example's text, the same whichever model answered and wherever the rows came from. Those of hidden splits
have no label. score: the probability that the model gives to this answer; null where it answers with a number.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from harness.storage.files import write_atomic
from harness.storage.sealed import DamageError
from harness.tasks.base import Example


class Answered(NamedTuple):
    key: str
    label: float | None
    prediction: float
    score: float | None = None  # older files have none


def path_of(run: Path, evaluation: str) -> Path:
    return run / "predictions" / f"{evaluation}.jsonl"


def key_of(example: Example) -> str:
    """Sixteen hexadecimal digits of the SHA-256 of its sequences. Two examples of one text have one key."""
    return hashlib.sha256(json.dumps(example.sequences, ensure_ascii=False).encode()).hexdigest()[:16]


def save(
    run: Path,
    evaluation: str,
    examples: Sequence[Example],
    predictions: Sequence[float],
    scores: Sequence[float | None] | None = None,
) -> str:
    """Write those of one split, in its order, whole or not at all -> the file's sha256. Raises OSError."""
    scores = scores or [None] * len(examples)
    answered = (
        Answered(key_of(e), e.label, p, s if s is None else round(s, 6))
        for e, p, s in zip(examples, predictions, scores, strict=True)
    )
    content = "".join(f"{json.dumps(each._asdict())}\n" for each in answered).encode()
    write_atomic(path_of(run, evaluation), content)
    return hashlib.sha256(content).hexdigest()


def read(run: Path, evaluation: str) -> list[Answered]:
    """Raises FileNotFoundError where they were not kept, ValueError, naming file and line, for what is none, and
    DamageError where the record beside them was made with others.
    """
    path = path_of(run, evaluation)
    if not path.exists():
        raise FileNotFoundError(f"no predictions in {path}; they stay where the run was made, make it again there")
    if recorded(run, evaluation) not in (None, hashlib.sha256(path.read_bytes()).hexdigest()):
        raise DamageError(f"{path} is not what its record was made with; run the cell again")
    return list(parse(path))


def recorded(run: Path, evaluation: str) -> str | None:
    """The sha256 that a run's record has of a file; None from before it had any, or where there is no record."""
    try:
        found: str | None = json.loads((run / "record.json").read_text()).get("predictions", {}).get(evaluation)
    except (OSError, ValueError, AttributeError):
        return None
    return found


def parse(path: Path) -> Iterator[Answered]:
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        try:
            found = Answered(**json.loads(line))
            if not all(type(n) in (int, float) for n in (found.prediction, found.label or 0, found.score or 0)):
                raise TypeError("label, prediction and score are numbers")
        except (ValueError, TypeError, RecursionError) as error:
            raise ValueError(f"{path} line {number} is no prediction ({error!s:.300}); run the cell again") from error
        yield found


def in_lines(run: Path, evaluations: Iterable[str]) -> dict[str, dict[str, str]]:
    """Labels and predictions alone, each as one line of numbers: what an accepted record keeps of the run's files.

    Raises what `read` raises.
    """
    return {
        name: {
            "labels": line_of(line.label for line in lines if line.label is not None),
            "predictions": line_of(line.prediction for line in lines),
        }
        for name, lines in ((name, read(run, name)) for name in evaluations)
    }


def line_of(numbers: Iterable[float]) -> str:
    """ "0 1 2.25": six digits are more than a score shows."""
    return " ".join(f"{number:.6g}" for number in numbers)


def kept(answers: Mapping[str, Mapping[str, str]], run: Path, evaluation: str) -> list[Answered]:
    """From an accepted record's lines, which have no keys, or from the files in the run's folder.

    Raises what `read` raises, and ValueError where an accepted record has not as many labels as predictions.
    """
    if evaluation not in answers:
        return read(run, evaluation)
    labels, said = (
        [float(number) for number in answers[evaluation][name].split()] for name in ("labels", "predictions")
    )
    if len(labels) != len(said):
        raise ValueError(f"an accepted record has {len(labels)} labels and {len(said)} predictions; accept it again")
    return [Answered("", label, prediction) for label, prediction in zip(labels, said, strict=True)]
