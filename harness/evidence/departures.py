"""Where we depart from the paper, or take what it leaves open: each with the cells that it concerns.

`explain` names those of a cell; a test holds that results/README.md lists the same. P is the paper, R the code released
with it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

REAL, OWN = ("paper", "small"), ("small", "mini")  # profiles with real data; with language models of our own
REFERENCES = ("majority", "tfidf")  # which train no network
ZERO_SHOT = ("zero_shot",)  # no recipe of a table's row: the language models of Figure 2, right
NO_LM_LOSS, RANDOM_START = (*REFERENCES, "no_aux"), (*REFERENCES, "no_pretraining")


@dataclass(frozen=True)
class Departure:
    """where; theirs: what P or R has; here: what we take. An empty collection means all; but: recipes left out."""

    where: str
    theirs: str
    here: str
    measured_by: str = ""  # the recipe that measures what it is worth
    tasks: Collection[str] = ()
    recipes: Collection[str] = ()
    but: Collection[str] = REFERENCES
    profiles: Collection[str] = ()

    def concerns(self, tasks: Collection[str], recipe: str, profile: str) -> bool:
        return (
            (not self.tasks or not set(self.tasks).isdisjoint(tasks))
            and (not self.recipes or recipe in self.recipes)
            and recipe not in self.but
            and (not self.profiles or profile in self.profiles)
        )


DEPARTURES = (
    Departure(
        "checkpoint",
        "R scores the epoch that is best on a validation split of its own",
        "the last epoch: on a scored split the best one flatters",
        measured_by="`best_epoch`",
    ),
    Departure(
        "embedding dropout",
        "R drops elements of the matrix itself, at the input and in the softmax, one mask a batch",
        "on the sum of token and position vectors",
        measured_by="`matrix_dropout`",
        profiles=REAL,
    ),
    Departure(
        "LM softmax",
        "R: over vocabulary, special tokens and the position rows in the same matrix (as many as the longest sequence)",
        "over vocabulary and special tokens",
        measured_by="`position_softmax` (all n_ctx rows)",
        but=NO_LM_LOSS,
    ),
    Departure(
        "STS-B",
        "P silent; R keeps a label encoding over 0..5",
        "cross-entropy to the two neighbouring whole scores, the expected score predicted",
        measured_by="`squared_error`",
        tasks=("stsb",),
    ),
    Departure(
        "the auxiliary loss",
        "P: lm_coef 0.5",
        "the same; in `no_pretraining` too, of which P says nothing",
        measured_by="`no_aux`",
        but=NO_LM_LOSS,
    ),
    Departure(
        "scored split",
        "P: GLUE's hidden test set",
        "GLUE's validation, or the server's own answer in rows of its own; SNLI, SciTail, RACE and Story Cloze "
        "on their public test sets, as in the paper",
        but=(),
    ),
    Departure(
        "similarity (MRPC, QQP, STS-B)",
        "P: representations of both orders are added; silent on dropout",
        "the head's dropout comes after the sum",
        tasks=("mrpc", "qqp", "stsb"),
    ),
    Departure(
        "Story Cloze",
        "R trains on 1,497 of the 1,871 rows of the validation file, and chooses its epoch on the other 374",
        "the same 1,497 rows; the 374 are not used",
        tasks=("story_cloze",),
        but=(),
    ),
    Departure(
        "MRPC",
        "-",
        "the hub's text is tokenised, the files' is not; a record names its origin, and the two are never averaged",
        tasks=("mrpc",),
        profiles=REAL,
        but=(),
    ),
    Departure(
        "QQP",
        "-",
        "training rows that lack a field are dropped, as they were on the hub; an empty question is kept",
        tasks=("qqp",),
        profiles=REAL,
        but=(),
    ),
    Departure(
        "seeds",
        "P: one run",
        "three; in `paper` one of sets of 10,000 rows and more",
    ),
    Departure(
        "QNLI",
        "P: v1, 108,436 training rows",
        "v2: 104,743; v1 can no longer be had",
        tasks=("qnli",),
        profiles=REAL,
        but=(),
    ),
    Departure(
        "truncation",
        "R cuts each segment to n_ctx // 2 - 2 on the right; silent for three segments",
        "the same; of three, the first gives way; what was cut is counted in the record",
    ),
    Departure(
        "epochs",
        'P: "3 epochs ... sufficient for most cases"',
        "3 in `paper` and `small`; the mini profile's own",
    ),
    Departure(
        "clipping",
        "R clips fine-tuning at global norm 1; P silent for pre-training",
        "1 in both",
    ),
    Departure(
        "tokenizer",
        "R: spaCy of 2018",
        "spaCy's English rules of today; ids equal the described pipeline's on every text tried",
    ),
    Departure(
        "unknown characters",
        "R gives them id 0, the padding's too",
        "id 0; masks come from lengths, and the share of unknown pieces is in the record",
        profiles=REAL,
    ),
    Departure(
        "micro-batches",
        "none",
        "by token budget; losses and gradients are those of the whole batch, dropout's noise differs",
    ),
    Departure(
        "precision",
        "float32",
        "float32 on a CPU; bfloat16 products over float32 weights on CUDA (the LSTM layer float32)",
    ),
    Departure(
        "dropout's random bits",
        "-",
        "16 bits an element on a CPU: the rate is right to 1/65,536",
    ),
    Departure(
        "pre-training: dropout's noise",
        "-",
        "seeded by seed, update and process, so that a resumed training repeats it",
        but=RANDOM_START,
        profiles=OWN,
    ),
    Departure(
        "pre-training: text",
        "P: BooksCorpus, cleaned with ftfy, 100 epochs",
        "your text; documents follow each other with a newline between; 10^11 tokens stand for the 100 epochs",
        but=RANDOM_START,
        profiles=OWN,
    ),
    Departure(
        "pre-training: perplexity",
        "P: 18.4 a token, of which text is not said",
        "held-out documents, one in fifty by content, windows of n_ctx, each one's first token not scored",
        but=RANDOM_START,
        profiles=OWN,
    ),
    Departure(
        "LSTM",
        'P: one layer of 2048 units, "same framework"',
        "embeddings 768 wide, states projected back to them for the tied output; dropout on embedding and "
        "output; initial values in `baselines/lstm.py`",
        recipes=("lstm",),
    ),
    Departure(
        "LSTM's learning rates",
        "P silent",
        "the Transformer's",
        recipes=("lstm",),
    ),
    Departure(
        "layers transferred",
        "R tells nothing (-1), embeddings only (0) and k blocks apart; P does not define its 0",
        "as R, and every k; dev is the validation split, train at most 5,000 training rows at even distances",
        measured_by="`transfer_0` to `transfer_11`",
        tasks=("race", "mnli"),
    ),
    Departure(
        "zero-shot: CoLA",
        "P: mean token log-probability, thresholded",
        "the first token has none; the threshold has the best Matthews correlation on at most 2,000 training rows, at "
        "each checkpoint",
        recipes=ZERO_SHOT,
    ),
    Departure(
        "zero-shot: SST-2",
        'P: "very" appended, "positive" against "negative"',
        "a word of several pieces has their sum; how many each has is in the scores",
        recipes=ZERO_SHOT,
    ),
    Departure(
        "zero-shot: RACE, Winograd sets",
        "P: the highest mean token log-probability; silent on truncation and ties",
        "a context gives way on its left; ties are broken by a hash of the text, and counted",
        recipes=ZERO_SHOT,
    ),
    Departure(
        "zero-shot: DPR",
        "P: DPRD, its split not said",
        "the test split, or the training file where that is all there is; a pronoun that occurs twice is meant where "
        "it first follows both candidates",
        recipes=ZERO_SHOT,
    ),
    Departure(
        "released weights",
        "-",
        "refused where they give a plain English passage a perplexity above 200 a token",
        but=(*RANDOM_START, "lstm"),
        profiles=("paper",),
    ),
    Departure(
        "`small`, `mini`",
        "-",
        "sizes, learning rates and schedules are ours; the LSTM has about as many parameters as the Transformer",
        profiles=("small", "mini"),
    ),
)


def concerning(tasks: Collection[str], recipe: str, profile: str) -> list[Departure]:
    return [each for each in DEPARTURES if each.concerns(tasks, recipe, profile)]


def markdown() -> Iterator[str]:
    """The table of results/README.md, a line each."""
    yield "| where | P, R | here | measured by |"
    yield "|---|---|---|---|"
    for each in DEPARTURES:
        yield f"| {each.where} | {each.theirs} | {each.here} | {f'{each.measured_by} ' if each.measured_by else ''}|"
