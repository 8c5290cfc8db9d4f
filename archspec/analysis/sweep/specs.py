"""The kept points of a sweep as specs of their own."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archspec import files
from archspec.errors import Problem, Source, SpecError
from archspec.language import document, resolve
from archspec.language.document.write import dump, is_dumped
from archspec.language.words import beside

if TYPE_CHECKING:
    from archspec.analysis.sweep.sweep import Sweep

_DROPPED = ("variants", "default", "expect", "weights", "extends")
"""Keys that a copy of the resolved spec does without."""


def write_specs(sweep: Sweep, folder: Path) -> list[Path]:
    """Each kept point as a spec that extends the sweep's and expects its own costs; the paths written.

    Raises a SpecError where the spec uses files that cannot be reached from the folder.
    """
    files.folder(folder)
    base = _base(sweep, folder)
    stem = re.sub(r"[^A-Za-z0-9_.-]", "_", sweep.variant or sweep.spec.default or sweep.spec.path.stem)[:80]
    digits = len(str(len(sweep.kept)))
    paths = []
    for number, point in enumerate(sweep.kept, 1):
        name = f"{stem}-{number:0{digits}}"
        data: dict[str, Any] = {"archspec": 1, "name": name, "extends": base}
        for path, value in point.settings.items():
            _assign(data, path.split("."), value)
        data["expect"] = {"params": point.cost["params"], "macs": point.cost["macs"]}
        paths.append(folder / f"{name}.yaml")
        files.write(paths[-1], dump(data), is_dumped)
    return paths


def _base(sweep: Sweep, folder: Path) -> str:
    """What the written specs extend: the sweep's file where it lies near, else a copy of the resolved spec."""
    variant = sweep.variant or sweep.spec.default
    relative = os.path.relpath(sweep.spec.path, folder)
    leaf = document.value(Source("-o", "here"))
    try:
        beside(folder / "point.yaml", relative, leaf)  # type: ignore[arg-type]
        return f"{relative}#{variant}" if variant else relative
    except SpecError:
        pass
    tree = resolve(sweep.spec, sweep.variant)
    if "use" in tree.entries:
        message = f"{sweep.spec.path} uses files beside it, and {folder} is too far from them"
        raise SpecError(Problem("file-outside", message, help="choose a folder beside the spec")) from None
    data = {key: value for key, value in document.plain(tree).items() if key not in _DROPPED}
    files.write(folder / sweep.spec.path.name, dump(data), is_dumped)
    return sweep.spec.path.name


def _assign(data: dict[str, Any], words: list[str], value: Any) -> None:
    for word in words[:-1]:
        data = data.setdefault(word.strip(), {})
    data[words[-1].strip()] = value
