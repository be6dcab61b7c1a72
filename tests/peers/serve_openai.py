#!/usr/bin/env python3
"""Asks `ringscope serve` with OpenAI's own client: list, complete, chat, stream, usage, errors, cancel.

    python3 tests/peers/serve_openai.py build/bin/ringscope     (needs openai, prometheus_client)
"""
import signal
import sys
import time
import urllib.request

import openai
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from serve_model import served

KEY = "a-key-of-this-test-0"


def figures(address):
    asked = urllib.request.Request(f"{address}/metrics", headers={"Authorization": f"Bearer {KEY}"})
    with urllib.request.urlopen(asked, timeout=10) as answer:
        text = answer.read().decode()
    return {sample.name + str(sorted(sample.labels.items()) or ""): sample.value
            for family in text_string_to_metric_families(text) for sample in family.samples}


def becomes(address, name, value):
    end = time.monotonic() + 20
    while figures(address)[name] != value:
        assert time.monotonic() < end, f"{name} is {figures(address)[name]}, not {value}"
        time.sleep(0.05)


def refused(kind, status, code, call):
    try:
        call()
    except kind as error:
        assert error.status_code == status and error.code == code, (error.status_code, error.code)
        assert error.body["message"], error.body
        return error
    raise AssertionError(f"{kind.__name__} was expected")


def check_list(client):
    (model,) = client.models.list().data
    assert model.id == "talks" and model.object == "model"
    assert client.models.retrieve("talks").id == "talks"
    refused(openai.NotFoundError, 404, "model_not_found", lambda: client.models.retrieve("gpt-4"))


def check_completions(client):
    asked = dict(model="talks", prompt="The river", max_tokens=24, temperature=0)
    whole = client.completions.create(**asked)
    assert whole.usage.completion_tokens == 24 and whole.choices[0].finish_reason == "length"
    assert whole.usage.total_tokens == whole.usage.prompt_tokens + 24
    parts = list(client.completions.create(**asked, stream=True, stream_options={"include_usage": True}))
    text = "".join(part.choices[0].text for part in parts if part.choices)
    assert text == whole.choices[0].text, (text, whole.choices[0].text)
    assert parts[-1].usage == whole.usage and not parts[-1].choices
    again = client.completions.create(**asked, extra_body={"top_k": 5, "min_p": 0.0, "repetition_penalty": 1.0})
    assert again.choices[0].text == whole.choices[0].text
    several = client.completions.create(model="talks", prompt=["One", "Two"], n=3, max_tokens=5, temperature=1, seed=3)
    assert [choice.index for choice in several.choices] == list(range(6))
    same = client.completions.create(model="talks", prompt=["One", "Two"], n=3, max_tokens=5, temperature=1, seed=3)
    assert [choice.text for choice in several.choices] == [choice.text for choice in same.choices]
    stop = whole.choices[0].text[6:9]
    stopped = client.completions.create(**{**asked, "stop": stop})
    assert stopped.choices[0].finish_reason == "stop" and stop not in stopped.choices[0].text
    assert whole.choices[0].text.startswith(stopped.choices[0].text)


def check_chat(client):
    messages = [{"role": "system", "content": "Be short."}, {"role": "user", "content": "Who stands by the river?"}]
    asked = dict(model="talks", messages=messages, max_completion_tokens=16, temperature=0)
    whole = client.chat.completions.create(**asked)
    assert whole.choices[0].message.role == "assistant" and whole.choices[0].message.content is not None
    parts = list(client.chat.completions.create(**asked, stream=True, stream_options={"include_usage": True}))
    assert parts[0].choices[0].delta.role == "assistant"
    text = "".join(part.choices[0].delta.content or "" for part in parts if part.choices)
    assert text == whole.choices[0].message.content
    assert parts[-2].choices[0].finish_reason == whole.choices[0].finish_reason == "length"
    assert parts[-1].usage == whole.usage and not parts[-1].choices


def check_errors(client, address):
    def complete(**more):
        return client.completions.create(**{"model": "talks", "prompt": "a", "max_tokens": 2, **more})
    wrong = refused(openai.BadRequestError, 400, None, lambda: complete(temperature=3))
    assert wrong.param == "temperature", wrong.param
    refused(openai.BadRequestError, 400, None, lambda: complete(logprobs=2))
    refused(openai.BadRequestError, 400, "context_length_exceeded", lambda: complete(max_tokens=10 ** 8))
    refused(openai.NotFoundError, 404, "model_not_found", lambda: complete(model="gpt-4"))
    stranger = openai.OpenAI(base_url=f"{address}/v1", api_key="a-wrong-key-000000000", max_retries=0)
    refused(openai.AuthenticationError, 401, "invalid_api_key", lambda: stranger.models.list())


def check_cancel(client, address):
    """A client that leaves a stream frees its slot at once."""
    stream = client.completions.create(model="talks", prompt="a", max_tokens=100_000, stream=True,
                                       extra_body={"ignore_eos": True})
    next(iter(stream))
    becomes(address, "ringscope_serve_running_texts", 1)
    stream.close()
    becomes(address, "ringscope_serve_running_texts", 0)
    becomes(address, "ringscope_serve_cache_reserved_tokens", 0)


def check_full(client):
    streams = [client.completions.create(model="talks", prompt="a", max_tokens=20_000, stream=True,
                                         extra_body={"ignore_eos": True}) for _ in range(6)]
    refused(openai.RateLimitError, 429, "queue_full",
            lambda: client.completions.create(model="talks", prompt="a"))
    for stream in streams:
        stream.close()


def main(program):
    options = ["--texts", "4", "--queue", "2", "--cache", "64MiB", "--threads", "1"]
    with served(program, *options, key=KEY) as (address, process):
        client = openai.OpenAI(base_url=f"{address}/v1", api_key=KEY, max_retries=0, timeout=60)
        check_list(client)
        check_completions(client)
        check_chat(client)
        check_errors(client, address)
        check_cancel(client, address)
        check_full(client)
        found = figures(address)
        assert found["ringscope_serve_first_token_seconds_count"] > 0
        running = client.completions.create(model="talks", prompt="a", max_tokens=800, stream=True,
                                            extra_body={"ignore_eos": True})
        next(iter(running))
        process.send_signal(signal.SIGTERM)
        assert sum(1 for part in running if part.choices) > 0, "what runs is finished"
        assert process.wait(60) == 0
    print(f"openai {openai.__version__}: list, complete, chat, stream, usage, errors, cancel, 429 and drain are as expected")


if __name__ == "__main__":
    main(*sys.argv[1:])
