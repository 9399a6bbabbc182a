"""The check of a device, on a CPU: it passes where all is well, and each planted fault is found."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn import functional as F

from baselines import device as devices
from baselines import door, self_check
from baselines.optimizer import Adam
from baselines.recipes import PROFILES, Profile
from baselines.self_check import Finding, Speed
from harness.preparation import gpu_check
from tests import tiny

CPU = torch.device("cpu")
ATTEND = F.scaled_dot_product_attention
SMALL: Profile = replace(
    tiny.PROFILE, size=replace(tiny.PROFILE.size, n_layer=2, n_head=4, n_embd=64, n_ctx=64, n_vocab=300)
)


def found(name: str) -> Finding:
    return next(finding for finding in self_check.checks(SMALL, CPU) if finding.name.startswith(name))


def test_a_sound_device_passes_all_checks() -> None:
    findings = list(self_check.checks(SMALL, CPU))
    assert [finding.name.split()[0] for finding in findings] == ["bfloat16", "attention", "dropout", "optimizer"]
    assert all(finding.passed for finding in findings), findings
    assert all(finding.remedy.startswith("--") for finding in findings)
    assert devices.Paths() == devices.PATHS  # what the check chose is undone


def test_a_cosine_is_exact_over_as_many_numbers_as_a_full_model_has() -> None:
    """float32's own came to 1.03 of a gradient with itself in bfloat16."""
    many = torch.full((30_000_000,), 1e-3)
    assert self_check.cosine([many, many[:5]], [many, many[:5]]) == pytest.approx(1.0, abs=1e-9)
    assert self_check.cosine([torch.tensor([1.0, 0.0])], [torch.tensor([1.0, 1.0])]) == pytest.approx(0.5**0.5)
    assert self_check.cosine([many], [-many]) == pytest.approx(-1.0, abs=1e-9)


def test_a_wrong_gradient_in_bfloat16_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    original = self_check.step

    def bent(network: Any, batch: Any, labels: Any) -> torch.Tensor:
        loss = original(network, batch, labels)
        if devices.PATHS.precision == "bfloat16":
            for parameter in network.parameters():
                if parameter.grad is not None:
                    parameter.grad += parameter.grad.norm() * torch.randn_like(parameter.grad)
        return loss

    monkeypatch.setattr(self_check, "step", bent)
    finding = found("bfloat16")
    assert not finding.passed and finding.remedy == "--precision float32"


def test_a_wrong_attention_kernel_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that looks into the future."""
    calls = [0]

    def peeping(
        q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, *, is_causal: bool, dropout_p: float = 0.0
    ) -> torch.Tensor:
        del dropout_p
        calls[0] += 1
        return ATTEND(q, k, v, is_causal=is_causal and calls[0] == 1)

    monkeypatch.setattr(F, "scaled_dot_product_attention", peeping)
    finding = self_check.attention(SMALL.size, CPU)
    assert not finding.passed and finding.remedy == "--attention math"


def test_dropout_that_does_not_act_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("baselines.gpt.dropout", lambda x, _: x)
    monkeypatch.setattr("baselines.gpt.dropped_attention", lambda qkv, *_: qkv[:, : qkv.shape[1] // 3])
    monkeypatch.setattr(F, "scaled_dot_product_attention", no_dropout)
    finding = found("dropout")
    assert not finding.passed and "another changes it: False" in finding.found


def test_dropout_that_attention_alone_lacks_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    assert found("dropout").passed
    monkeypatch.setattr(F, "scaled_dot_product_attention", no_dropout)
    finding = found("dropout")
    assert not finding.passed and "another changes it: True" in finding.found
    assert "in attention it acts: False" in finding.found


def test_attention_dropout_that_does_not_keep_the_mean_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def unscaled(q: Any, k: Any, v: Any, *, dropout_p: float = 0.0, **more: Any) -> torch.Tensor:
        return ATTEND(q, k, v, dropout_p=dropout_p, **more) * (1 - dropout_p)

    monkeypatch.setattr(F, "scaled_dot_product_attention", unscaled)
    finding = found("dropout")
    assert not finding.passed and "and keeps the mean: 0.89" in finding.found


def no_dropout(
    q: torch.Tensor,
    k: torch.Tensor,
    v: torch.Tensor,
    *,
    attn_mask: torch.Tensor | None = None,
    is_causal: bool,
    dropout_p: float = 0.0,
) -> torch.Tensor:
    del dropout_p
    return ATTEND(q, k, v, attn_mask=attn_mask, is_causal=is_causal)


def test_another_optimizer_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Adam] = []

    def adam(*arguments: Any) -> Adam:
        made.append(Adam(*arguments))
        if len(made) > 1:  # the device's
            monkeypatch.setattr("baselines.optimizer.EPSILON", 1e-3)
        return made[-1]

    monkeypatch.setattr(self_check, "Adam", adam)
    assert not found("optimizer").passed


def test_speed_is_of_whole_updates_at_each_shape() -> None:
    shapes = {"short": (8.0, 1), "choice": (20.0, 4)}
    measured = dict(self_check.speeds(SMALL, CPU, shapes))
    assert list(measured) == ["short", "choice"]
    assert all(speed.updates > 0 and speed.flops > 0 and speed.memory > 0 for speed in measured.values())
    per_update = {name: speed.flops / speed.updates for name, speed in measured.items()}
    assert per_update["choice"] / per_update["short"] == pytest.approx(20 * 4 / 8, rel=0.2)


# What is said and kept


class Door:
    """Answers as baselines.door does, with one check that fails."""

    def __init__(self, passed: bool) -> None:
        self.passed = passed

    def describe_device(self, _: str) -> list[str]:
        return ["torch 2.13, CUDA 12.8", "a card"]

    def self_check(self, *_: Any) -> Iterator[Finding]:
        yield Finding("optimizer", True, "difference 0")
        yield Finding("attention", self.passed, "difference 1", "--attention math")

    def speeds(self, _: Any, __: str, shapes: Any) -> Iterator[tuple[str, Speed]]:
        for name in shapes:
            yield name, Speed(10.0, 1e13, 2e9)


@pytest.mark.parametrize("passed", [True, False])
def test_what_was_found_is_said_and_kept(tmp_path: Path, passed: bool) -> None:
    said: list[str] = []
    code = gpu_check.run(Door(passed), PROFILES["paper"], "cuda", tmp_path, said.append)
    text = "\n".join(said)
    assert code == (0 if passed else 1)
    assert said[2].startswith("NVIDIA driver ")  # a version, or that it is unknown
    assert ("FAILED attention: difference 1" in text) is not passed
    assert ("switch it off with --attention math" in text) is not passed
    kept = json.loads((tmp_path / "gpu_check.json").read_text())
    assert [finding["passed"] for finding in kept["findings"]] == [True, passed]
    assert kept["speeds"]["race, 512 tokens"]["memory"] == 2e9 and kept["about"][1] == "a card"
    (rte,) = [line for line in text.splitlines() if line.startswith("rte ")]
    assert rte.split() == ["rte", "10.00", "10.00", "2.0", "23", "s"]  # 231 updates, and a little scoring
    assert "A seed of Table 2: 2.8 h; Table 3:" in text


@pytest.mark.gpu
def test_a_gpu_passes_at_full_size() -> None:
    findings = list(door.self_check(PROFILES["paper"], "cuda"))
    assert all(finding.passed for finding in findings), findings


@pytest.mark.gpu
def test_the_longest_step_fits_a_gpu_and_its_speed_is_told() -> None:
    """RACE's batch of 32 questions with four answers of 512 tokens, in as many parts as the card needs."""
    ((_, speed),) = door.speeds(PROFILES["paper"], "cuda", gpu_check.RACE_AT_ITS_LONGEST)
    assert speed.updates > 0 and 0 < speed.memory < torch.cuda.mem_get_info()[1]
    assert any(line.startswith("NVIDIA driver") for line in gpu_check.about(door, "cuda"))


# Paths


def test_paths_decide_precision_and_attention() -> None:
    linear, x = torch.nn.Linear(4, 4), torch.randn(2, 4)
    with devices.autocast(CPU):
        assert linear(x).dtype == torch.float32
    with devices.using(precision="bfloat16"), devices.autocast(CPU):
        assert linear(x).dtype == torch.bfloat16
    cuda = torch.device("cuda")
    assert devices.precision(cuda) == "bfloat16" and devices.precision(CPU) == "float32"
    with devices.using(precision="float32"):
        assert devices.precision(cuda) == "float32"
    with devices.using(attention="math"), devices.autocast(CPU):
        assert torch.backends.cuda.math_sdp_enabled() and not torch.backends.cuda.flash_sdp_enabled()
    assert torch.backends.cuda.flash_sdp_enabled()
