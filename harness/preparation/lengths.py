"""How long the real sets' sequences are, so that a run can be priced before its data is there.

Mean tokens of a training sequence as the model reads it (released vocabulary, special tokens counted, cut at 512), and
over how many rows it was taken: of some sets only a fragment was at hand.
"""

from __future__ import annotations

from typing import NamedTuple


class Length(NamedTuple):
    tokens: float  # mean of a sequence
    rows: int  # it was measured on
    sequences: int = 1  # an example


LENGTHS = {
    "mnli": Length(38.8, 480),
    "snli": Length(26.8, 1_254),  # test rows
    "scitail": Length(36.8, 4),
    "qnli": Length(52.0, 5_463),  # validation rows
    "rte": Length(71.1, 2_490),
    "race": Length(299.5, 1_534, 4),
    "story_cloze": Length(43.3, 7, 2),  # invented rows
    "cola": Length(11.1, 8_551),
    "sst2": Length(12.5, 6_123),
    "mrpc": Length(52.6, 3_668, 2),
    "stsb": Length(27.9, 5_749, 2),
    "qqp": Length(30.6, 6_000, 2),
    "wnli": Length(35.9, 635),
}
