#!/usr/bin/env python3
"""Holds Ringscope's tokenizers against those of the programs that invented them.

Needs: pip install tokenizers sentencepiece tiktoken mistral-common protobuf   (last used: tokenizers 0.23.3,
sentencepiece 0.2.3, tiktoken 0.14.0, mistral-common 1.13.1)

    tokenizer_ids.py record [FOLDER]           small tokenizers and the ids of our texts, into
                                               tests/fixtures/tokenizers, which tests/backend/text reads
    tokenizer_ids.py check PROGRAM [MEGABYTES] [NAME ...]
                                               every kind, and real vocabularies, on MEGABYTES (5) of text each
                                               through `PROGRAM tokenize`; or those whose name begins with a NAME.
                                               Exit code 1 where an id differs
"""
import base64
import json
import os
import pathlib
import subprocess
import sys
import tempfile

os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("RAYON_NUM_THREADS", "1")

import tokenizer_texts  # noqa: E402
import tokenizer_zoo  # noqa: E402

RECORDED = ["gpt2", "old-merges", "roberta", "llama3", "qwen2", "o200k", "deepseek", "clip", "llama2", "gemma",
            "mistral", "fused", "unfused", "xlm-r", "t5", "unigram-bytes", "bert", "bert-cased", "words"]
RECORDED_MODELS = ["sp-unigram", "sp-bpe", "sp-unigram-bytes", "sp-bpe-bytes", "sp-bpe-suffix", "sp-bpe-no-prefix"]
BYTE_LEVEL = {"gpt2", "old-merges", "roberta", "llama3", "qwen2", "o200k", "deepseek", "digits"}
SHARE = 250_000  # bytes of a text that is given to the program at once


# --- small fixtures --------------------------------------------------------------------------------

def write(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, ensure_ascii=False, separators=(",", ":")))
    print(f"{path.stat().st_size:>8} {path}")


def byte_ranges(text, offsets):
    """Ranges of characters as ranges of bytes."""
    starts = [0]
    for character in text:
        starts.append(starts[-1] + len(character.encode()))
    return [[starts[begin], starts[end]] for begin, end in offsets]


def cases(texts, encode, decode):
    """ids of each text; what they decode to, where that is something else."""
    ids = [encode(text) for text in texts]
    decoded = [decode(row) for row in ids]
    return {"ids": ids, "decoded": [None if d == t else d for d, t in zip(decoded, texts)]}


def record_variations(folder, charsmap, texts):
    """Normalizers with a model whose ids are the bytes, pre-tokenizers with one that takes words whole."""
    from tokenizers import Tokenizer, models
    rows = []
    for name, recipe in tokenizer_zoo.part_recipes(charsmap).items():
        part, key = recipe
        if key == "normalizer":
            tokenizer = Tokenizer(models.BPE(vocab={f"<0x{b:02X}>": b for b in range(256)}, merges=[],
                                             byte_fallback=True))
            tokenizer.normalizer = part
            results = [bytes(tokenizer.encode(text).ids).decode("utf-8", "replace") for text in texts]
        else:
            tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
            tokenizer.pre_tokenizer = part
            results = [byte_ranges(text, tokenizer.encode(text).offsets) for text in texts]
        rows.append({"name": name, "key": key, "part": json.loads(tokenizer.to_str())[key], "results": results})
    write(folder / "part-texts.json", texts)
    write(folder / "parts.json", rows)


def record(folder):
    folder = pathlib.Path(folder)
    texts = tokenizer_texts.sentences() + tokenizer_texts.random_texts(11, 60)
    broken = tokenizer_texts.broken_bytes(5, 40)
    replaced = [b.decode("utf-8", "replace") for b in broken]
    write(folder / "texts.json", {"texts": texts, "broken": [base64.b64encode(b).decode() for b in broken]})
    with tempfile.TemporaryDirectory() as scratch:
        charsmap = tokenizer_zoo.charsmap_of(scratch)
        for name, tokenizer in tokenizer_zoo.json_tokenizers(scratch, charsmap, RECORDED).items():
            write(folder / name / "tokenizer.json", tokenizer_zoo.file_of(name, tokenizer))
            given = texts if name in BYTE_LEVEL else texts + replaced
            write(folder / name / "ids.json", cases(given, lambda t: tokenizer.encode(t).ids, tokenizer.decode))
        for name, model in tokenizer_zoo.models_of(scratch, RECORDED_MODELS).items():
            (folder / f"{name}.model").write_bytes((pathlib.Path(scratch) / f"{name}.model").read_bytes())
            write(folder / f"{name}.ids.json",
                  cases(texts + broken, lambda t: model.encode(t), model.decode))
        record_variations(folder, charsmap, tokenizer_texts.sentences()[::6] + tokenizer_texts.random_texts(12, 16))


# --- long texts through the program -----------------------------------------------------------------

def shares(text):
    """The text in parts of about SHARE bytes, cut at ends of lines."""
    part, size = [], 0
    for line in text.splitlines(keepends=True):
        part.append(line)
        size += len(line.encode())
        if size >= SHARE:
            yield "".join(part)
            part, size = [], 0
    if part:
        yield "".join(part)


def program_ids(program, tokenizer, text, scratch):
    file = pathlib.Path(scratch) / "text.txt"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    ran = subprocess.run([program, "tokenize", str(file), "--tokenizer", str(tokenizer), "--json"],
                         capture_output=True, check=False)
    if ran.returncode != 0:
        return ran.stderr.decode()
    return json.loads(ran.stdout)["ids"]


def compare(name, program, tokenizer, text, encode, scratch):
    size = differing = ids = 0
    for share in shares(text):
        expected = encode(share)
        got = program_ids(program, tokenizer, share, scratch)
        size += len(share.encode())
        ids += len(expected)
        if got != expected:
            differing += 1
            at = next((i for i, (a, b) in enumerate(zip(got, expected)) if a != b), None)
            print(f"  {name}: differs at token {at}: {str(got)[:200] if isinstance(got, str) else got[at or 0:][:8]}"
                  f" for {expected[at or 0:][:8]}")
    print(f"{name:32} {size / 1e6:6.2f} MB {ids:>9} ids {'equal' if differing == 0 else 'DIFFERENT'}", flush=True)
    return differing


def merges_of(ranks):
    """The two parts each piece is made of, in the order of ranks."""
    merges = []
    for piece in sorted(ranks, key=ranks.get):
        if len(piece) < 2:
            continue
        parts = [bytes([b]) for b in piece]
        while len(parts) > 2:
            best = min(range(len(parts) - 1), key=lambda i: rank_below(ranks, parts[i] + parts[i + 1], piece))
            if rank_below(ranks, parts[best] + parts[best + 1], piece) == NO_RANK:
                break
            parts[best:best + 2] = [parts[best] + parts[best + 1]]
        if len(parts) == 2:
            merges.append((parts[0], parts[1]))
    return merges


NO_RANK = 1 << 60


def rank_below(ranks, pair, piece):
    rank = ranks.get(pair, NO_RANK)
    return rank if rank < ranks[piece] else NO_RANK


def byte_characters():
    printable = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
    others = [b for b in range(256) if b not in printable]
    return {**{b: chr(b) for b in printable}, **{b: chr(256 + i) for i, b in enumerate(others)}}


def tekken_as_json(file, target):
    """A vocabulary of mistral-common as a tokenizer.json, and tiktoken's encoding of it."""
    import tiktoken
    words = json.loads(pathlib.Path(file).read_text())
    config = words["config"]
    count = config["default_vocab_size"] - config["default_num_special_tokens"]
    ranks = {base64.b64decode(row["token_bytes"]): row["rank"] for row in words["vocab"][:count]}
    letters = byte_characters()

    def spelled(piece):
        return "".join(letters[b] for b in piece)
    model = {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
             "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "ignore_merges": True,
             "vocab": {spelled(piece): rank for piece, rank in ranks.items()},
             "merges": [[spelled(a), spelled(b)] for a, b in merges_of(ranks)]}
    split = {"type": "Split", "pattern": {"Regex": config["pattern"]}, "behavior": "Isolated", "invert": False}
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
    target.mkdir(parents=True, exist_ok=True)
    (target / "tokenizer.json").write_text(json.dumps({
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": None,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [split, level]}, "post_processor": None,
        "decoder": dict(level), "model": model}))
    return tiktoken.Encoding("tekken", pat_str=config["pattern"], mergeable_ranks=ranks, special_tokens={})


def real_vocabularies(scratch, wanted):
    import mistral_common
    import sentencepiece
    data = pathlib.Path(mistral_common.__file__).parent / "data"
    for file in filter(lambda f: wanted(f.name), sorted(data.glob("*.model.v*"))):
        model = sentencepiece.SentencePieceProcessor(model_file=str(file))
        yield file.name, file, model.encode
    for file in filter(lambda f: wanted(f.name), sorted(data.glob("tekken_*.json"))[:1]):
        target = pathlib.Path(scratch) / file.stem
        encoding = tekken_as_json(file, target)
        yield f"{file.name} (tiktoken)", target, lambda t: encoding.encode(t, disallowed_special=())
        from tokenizers import Tokenizer
        tokenizer = Tokenizer.from_file(str(target / "tokenizer.json"))
        yield f"{file.name} (tokenizers)", target, lambda t: tokenizer.encode(t).ids


def check(program, megabytes, names):
    def wanted(name):
        return not names or name.startswith(tuple(names))
    text = tokenizer_texts.long_text(3, int(megabytes * 1e6))
    differing = 0
    with tempfile.TemporaryDirectory() as scratch:
        charsmap = tokenizer_zoo.charsmap_of(scratch)
        for name in filter(wanted, tokenizer_zoo.json_recipes(charsmap)):
            tokenizer = tokenizer_zoo.json_tokenizers(scratch, charsmap, [name])[name]
            differing += compare(name, program, pathlib.Path(scratch) / name, text,
                                 lambda t: tokenizer.encode(t).ids, scratch)
        for name in filter(wanted, tokenizer_zoo.model_recipes(scratch)):
            model = tokenizer_zoo.models_of(scratch, [name])[name]
            differing += compare(name, program, pathlib.Path(scratch) / f"{name}.model", text, model.encode, scratch)
        for name, path, encode in real_vocabularies(scratch, wanted):
            differing += compare(name, program, path, text, encode, scratch)
    return differing == 0


if __name__ == "__main__":
    here = pathlib.Path(__file__).resolve().parent
    if len(sys.argv) >= 2 and sys.argv[1] == "record":
        record(sys.argv[2] if len(sys.argv) > 2 else here.parent / "fixtures" / "tokenizers")
    elif len(sys.argv) >= 3 and sys.argv[1] == "check":
        megabytes = float(sys.argv[3]) if len(sys.argv) > 3 else 5.0
        sys.exit(0 if check(sys.argv[2], megabytes, sys.argv[4:]) else 1)
    else:
        sys.exit(__doc__)
