"""Use tokenizers: train a tiny BPE vocabulary, encode and decode."""

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers


def probe_bpe() -> str:
    """What was trained splits, decodes and survives being written as JSON."""
    tokenizer = Tokenizer(models.BPE(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=["[UNK]"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    text = ["the cat sat on the mat", "the dog sat on the log", "größer als die Katze"] * 20
    tokenizer.train_from_iterator(text, trainer)
    encoded = tokenizer.encode("the cat größer")
    assert encoded.tokens[0] == "the", encoded.tokens
    assert tokenizer.decode(encoded.ids) == "the cat größer"
    again = Tokenizer.from_str(tokenizer.to_str())
    batch = again.encode_batch(["the cat größer"] * 100)
    assert all(one.ids == encoded.ids for one in batch)
    return f"{tokenizer.get_vocab_size()} tokens learnt; 100 texts encoded in parallel"
