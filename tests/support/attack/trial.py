"""Throwing what the generators make at archspec, and judging what comes back."""

from __future__ import annotations

import contextlib
import io
import os
import random
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import archspec
from archspec.cli import main
from archspec.errors import RuleError
from archspec.language import Variants, open_spec
from tests.support.attack.bombs import Bomb
from tests.support.attack.faults import Fault, data_fault, text_fault
from tests.support.attack.grammar import emit, specimen

FORMATS = ("svg", "html", "dot", "mermaid", "tikz")
MODEL = """archspec: 1
name: target
inputs: {image: {channels: 3, size: 8}}
graph:
  embed: {block: patch_embed, patch: 4, dim: 8}
  cls: {block: class_token}
  position: {block: position_embedding}
  layers: {block: encoder_layer, repeat: 2, attention: {block: self_attention, heads: 2}}
  norm: {block: layer_norm}
  pool: {block: select_token, token: cls}
  head: {block: linear, features: 10}
outputs: {logits: head}
"""


@dataclass(frozen=True)
class Verdict:
    """What was wrong: nothing, or a sentence. `kind` is what it counts under."""

    kind: str
    wrong: str = ""


def valid(seed: int, folder: Path) -> Verdict:
    """A valid spec must load with the outputs that the grammar counts, and be reported, explained, compared, drawn."""
    subject, chance = specimen(seed), random.Random(seed)
    text, places = emit(subject.data)
    path = folder / "spec.yaml"
    path.write_text(text)
    try:
        graph = archspec.load(path)
    except archspec.SpecError as error:
        return Verdict("refused", str(error))
    sizes = {name: tuple(graph.shape(ref).sizes) for name, ref in graph.outputs.items()}
    if sizes != subject.outputs:
        return Verdict("disagreement", f"outputs: the grammar counts {subject.outputs}, archspec {sizes}")
    str(archspec.report(graph))
    with contextlib.suppress(archspec.SpecError):
        archspec.explain(path, ".".join(chance.choice(list(places))))
    archspec.render(graph, folder / f"out.{chance.choice(FORMATS)}")
    for variant in subject.data.get("variants", ()):
        str(archspec.diff(graph, archspec.load(path, variant)))
    return Verdict("valid")


def computed(seed: int, folder: Path) -> Verdict:
    """A valid spec whose every node torch runs on the meta device: shapes, parameters, buffers, FLOPs must agree."""
    from archspec.compiler.laws import against_torch

    path = folder / "spec.yaml"
    path.write_text(emit(specimen(seed).data)[0])
    try:
        graph = archspec.load(path)
    except archspec.SpecError as error:
        return Verdict("refused", str(error))
    wrong = list(against_torch(graph))
    return Verdict("disagreement", "\n".join(wrong[:5])) if wrong else Verdict("agreed")


def fault(seed: int, folder: Path) -> Verdict:
    """A spec with one fault must be refused, with a mark on the line at fault."""
    flaw = fault_of(seed)
    return judged(flaw, folder) if flaw else Verdict("no fault")


def fault_of(seed: int) -> Fault | None:
    """The fault of a seed: even ones are in the data, odd ones in the text."""
    make: Callable[..., Fault | None] = text_fault if seed % 2 else data_fault
    return make(specimen(seed), random.Random(seed))


def judged(flaw: Fault, folder: Path) -> Verdict:
    """How archspec takes one fault."""
    path = folder / "spec.yaml"
    path.write_text(flaw.text)
    try:
        _validate(path)
    except archspec.SpecError as error:
        marks = [problem.mark for problem in error.problems if problem.mark]
        if any(mark.line in flaw.lines for mark in marks):
            return Verdict("told")
        return Verdict("told elsewhere", f"{flaw.kind}, at fault {_lines(flaw)}; told: {str(error)[:600]}")
    return Verdict("accepted", f"{flaw.kind}, at fault {_lines(flaw)}")


def _validate(path: Path) -> None:
    """What `archspec validate` does: the default to the last shape, of the variants what they override."""
    variants = Variants(open_spec(path))
    variants.graph(None)
    for name in variants.spec.variants:
        variants.check(name)


def checkpoint(model: Any, name: str, weights: Mapping[str, Any] | Path, canary: Path) -> Verdict:
    """A hostile checkpoint: it is loaded, or refused with a sentence and every tensor left as it was; no code runs."""
    import torch

    before = {key: tensor.clone() for key, tensor in model.state_dict().items()}
    try:
        archspec.load_weights(model, weights)
        verdict = Verdict("loaded")
    except archspec.SpecError:
        verdict = Verdict("refused")
    except Exception as error:
        verdict = Verdict("crash", f"{type(error).__name__}: {error}\n{traceback.format_exc()[-1500:]}")
    if canary.exists():
        return Verdict("code ran", name)
    changed = [key for key, tensor in model.state_dict().items() if not torch.equal(tensor, before[key])]
    if verdict.kind != "loaded" and changed:
        return Verdict("half loaded", f"{len(changed)} tensors were changed before: {verdict.wrong or verdict.kind}")
    return verdict


def thrown(bomb: Bomb, folder: Path) -> int:
    """The exit code of a bomb's command, run in the folder; its output is not kept."""
    for name, text in bomb.files.items():
        (folder / name).write_text(text)
    if "foreign.safetensors" in bomb.words:
        import torch
        from safetensors.torch import save_file

        save_file({"b.weight": torch.zeros(4, 4), "b.bias": torch.zeros(4)}, folder / "foreign.safetensors")
    before = Path.cwd()
    os.chdir(folder)
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            return main([*bomb.words, "--traceback"])
    except (archspec.SpecError, RuleError):  # a sentence: that is as good as an answer
        return 1
    finally:
        os.chdir(before)


def _lines(flaw: Fault) -> str:
    lines = flaw.text.split("\n")
    return "; ".join(f"line {number}: {lines[number - 1].strip()[:80]}" for number in sorted(flaw.lines)[:2])
