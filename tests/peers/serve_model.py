"""A served model for the scripts beside this one: trained for a few steps, with a chat template."""
import contextlib
import json
import os
import pathlib
import re
import subprocess
import tempfile
import time

CHATML = ("{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + "
          "'<|im_end|>' + '\\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}")
TOKENIZER = pathlib.Path(__file__).resolve().parent.parent / "fixtures" / "chat" / "tokenizer.json"


def train(program, folder, model="{preset: nano, vocab_size: 378}", steps=3, seq_len=256):
    """A run named 'talks' in folder's store; the arguments that name the store."""
    tokenizer = folder / "tokenizer"
    tokenizer.mkdir()
    (tokenizer / "tokenizer.json").write_bytes(TOKENIZER.read_bytes())
    (tokenizer / "tokenizer_config.json").write_text(json.dumps({"chat_template": CHATML, "eos_token": "<|im_end|>"}))
    experiment = folder / "talks.yaml"
    experiment.write_text(f"name: talks\nmodel: {model}\ndata: {{tokenizer: {tokenizer}}}\n"
                          f"train: {{steps: {steps}, warmup_steps: 1, seq_len: {seq_len}}}\n"
                          "parallel: {sp: 1, mode: none}\ncheckpoint: {at_end: true}\n")
    store = ["--db", str(folder / "runs.db")]
    subprocess.run([program, *store, "run", str(experiment), "--no-reference", "--quiet"], check=True,
                   stdout=subprocess.DEVNULL)
    return store


@contextlib.contextmanager
def served(program, *options, key=None, **training):
    """(address, process) of a server of 'talks', which ends with the block."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        words = [program, *train(program, folder, **training), "serve", "--model", "talks", "--port", "0", *options]
        if key:
            (folder / "key").write_text(key)
            os.chmod(folder / "key", 0o600)
            words += ["--api-key-file", str(folder / "key")]
        log = folder / "server.log"
        with open(log, "w") as errors:
            process = subprocess.Popen(words, stderr=errors)
        try:
            address = None
            while address is None:
                if process.poll() is not None:
                    raise SystemExit(f"the server has ended: {log.read_text()}")
                found = re.search(r"at (http://\S+)/v1", log.read_text())
                address = found and found.group(1)
                time.sleep(0.05)
            yield address, process
        finally:
            if process.poll() is None:
                process.terminate()
            process.wait(60)
