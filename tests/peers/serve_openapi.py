#!/usr/bin/env python3
"""Holds `ringscope serve` against resources/schema/serve_openapi.json with schemathesis.

    python3 tests/peers/serve_openapi.py build/bin/ringscope [more options of schemathesis]

Needs schemathesis and openapi-spec-validator. Requests that the file allows must be answered as it says, those
that it does not allow must be refused, and no answer may have another form. What a file cannot say of a model
(its name, its ids, how long a text may be, that the user asks last) is put in before requests that must be answered.
"""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import urllib.request

from openapi_spec_validator import validate

from serve_model import served

FILE = pathlib.Path(__file__).resolve().parent.parent.parent / "resources" / "schema" / "serve_openapi.json"
KEY = "a-key-of-this-test-0"


def narrowed(file, ids):
    """The file for the model that is served, so that most requests reach it."""
    schemas = file["components"]["schemas"]
    for request in (schemas["CompletionRequest"], schemas["ChatRequest"]):
        properties = request["properties"]
        properties["model"] = {"enum": ["talks"]}
        for name in ("max_tokens", "max_completion_tokens"):
            if name in properties:
                properties[name]["maximum"] = 20
        properties["n"]["maximum"] = 4
    text, id = {"type": "string", "minLength": 1, "maxLength": 40}, {"type": "integer", "minimum": 0, "maximum": ids - 1}
    several = {"type": "array", "minItems": 1, "maxItems": 40, "items": id}
    schemas["CompletionRequest"]["properties"]["prompt"] = {"anyOf": [
        text, several, {"type": "array", "minItems": 1, "maxItems": 4, "items": text},
        {"type": "array", "minItems": 1, "maxItems": 4, "items": several}]}
    schemas["Message"]["properties"].update(role={"enum": ["user"]}, content=text)
    schemas["ChatRequest"]["properties"]["messages"]["maxItems"] = 3
    return file


def main(program, *more):
    file = json.loads(FILE.read_text())
    validate(file)
    schemathesis = shutil.which("schemathesis") or str(pathlib.Path(sys.executable).parent / "schemathesis")
    options = ["--max-length", "1000", "--cache", "64MiB", "--threads", "1", "--max-tokens", "20"]
    with served(program, *options, key=KEY) as (address, process), tempfile.TemporaryDirectory() as folder:
        with urllib.request.urlopen(f"{address}/openapi.json") as answer:
            assert json.load(answer) == file, "the server shows another file"
        own = pathlib.Path(folder) / "openapi.json"
        code = 0
        for mode, described in (("negative", file), ("positive", narrowed(json.loads(FILE.read_text()), 378))):
            own.write_text(json.dumps(described))
            code |= subprocess.run([schemathesis, "run", str(own), "--url", address, "--header",
                                    f"Authorization: Bearer {KEY}", "--checks", "all", "--mode", mode, "--workers", "1",
                                    *(more or ["--max-examples", "60"])], cwd=folder).returncode
            assert process.poll() is None, "the server has ended"
    sys.exit(code)


if __name__ == "__main__":
    main(*sys.argv[1:])
