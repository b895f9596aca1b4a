import json
import pathlib
import subprocess
import sys
import typing

import pytest

from bot9_webhooks import EVENT_TYPES, events, parse_event

ROOT = pathlib.Path(__file__).parents[3]


@pytest.mark.parametrize("event", EVENT_TYPES)
def test_types_hold_the_catalogs_samples(event):
    sample = json.loads((ROOT / "internal/catalog/events" / f"{event}.json").read_text())["sample"]
    check(getattr(events, event[0].upper() + event[1:] + "Data"), sample)


def check(kind, value):
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if hasattr(kind, "__required_keys__"):
        assert kind.__required_keys__ <= set(value) <= kind.__required_keys__ | kind.__optional_keys__
        hints = typing.get_type_hints(kind)
        for name, item in value.items():
            check(hints[name], item)
    elif origin is typing.Literal:
        assert value in arguments
    elif origin is typing.Union:  # Optional
        if value is not None:
            check(arguments[0], value)
    elif origin is list:
        for item in value:
            check(arguments[0], item)
    elif origin is dict:
        assert isinstance(value, dict)
        for item in value.values():
            check(arguments[1], item)
    elif kind is typing.Any:
        json.dumps(value)  # any JSON
    else:
        assert isinstance(value, (int, float) if kind is float else kind)


def test_parse_event(make_body):
    event = parse_event(make_body())
    assert (event["event"], event["conversationId"], event["sequence"]) == ("ping", "conv_1", 5)


def test_the_vectors_are_up_to_date():
    subprocess.run([sys.executable, ROOT / "sdk/testdata/generate.py", "--check"], check=True)


def test_nothing_but_the_standard_library_is_needed():
    # -S: without site-packages.
    command = [sys.executable, "-S", "-c", "import bot9_webhooks, bot9_webhooks.events"]
    subprocess.run(command, check=True, env={"PYTHONPATH": str(ROOT / "sdk/python/src")})
