"""Token numbers of the Python library tokenizers, with small tokenizers trained on a text that is here.

Each case holds its tokenizer.json whole, so that tests need no other file.
"""

import json

import tokenizers
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from common import HERE, write

LINES = (HERE / "../../pipelines/samples/moby_dick.txt").read_text().splitlines()[:400]
TEXTS = [
    "Call me Ishmael. Some years ago, never mind how long precisely",
    "the whale!",
    "",
    "Naïve WHALES swim   at 3,000 fathoms - don't they? 鯨",
    "a",
]
LENGTH = 12


def trained(model, trainer, **parts):
    made = Tokenizer(model)
    for name, part in parts.items():
        setattr(made, name, part)
    made.train_from_iterator(LINES, trainer)
    return made


wordpiece = trained(
    models.WordPiece(unk_token="[UNK]"),
    trainers.WordPieceTrainer(
        vocab_size=260, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]"], show_progress=False
    ),
    normalizer=normalizers.BertNormalizer(lowercase=True),
    pre_tokenizer=pre_tokenizers.BertPreTokenizer(),
)
wordpiece.post_processor = processors.TemplateProcessing(
    single="[CLS] $A [SEP]",
    special_tokens=[(t, wordpiece.token_to_id(t)) for t in ("[CLS]", "[SEP]")],
)
bpe = trained(
    models.BPE(),
    trainers.BpeTrainer(
        vocab_size=330,
        special_tokens=["<|end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    ),
    pre_tokenizer=pre_tokenizers.ByteLevel(add_prefix_space=False),
    decoder=decoders.ByteLevel(),
)
unigram = trained(
    models.Unigram(),
    trainers.UnigramTrainer(
        vocab_size=200, special_tokens=["<pad>", "<unk>", "</s>"], unk_token="<unk>", show_progress=False
    ),
    normalizer=normalizers.NFKC(),
    pre_tokenizer=pre_tokenizers.Metaspace(),
)
unigram.post_processor = processors.TemplateProcessing(
    single="$A </s>", special_tokens=[("</s>", unigram.token_to_id("</s>"))]
)


def case(name, made, end="right", pad=0, special=True):
    file = json.loads(made.to_str())
    direction = "right" if end == "right" else "left"
    made.enable_truncation(LENGTH, direction=direction)
    made.enable_padding(length=LENGTH, pad_id=pad, direction=direction)
    found = [made.encode(text, add_special_tokens=special) for text in TEXTS]
    made.no_truncation()
    made.no_padding()
    return {
        "name": name,
        "file": file,
        "vocabulary": made.get_vocab_size(),
        "end": "end" if end == "right" else "start",
        "specialTokens": special,
        "texts": TEXTS,
        "tokens": [one.ids for one in found],
        "mask": [one.attention_mask for one in found],
    }


write(
    [
        case("wordpiece", wordpiece),
        case("wordpiece, without special tokens", wordpiece, special=False),
        case("bpe", bpe),
        case("unigram", unigram),
        case("unigram, from the start", unigram, end="left"),
    ],
    tokenizers=tokenizers.__version__,
)
