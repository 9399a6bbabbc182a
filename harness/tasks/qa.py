"""Question answering and commonsense reasoning, the paper's Table 3: RACE and Story Cloze, both multiple choice.

Both are scored on their public test splits, as in the paper. RACE is trained once, on both kinds of schools.
"""

from __future__ import annotations

from collections.abc import Iterable

from harness.tasks.base import (
    HIDDEN,
    ByRequest,
    Example,
    Files,
    Hub,
    Part,
    Row,
    Source,
    Task,
    answers,
    choose,
    label_index,
)

LETTERS = ("A", "B", "C", "D")
ENDINGS = ("1", "2")
FORM = "https://goo.gl/forms/aQz39sdDrO"


def race(split: str, config: str, n: int, folder: str) -> Source:
    name = split if config == "all" else f"{split}_{config}"
    return Source(name, n, Hub("ehovy/race", config, split), Files(f"RACE/{folder}"))


def question(row: Row) -> Example:
    """Document and question, with each of four answers in turn. Raises ValueError where there are not four."""
    options = row["options"]
    if not isinstance(options, list) or len(options) != len(LETTERS):
        raise ValueError(f"options {options!r}; expected a list of {len(LETTERS)}")
    return answers((row["article"], row["question"]), tuple(options), label_index(LETTERS, row, "answer"))


def training_rows() -> Iterable[int]:
    """The 1,497 of the validation file's rows on which the release trains; the other 374 are its validation split."""
    from sklearn.model_selection import train_test_split

    kept, _ = train_test_split(range(1_871), test_size=374, random_state=3535999445)
    return kept  # type: ignore[no-any-return]


def story_cloze(split: str, n: int, file: str, part: Part | None = None) -> Source:
    columns = {f"InputSentence{i}": f"input_sentence_{i}" for i in range(1, 5)}
    columns |= {f"RandomFifthSentenceQuiz{i}": f"sentence_quiz{i}" for i in range(1, 3)}
    columns |= {"AnswerRightEnding": "answer_right_ending"}
    how = f"Story Cloze is handed out by its authors: ask for the 2016 files with the form at {FORM}"
    return Source(split, n, ByRequest(how), Files(f"story_cloze/{file}", columns), part)


def story(row: Row) -> Example:
    """Four sentences, with each of two endings; labels count from 1. Raises ValueError where a sentence is empty."""
    if empty := [name for name in (f"input_sentence_{i}" for i in range(1, 5)) if not row[name].strip()]:
        raise ValueError(f"{empty[0]} is {row[empty[0]]!r:.40}, expected text")
    told = " ".join(row[f"input_sentence_{i}"] for i in range(1, 5))
    column = "answer_right_ending"
    ending = row[column] if row[column] is HIDDEN else str(row[column])
    label = label_index(ENDINGS, {column: ending}, column)
    return answers((told,), (row["sentence_quiz1"], row["sentence_quiz2"]), label)


TASKS = (
    Task(
        name="race",
        version=1,
        form=choose(),
        columns=("article", "question", "options", "answer"),
        example=question,
        train=race("train", "all", 87_866, "train"),
        evaluations={
            "middle": race("test", "middle", 1_436, "test/middle"),
            "high": race("test", "high", 3_498, "test/high"),
        },
        metrics=("acc",),
        beside={"validation": race("validation", "all", 4_887, "dev")},
    ),
    Task(
        name="story_cloze",
        version=1,
        form=choose(),
        columns=(
            *(f"input_sentence_{i}" for i in range(1, 5)),
            "sentence_quiz1",
            "sentence_quiz2",
            "answer_right_ending",
        ),
        example=story,
        train=story_cloze(
            "train",
            1_497,
            "cloze_test_val__spring2016 - cloze_test_ALL_val.csv",
            Part(1_871, training_rows),
        ),
        evaluations={
            "test": story_cloze("test", 1_871, "cloze_test_test__spring2016 - cloze_test_ALL_test.csv"),
        },
        metrics=("acc",),
    ),
)
