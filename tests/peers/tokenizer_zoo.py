"""Small tokenizers of every kind, trained on our own text by the programs that invented them.

    json_tokenizers(folder)   name -> tokenizers.Tokenizer, each also saved as folder/name/tokenizer.json
    models(folder)            name -> sentencepiece processor, each also saved as folder/name.model
"""
import io
import json
import pathlib

import sentencepiece
from tokenizers import (AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors,
                        trainers)

import tokenizer_texts

CL100K = r"""(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"""
QWEN2 = r"""(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"""
O200K = "|".join([
    r"""[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?""",
    r"""[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?""",
    r"""\p{N}{1,3}""", r""" ?[^\s\p{L}\p{N}]+[\r\n/]*""", r"""\s*[\r\n]+""", r"""\s+(?!\S)""", r"""\s+"""])
DEEPSEEK = [r"""\p{N}{1,3}""", r"""[一-龥぀-ゟ゠-ヿ]+""",
            r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"""]
CLIP = r"""'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"""


def corpus():
    return tokenizer_texts.sentences() * 2 + tokenizer_texts.random_texts(1, 200)


def trained(tokenizer, trainer, texts=None):
    tokenizer.train_from_iterator(texts or corpus(), trainer)
    return tokenizer


def byte_bpe(pre_tokenizer, size=700, special=("<|endoftext|>",), normalizer=None):
    tokenizer = Tokenizer(models.BPE())
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.decoder = decoders.ByteLevel()
    return trained(tokenizer, trainers.BpeTrainer(
        vocab_size=size, special_tokens=list(special), show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))


def split_bytes(*patterns, behaviour="isolated"):
    return pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(p), behaviour) for p in patterns] +
        [pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def changed(tokenizer, change):
    """The tokenizer whose file says something else."""
    words = json.loads(tokenizer.to_str())
    change(words)
    return Tokenizer.from_str(json.dumps(words))


def gpt2():
    tokenizer = byte_bpe(pre_tokenizers.ByteLevel(add_prefix_space=False))
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    return tokenizer


def roberta():
    tokenizer = byte_bpe(pre_tokenizers.ByteLevel(add_prefix_space=True), special=("<s>", "</s>", "<pad>"))
    tokenizer.add_special_tokens([AddedToken("<mask>", lstrip=True, normalized=False)])
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 1), ("<s>", 0))
    return tokenizer


def llama3():
    tokenizer = byte_bpe(split_bytes(CL100K), special=("<|begin_of_text|>", "<|endoftext|>"))
    tokenizer = changed(tokenizer, lambda w: w["model"].update(ignore_merges=True))
    tokenizer.add_tokens([AddedToken("USERDEF", normalized=True), AddedToken("<tok>", single_word=True)])
    tokenizer.post_processor = processors.Sequence([
        processors.ByteLevel(trim_offsets=False),
        processors.TemplateProcessing(single="<|begin_of_text|> $A", pair=None,
                                      special_tokens=[("<|begin_of_text|>", 0)])])
    return tokenizer


def qwen2():
    return byte_bpe(split_bytes(QWEN2), normalizer=normalizers.NFC())


def clip():
    tokenizer = Tokenizer(models.BPE(unk_token="<|endoftext|>", end_of_word_suffix="</w>"))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(CLIP), "removed", invert=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tokenizer.decoder = decoders.Sequence([decoders.BPEDecoder("</w>"), decoders.ByteLevel()])
    return trained(tokenizer, trainers.BpeTrainer(
        vocab_size=900, special_tokens=["<|endoftext|>"], end_of_word_suffix="</w>", show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))


def file_of(name, tokenizer):
    """What its tokenizer.json says; of old-merges as files of years ago: "a b", a model without its type."""
    words = json.loads(tokenizer.to_str())
    if name == "old-merges":
        words["model"]["merges"] = [" ".join(pair) for pair in words["model"]["merges"]]
        del words["model"]["type"]
    return words


def fallback_bpe(fuse=True, pre_tokenizer=None, normalizer=None):
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=fuse, byte_fallback=True))
    tokenizer.normalizer = normalizer
    if pre_tokenizer is not None:
        tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.decoder = decoders.Sequence([
        decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    # Trained with words, as SentencePiece does; used without.
    used = tokenizer.pre_tokenizer
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer = trained(tokenizer, trainers.BpeTrainer(
        vocab_size=800, limit_alphabet=150, show_progress=False,
        special_tokens=["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)]))
    words = json.loads(tokenizer.to_str())
    words["pre_tokenizer"] = json.loads(used.__getstate__()) if used is not None else None
    words["added_tokens"] = [t for t in words["added_tokens"] if t["id"] < 3]
    tokenizer = Tokenizer.from_str(json.dumps(words))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", 1)])
    return tokenizer


def llama2():
    return fallback_bpe(normalizer=normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]))


def gemma():
    return fallback_bpe(normalizer=normalizers.Replace(" ", "▁"),
                        pre_tokenizer=pre_tokenizers.Split(" ", "merged_with_previous"))


def mistral():
    return fallback_bpe(fuse=False, pre_tokenizer=pre_tokenizers.Metaspace(prepend_scheme="first", split=False))


def unknown_bpe(fuse):
    tokenizer = Tokenizer(models.BPE(unk_token="[UNK]", fuse_unk=fuse, continuing_subword_prefix="##"))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.decoder = decoders.WordPiece()
    return trained(tokenizer, trainers.BpeTrainer(
        vocab_size=700, limit_alphabet=120, special_tokens=["[UNK]"], continuing_subword_prefix="##",
        show_progress=False))


def unigram(pre_tokenizer, normalizer, size=1100, byte_fallback=False):
    tokenizer = Tokenizer(models.Unigram())
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.decoder = decoders.Metaspace()
    tokenizer = trained(tokenizer, trainers.UnigramTrainer(
        vocab_size=size, special_tokens=["<unk>", "<s>", "</s>"], unk_token="<unk>", show_progress=False),
        tokenizer_texts.sentences() * 3)
    if byte_fallback:
        def with_bytes(words):
            words["model"]["byte_fallback"] = True
            words["model"]["vocab"] = words["model"]["vocab"][:400] + [[f"<0x{b:02X}>", -20.0] for b in range(256)]
        tokenizer = changed(tokenizer, with_bytes)
        tokenizer.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Metaspace()])
    return tokenizer


def xlm_r(charsmap):
    tokenizer = unigram(pre_tokenizers.Metaspace(), normalizers.Precompiled(charsmap))
    tokenizer.add_special_tokens([AddedToken("<mask>", lstrip=True, rstrip=True)])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 1), ("</s>", 2)])
    return tokenizer


def t5():
    return unigram(pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()]),
                   normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC(),
                                         normalizers.Replace(Regex(" {2,}"), " ")]))


def bert(uncased=True, accents=None, chinese=True):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(
        lowercase=uncased, strip_accents=accents, handle_chinese_chars=chinese)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer = trained(tokenizer, trainers.WordPieceTrainer(
        vocab_size=800, limit_alphabet=400, show_progress=False,
        special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]))
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return tokenizer


def word_level(pre_tokenizer, normalizer=None):
    tokenizer = Tokenizer(models.WordLevel(unk_token="[UNK]"))
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizer
    return trained(tokenizer, trainers.WordLevelTrainer(
        vocab_size=600, special_tokens=["[UNK]", "<tok>"], show_progress=False))


def plain_bpe(pre_tokenizer, normalizer=None):
    """Characters alone, so that every cut and every change shows."""
    tokenizer = Tokenizer(models.BPE(unk_token="[UNK]"))
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizer
    return trained(tokenizer, trainers.BpeTrainer(
        vocab_size=1500, special_tokens=["[UNK]"], show_progress=False))


def part_recipes(charsmap):
    """name -> (a normalizer or a pre-tokenizer, the key it has in a file)"""
    p, n = pre_tokenizers, normalizers
    parts = {}
    for behaviour in ["isolated", "removed", "merged_with_previous", "merged_with_next", "contiguous"]:
        parts[f"split-{behaviour}"] = p.Split(Regex(r"\w+|[.,]"), behaviour)
        parts[f"split-{behaviour}-inverted"] = p.Split(Regex(r"\s|\d"), behaviour, invert=True)
        parts[f"punctuation-{behaviour}"] = p.Sequence([p.CharDelimiterSplit("a"), p.Punctuation(behaviour)])
    parts.update({"fixed-length": p.FixedLength(3), "digits-together": p.Digits(), "metaspace": p.Metaspace(),
                  "whitespace": p.Whitespace(), "whitespace-split": p.WhitespaceSplit(),
                  "bert-split": p.BertPreTokenizer()})
    parts = {name: (part, "pre_tokenizer") for name, part in parts.items()}
    for name, normalizer in {
            "nfc": n.NFC(), "nfd": n.NFD(), "nfkc": n.NFKC(), "nfkd": n.NFKD(), "lower": n.Lowercase(), "nmt": n.Nmt(),
            "strip": n.Sequence([n.Strip(), n.StripAccents()]), "strip-left": n.Strip(left=True, right=False),
            "prepend": n.Sequence([n.Prepend("x"), n.Replace("e", "éé"), n.Replace(Regex(r"\bt|\d+"), "")]),
            "bert": n.BertNormalizer(), "precompiled": n.Precompiled(charsmap)}.items():
        parts[f"normal-{name}"] = (normalizer, "normalizer")
    return parts


def json_recipes(charsmap):
    p, n = pre_tokenizers, normalizers
    recipes = {
        "gpt2": gpt2, "old-merges": gpt2, "roberta": roberta, "llama3": llama3, "qwen2": qwen2,
        "o200k": lambda: byte_bpe(split_bytes(O200K)), "deepseek": lambda: byte_bpe(split_bytes(*DEEPSEEK)),
        "digits": lambda: byte_bpe(p.Sequence([p.Punctuation("contiguous"), p.ByteLevel(add_prefix_space=False),
                                               p.Digits(individual_digits=True)])),
        "byte-normalizer": lambda: changed(gpt2(), lambda w: w.update(
            normalizer={"type": "ByteLevel"}, pre_tokenizer=None)),
        "clip": clip, "llama2": llama2, "gemma": gemma, "mistral": mistral,
        "fused": lambda: unknown_bpe(True), "unfused": lambda: unknown_bpe(False),
        "xlm-r": lambda: xlm_r(charsmap), "t5": t5,
        "unigram-bytes": lambda: unigram(p.Metaspace(prepend_scheme="never"), None, byte_fallback=True),
        "bert": bert, "bert-cased": lambda: bert(False), "bert-accents": lambda: bert(False, True, False),
        "words": lambda: word_level(p.Whitespace()),
        "words-split": lambda: word_level(p.WhitespaceSplit(), n.Sequence([n.NFD(), n.StripAccents()])),
    }
    for name, (part, key) in part_recipes(charsmap).items():
        recipes[name] = (lambda z=part: plain_bpe(p.Digits(), z)) if key == "normalizer" else \
            (lambda z=part: plain_bpe(z))
    return recipes


def json_tokenizers(folder, charsmap, names=None):
    made = {}
    for name, recipe in json_recipes(charsmap).items():
        if names is not None and name not in names:
            continue
        tokenizer = recipe()
        target = pathlib.Path(folder) / name
        target.mkdir(parents=True, exist_ok=True)
        (target / "tokenizer.json").write_text(json.dumps(file_of(name, tokenizer)))
        made[name] = Tokenizer.from_file(str(target / "tokenizer.json"))
    return made


# A few replacements, so that their compiled table is small.
RULES = "FB01\t66 69\n212B\tC5\nFF11\t31\n3000\t20\nA0\t20\nAD\t\n61 308\tE4\n9\t20\n1F44D\t2B\n"


def model(**options):
    out = io.BytesIO()
    settings = dict(sentence_iterator=iter(tokenizer_texts.sentences() * 4 + corpus()[:90]), model_writer=out, minloglevel=2, hard_vocab_limit=False,
                    character_coverage=0.98, num_threads=1, vocab_size=1300, max_sentence_length=20000)
    settings.update(options)
    sentencepiece.SentencePieceTrainer.train(**settings)
    return out.getvalue()


def model_recipes(folder):
    rules = pathlib.Path(folder) / "rules.tsv"
    rules.parent.mkdir(parents=True, exist_ok=True)
    rules.write_text(RULES)
    small = dict(normalization_rule_tsv=str(rules))
    return {
        "sp-unigram": dict(model_type="unigram", **small),
        "sp-bpe": dict(model_type="bpe", **small),
        "sp-unigram-bytes": dict(model_type="unigram", byte_fallback=True, normalization_rule_name="identity",
                                 user_defined_symbols=["USERDEF", "<tok>", "the "]),
        "sp-bpe-bytes": dict(model_type="bpe", byte_fallback=True, normalization_rule_name="identity",
                             remove_extra_whitespaces=False, user_defined_symbols=["USERDEF", "<tok>"]),
        "sp-bpe-suffix": dict(model_type="bpe", treat_whitespace_as_suffix=True, **small),
        "sp-bpe-no-prefix": dict(model_type="bpe", add_dummy_prefix=False, split_digits=True,
                                 allow_whitespace_only_pieces=True, remove_extra_whitespaces=False, **small),
        "sp-nfkc": dict(model_type="unigram", normalization_rule_name="nmt_nfkc"),
        "sp-nfkc-cf": dict(model_type="bpe", normalization_rule_name="nmt_nfkc_cf", pad_id=3),
    }


def models_of(folder, names=None):
    made = {}
    for name, options in model_recipes(folder).items():
        if names is not None and name not in names:
            continue
        target = pathlib.Path(folder) / f"{name}.model"
        target.write_bytes(model(**options))
        made[name] = sentencepiece.SentencePieceProcessor(model_file=str(target))
    return made


def charsmap_of(folder):
    """The small table of replacements, compiled by SentencePiece."""
    from sentencepiece import sentencepiece_model_pb2
    proto = sentencepiece_model_pb2.ModelProto()
    proto.ParseFromString(model(**model_recipes(folder)["sp-unigram"]))
    return proto.normalizer_spec.precompiled_charsmap
