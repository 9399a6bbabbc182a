"""Whether the hub can be reached: found out in two seconds, whatever network or address it is."""

from __future__ import annotations

import os
import socket
import threading
import time

import pytest

from harness.sources import hub
from tests.stub_hub import StubHub


@pytest.fixture
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    return monkeypatch


def test_a_hub_that_listens_is_reachable(no_proxy: pytest.MonkeyPatch) -> None:
    with StubHub({}) as stub:
        no_proxy.setattr("huggingface_hub.constants.ENDPOINT", stub.endpoint)
        assert hub.unreachable() == ""
    assert "cannot be reached (Connection refused)" in hub.unreachable()


def test_a_look_up_that_hangs_is_not_waited_for(no_proxy: pytest.MonkeyPatch) -> None:
    no_proxy.setattr("huggingface_hub.constants.ENDPOINT", "https://hub.example")
    no_proxy.setattr(hub, "CONNECT_SECONDS", 0.1)
    over = threading.Event()

    def hang(*_: object) -> None:
        over.wait(5)
        raise TimeoutError

    no_proxy.setattr(socket, "create_connection", hang)
    started = time.monotonic()
    assert hub.unreachable() == "hub.example:443 cannot be reached (no answer in 0.1 seconds)"
    assert time.monotonic() - started < 1
    over.set()


def test_behind_a_proxy_nothing_is_tried(no_proxy: pytest.MonkeyPatch, dead: str) -> None:
    no_proxy.setattr("huggingface_hub.constants.ENDPOINT", dead)
    no_proxy.setenv("http_proxy", "http://proxy.example:3128")
    assert hub.unreachable() == ""
    no_proxy.setenv("no_proxy", "127.0.0.1")
    assert "cannot be reached" in hub.unreachable()


@pytest.mark.parametrize("endpoint", ["huggingface.co", "http://127.0.0.1:port", "", "https://"])
def test_an_endpoint_that_is_no_address_is_named(no_proxy: pytest.MonkeyPatch, endpoint: str) -> None:
    no_proxy.setattr("huggingface_hub.constants.ENDPOINT", endpoint)
    assert hub.unreachable() == f"HF_ENDPOINT is {endpoint!r}, expected an address such as https://huggingface.co"
