"""Reads the test vectors that all receiver libraries run."""

import base64
import json
import pathlib

TESTDATA = pathlib.Path(__file__).parents[2] / "testdata"

VERIFY = json.loads((TESTDATA / "verify.json").read_text())
HANDLER = json.loads((TESTDATA / "handler.json").read_text())


def body_of(vector):
    """The body as sdk/testdata/generate.py describes it."""
    if "bodyRepeat" in vector:
        repeat = vector["bodyRepeat"]
        return (repeat["before"] + repeat["text"] * repeat["times"] + repeat["after"]).encode()
    if "bodyBase64" in vector:
        return base64.b64decode(vector["bodyBase64"])
    return vector["body"].encode()
