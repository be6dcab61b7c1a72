#!/usr/bin/env python3
"""`ringscope serve` with many clients.

    python3 tests/bench/serve_bench.py build/bin/ringscope [--seconds 60] [--clients 64] [--model '{preset: small}']

First tokens/s of 8 clients against one, in turn, three times. Then so many clients for so long, each asking again and again:
every answer must be whole, and the memory of server and rank at the end what it was after the first quarter. Needs Python
alone; the clients are threads of this process, so they take a part of the processors.
"""
import argparse
import http.client
import json
import pathlib
import statistics
import sys
import threading
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "peers"))
from serve_model import served  # noqa: E402


class Client:
    def __init__(self, address):
        self.connection = http.client.HTTPConnection(urllib.parse.urlsplit(address).netloc, timeout=120)

    def complete(self, prompt, tokens, stream=False):
        body = {"model": "talks", "prompt": prompt, "max_tokens": tokens, "ignore_eos": True, "temperature": 0.7,
                "stream": stream}
        self.connection.request("POST", "/v1/completions", json.dumps(body), {"Content-Type": "application/json"})
        answer = self.connection.getresponse()
        text = answer.read().decode()
        assert answer.status == 200, f"{answer.status}: {text}"
        if stream:
            assert text.endswith("data: [DONE]\n\n"), text[-200:]
            return tokens
        return json.loads(text)["usage"]["completion_tokens"]


def figures(address):
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(address).netloc, timeout=30)
    connection.request("GET", "/metrics")
    text = connection.getresponse().read().decode()
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line[0] != "#"}


def speed(address, clients, tokens):
    """Tokens a second, of so many clients that each want so many tokens."""
    def one():
        Client(address).complete("The river", tokens)
    threads = [threading.Thread(target=one) for _ in range(clients)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return clients * tokens / (time.monotonic() - began)


def resident(pid):
    """Bytes in memory of the server, and of what it started."""
    found = {}
    parents = {}
    for status in pathlib.Path("/proc").glob("[0-9]*/status"):
        try:
            lines = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
        except OSError:
            continue
        parents[int(lines["Pid"])] = int(lines["PPid"])
        found[int(lines["Pid"])] = (lines["Name"].strip(), int(lines.get("VmRSS", "0 kB").split()[0]) * 1024)
    def ours(each):
        while each and each != pid:
            each = parents.get(each, 0)
        return each == pid
    return {found[each][0]: found[each][1] for each in found if ours(each)}


def hold(address, process, clients, seconds):
    failures = []
    answers = [0] * clients
    over = time.monotonic() + seconds

    def one(number):
        client = Client(address)
        try:
            while time.monotonic() < over:
                client.complete("The river " * (1 + number % 7), 20 + number % 40, stream=number % 2 == 0)
                answers[number] += 1
        except Exception as error:  # whatever it is, it is a failure
            failures.append(f"client {number}: {error!r}")
    before = figures(address)
    threads = [threading.Thread(target=one, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    time.sleep(seconds / 4)
    early = resident(process.pid)
    for thread in threads:
        thread.join()
    late = resident(process.pid)
    after = figures(address)
    made = after["ringscope_serve_made_tokens_total"] - before["ringscope_serve_made_tokens_total"]
    print(f"{clients} clients for {seconds} s: {sum(answers)} answers, fewest of a client {min(answers)}, "
          f"{made / seconds:.0f} tokens/s, {len(failures)} failures")
    for name, size in late.items():
        print(f"  memory of {name}: {early.get(name, 0) / 2**20:.1f} MiB after a quarter, {size / 2**20:.1f} MiB at the end")
    for failure in failures[:5]:
        print(" ", failure)
    grown = max(late[name] / early[name] for name in late if name in early)
    return not failures and min(answers) > 0 and grown < 1.05


def main():
    options = argparse.ArgumentParser()
    options.add_argument("program")
    options.add_argument("--seconds", type=float, default=60)
    options.add_argument("--clients", type=int, default=64)
    options.add_argument("--tokens", type=int, default=200)
    options.add_argument("--threads", default="2")
    options.add_argument("--model", default="{layers: 4, hidden_size: 256, heads: 8, kv_heads: 4, ffn_size: 688, vocab_size: 378}")
    asked = options.parse_args()
    with served(asked.program, "--cache", "256MiB", "--threads", asked.threads, model=asked.model) as (address, process):
        speed(address, 8, 20)  # warm
        ratios = []
        for _ in range(3):
            one, eight = speed(address, 1, asked.tokens), speed(address, 8, asked.tokens)
            ratios.append(eight / one)
            print(f"one client {one:.0f} tokens/s, eight {eight:.0f}: {eight / one:.2f} x")
        sound = hold(address, process, asked.clients, asked.seconds)
    print(f"median {statistics.median(ratios):.2f} x; {'no failure, no growth' if sound else 'FAILED'}")
    sys.exit(0 if sound else 1)


if __name__ == "__main__":
    main()
