"""The experiment's settings as values: recipes (what an ablation changes) and profiles (at which size it runs).

An ablation is the full recipe with one field replaced; a profile is the same code at another size. No torch here, so
that listing and keys cost nothing.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace


@dataclass(frozen=True)
class Recipe:
    """A row of the paper's Table 5, a point of its Figure 2 (left), or a choice that paper and released code leave open
    or decide differently.

    The four fields before `transferred` are such choices, at the value that is ours (`results/README.md`, departures).
    """

    model: str = "gpt"  # or "lstm", or one of CLASSICAL, for which only this field counts
    pretrained: bool = True
    lm_coef: float = 0.5  # the paper's lambda: L3 = L2 + lm_coef * L1
    embedding_dropout: str = "vectors"  # of the gathered vectors; "matrix": of the embedding matrix itself (release)
    lm_softmax: str = "vocabulary"  # and the special tokens; "positions": over the position rows too (release)
    epoch: str = "last"  # is scored; "best": the best on the scored split (release, on its validation split)
    score_loss: str = "shares"  # cross-entropy to the two neighbouring whole scores (release); "squared": the error's
    # of the pre-trained blocks so many are kept, and the embeddings; the rest starts at random. None: all; 0: none
    transferred: int | None = None
    summary: str = "pre-trained Transformer, fine-tuned with the auxiliary LM loss"

    @property
    def is_classical(self) -> bool:
        return self.model in CLASSICAL

    @property
    def settings(self) -> dict[str, object]:
        """What of it can change a number."""
        if self.is_classical:
            return {"model": self.model}
        found = {name: value for name, value in asdict(self).items() if name != "summary"}
        if self.transferred is None:
            del found["transferred"]  # keys of records from before there was this field stay as they were
        return found

    def require_fits(self, size: Size) -> None:
        """Raises ValueError for blocks to transfer that this size, or another model than the Transformer, has not."""
        if self.transferred is None:
            return
        if self.model != "gpt" or not self.pretrained:
            of = f"a pre-trained {self.model}" if self.pretrained else "a random start"
            raise ValueError(f"{self.transferred} blocks to transfer of {of}; only a pre-trained gpt has blocks")
        most = size.n_layer
        if not 0 <= self.transferred <= most:
            raise ValueError(f"{self.transferred} blocks to transfer of a model that has {most}; transfer 0 to {most}")


FULL = Recipe()
ABLATIONS = {  # Table 5
    "full": FULL,
    "no_pretraining": replace(FULL, pretrained=False, summary="the same network from a random start"),
    "no_aux": replace(FULL, lm_coef=0.0, summary="fine-tuned without the auxiliary LM loss"),
    "lstm": replace(FULL, model="lstm", summary="an LSTM pre-trained on the same text, in place of the Transformer"),
}
CHOICES = {  # to measure what a departure is worth
    "matrix_dropout": replace(FULL, embedding_dropout="matrix", summary="drops elements of the embedding matrix"),
    "position_softmax": replace(FULL, lm_softmax="positions", summary="position rows are classes of the LM's softmax"),
    "best_epoch": replace(FULL, epoch="best", summary="scores the epoch that is best on the scored split"),
    "squared_error": replace(FULL, score_loss="squared", summary="fits graded scores (STS-B) by squared error"),
}
BLOCKS = 12  # of the largest profile's Transformer
TRANSFERS = {  # Figure 2, left; nothing transferred is `no_pretraining`, everything `full`
    f"transfer_{n}": replace(
        FULL, transferred=n, summary=f"of the pre-trained Transformer the embeddings and the first {n} blocks"
    )
    for n in range(BLOCKS)
}
CLASSICAL = ("majority", "tfidf")  # no language models: what any learner must beat
REFERENCES = {
    "majority": Recipe("majority", pretrained=False, lm_coef=0.0, summary="the most frequent label, or the mean score"),
    "tfidf": Recipe("tfidf", pretrained=False, lm_coef=0.0, summary="TF-IDF with logistic or ridge regression"),
}
RECIPES = {**ABLATIONS, **CHOICES, **TRANSFERS, **REFERENCES}
LANGUAGE_MODELS = ("full", "lstm")  # whose language models there are to pre-train


@dataclass(frozen=True)
class Size:
    """Dimensions of the two language models. `n_vocab` None: the released vocabulary of 40,478, else a BPE of that many
    tokens is trained on the corpus. The three special tokens come on top.
    """

    n_layer: int
    n_head: int
    n_embd: int  # of the LSTM's embedding too, which is tied to its output
    n_ctx: int  # positions, so the longest sequence in tokens
    n_vocab: int | None
    n_units: int  # of the LSTM's one layer


@dataclass(frozen=True)
class Pretraining:
    """Random contiguous windows of n_ctx tokens; Adam, linear warm-up, cosine to 0 (paper, section 4.1)."""

    learning_rate: float
    batch: int  # windows an update
    warmup: int  # updates
    tokens: int  # budget in all, repetitions included
    dropout: float
    minutes: float | None = None  # instead of tokens: as many as this machine trains on in that time
    weight_decay: float = 0.01  # decoupled, on matrices only
    clip: float = 1.0  # global norm; the paper is silent for pre-training


@dataclass(frozen=True)
class FineTuning:
    """Paper, section 4.1, and the released code: min(x / warmup, 1) * (1 - x), x = updates done / total."""

    learning_rate: float = 6.25e-5
    batch: int = 32  # examples an update; a partial last batch is dropped
    epochs: int = 3
    warmup: float = 0.002  # share of all updates
    dropout: float = 0.1  # residual, embedding and attention
    head_dropout: float = 0.1
    weight_decay: float = 0.01
    clip: float = 1.0


@dataclass(frozen=True)
class Profile:
    """The experiment at one size."""

    name: str
    size: Size
    pretraining: Pretraining
    finetuning: FineTuning
    summary: str


LARGER = {  # a profile at a larger scale: fields that are replaced; chosen by cost, not tuned
    ("mini", 4): {
        "size": Size(n_layer=6, n_head=4, n_embd=128, n_ctx=64, n_vocab=1000, n_units=384),
        "pretraining": Pretraining(learning_rate=1e-3, batch=16, warmup=800, tokens=12_000_000, dropout=0.0),
        "summary": "1.3 M parameters, a larger generated corpus, twice the rows to score; an hour of pre-training",
    },
}
PROFILES = {
    "paper": Profile(
        "paper",
        Size(n_layer=12, n_head=12, n_embd=768, n_ctx=512, n_vocab=None, n_units=2048),
        # 100 epochs of BooksCorpus are about 10^11 tokens; the released weights spare them
        Pretraining(learning_rate=2.5e-4, batch=64, warmup=2000, tokens=100_000_000_000, dropout=0.1),
        FineTuning(),
        "116 M parameters, the released vocabulary and weights, real data; for a GPU",
    ),
    "small": Profile(
        "small",
        Size(n_layer=4, n_head=4, n_embd=256, n_ctx=256, n_vocab=6000, n_units=768),
        Pretraining(learning_rate=5e-4, batch=8, warmup=400, tokens=8_000_000, dropout=0.0),
        FineTuning(learning_rate=5e-4, warmup=0.1),
        "4.8 M parameters, pre-trained on your text files, real data; about an hour on a CPU",
    ),
    "mini": Profile(
        "mini",
        Size(n_layer=4, n_head=4, n_embd=64, n_ctx=64, n_vocab=1000, n_units=192),
        Pretraining(learning_rate=2.5e-3, batch=16, warmup=400, tokens=10_000_000, dropout=0.0),
        FineTuning(learning_rate=2e-3, batch=16, epochs=20, warmup=0.1, dropout=0.0, head_dropout=0.0),
        "0.3 M parameters, generated data; minutes on two CPU cores",
    ),
}


def at_scale(profile: Profile, scale: int) -> Profile:
    """The profile itself at scale 1, and where it has no other."""
    return replace(profile, **LARGER.get((profile.name, scale), {}))  # type: ignore[arg-type]  # each by its own name
