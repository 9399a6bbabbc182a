"""The released tokenizer: ftfy, standardisation, spaCy's English tokenizer, lower case, byte-pair merges.

Source: the code released with the paper (`text_utils.py`), in the words of this project. The fast tokenizer that
`transformers` ships for this model is another pipeline: its ids differ on a third of RTE's sentences.
"""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

import ftfy
import spacy
from tokenizers import Tokenizer as Trainable
from tokenizers import models, pre_tokenizers, trainers

from baselines.vocabulary import Vocabulary

END = "</w>"  # glued to a word's last character
NEWLINE = "\n" + END
UNKNOWN = "<unk>"
CACHED_CHUNKS = 1_000_000  # about 300 MB at worst; then the cache starts anew
REPEATED = 1000  # times that a word stands in one of the strings that a vocabulary is learnt from

REPLACED = str.maketrans({"—": "-", "–": "-", "―": "-", "…": "...", "´": "'"})
RUNS = re.compile(r"([-~!\";?+,)(\\/*\[\]}{|_])\1*")
AROUND_NEWLINE = re.compile(r"\s*\n\s*")
OTHER_SPACE = re.compile(r"[^\S\n]+")

Counts = Counter[str]

_english = spacy.blank("en").tokenizer


def standardise(text: str) -> str:
    """Mojibake repaired, dashes and ellipses plain, punctuation set apart, white space single."""
    text = ftfy.fix_text(text).translate(REPLACED)
    text = RUNS.sub(r" \g<0> ", text)
    text = AROUND_NEWLINE.sub(" \n ", text)
    return OTHER_SPACE.sub(" ", text).strip()


def words_of(chunk: str) -> list[str]:
    """A chunk without spaces -> lower-case words. spaCy never joins across a space, so chunks may be cached."""
    return [token.text.lower() for token in _english(chunk)]


class Tokenizer:
    """Text -> ids below `n_vocab`; the special tokens start, delimiter, extract follow as n_vocab + 0, 1, 2."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.n_vocab = len(vocabulary.ids)
        self.start, self.delimiter, self.extract = range(self.n_vocab, self.n_vocab + 3)
        self._bpe = models.BPE(*vocabulary, unk_token=UNKNOWN, end_of_word_suffix=END)
        self._ids: dict[str, list[int]] = {}
        self._pieces = {index: piece for piece, index in vocabulary.ids.items()}

    @classmethod
    def train(cls, counts: Mapping[str, int], n_vocab: int) -> Tokenizer:
        """A byte-pair vocabulary of at most n_vocab tokens, learnt from `count_words` of this same pipeline.

        The same text gives the same vocabulary: the library numbers characters in an order that differs from run to
        run, and decides ties between merges by those numbers, so they are all given to it as special tokens.
        """
        characters = sorted({character for word in counts for character in word})
        known = [UNKNOWN, NEWLINE, *characters, *(character + END for character in characters)]
        trainable = Trainable(models.BPE(unk_token=UNKNOWN, end_of_word_suffix=END))
        trainable.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
        trainer = trainers.BpeTrainer(
            vocab_size=n_vocab, special_tokens=known, end_of_word_suffix=END, show_progress=False
        )
        trainable.train_from_iterator(repeated(counts), trainer)
        model = json.loads(trainable.to_str())["model"]
        return cls(Vocabulary(model["vocab"], [(first, second) for first, second in model["merges"]]))

    def encode(self, text: str) -> list[int]:
        """Ids of the text, special tokens not among them; unknown characters are id 0 each."""
        if len(self._ids) > CACHED_CHUNKS:
            self._ids.clear()
        ids = self._ids
        return list(
            itertools.chain.from_iterable(
                ids[chunk] if chunk in ids else self._remember(chunk) for chunk in standardise(text).split(" ") if chunk
            )
        )

    def decode(self, ids: Iterable[int]) -> str:
        """For reading: what the pieces spell, special tokens in angle brackets."""
        special = {self.start: "<start> ", self.delimiter: "<delimiter> ", self.extract: "<extract>"}
        return "".join(special.get(i) or self._pieces[i].replace(END, " ") for i in ids).strip()

    def spell(self, ids: Iterable[int]) -> str:
        """As `decode`, with a dot between the pieces of a word."""
        special = {self.start: "<start> ", self.delimiter: "<delimiter> ", self.extract: "<extract>"}
        known = {**special, 0: f"{UNKNOWN} "}
        pieces = (known.get(i) or f"{self._pieces[i]}·".replace(f"{END}·", " ") for i in ids)
        return "".join(pieces).replace("· ", " ").strip()

    def _remember(self, chunk: str) -> list[int]:
        ids = [i for word in words_of(chunk) for i in self._ids_of(word)]
        self._ids[chunk] = ids
        return ids

    def _ids_of(self, word: str) -> list[int]:
        if word.strip(" ") == "\n":  # the release's own exception: glued, although a newline has no merge
            return [self.vocabulary.ids.get(NEWLINE, 0)]
        return [token.id for token in self._bpe.tokenize(word)]


def count_chunks(documents: Iterable[str]) -> Counts:
    """How often each run of characters without a space stands in the documents, standardised."""
    chunks: Counts = Counter()
    for document in documents:
        chunks.update(standardise(document).split(" "))
    return chunks


def count_words(chunks: Counts) -> Counts:
    """The words of counted chunks; newlines, which no merge concerns, left out."""
    words: Counts = Counter()
    for chunk, n in chunks.items():
        for word in words_of(chunk):
            if not word.isspace():
                words[word] += n
    return words


def repeated(counts: Mapping[str, int]) -> Iterator[str]:
    """Each word as often as it was counted, as the library wants it, in strings that fit any memory."""
    for word, n in counts.items():
        for done in range(0, n, REPEATED):
            yield " ".join([word] * min(REPEATED, n - done))
