"""How quantities are written: sizes, costs, paths that differ in numbers."""

from __future__ import annotations

import pytest

from archspec.graph import Image, Tokens, Vector, fold_paths, path_pattern, show_macs, show_sizes


def test_sizes_stand_without_the_batch() -> None:
    assert show_sizes(Tokens(197, 384)) == "197×384"
    assert show_sizes(Image(3, 224, 224), Vector(10)) == "3×224×224, 10"
    assert show_sizes() == ""


@pytest.mark.parametrize(
    ("macs", "text"),
    [(4_566_000_000, "4.566 GMACs"), (100_000_000, "0.100 GMACs"), (99_999_000, "99.999 MMACs"), (0, "0.000 MMACs")],
)
def test_costs_have_three_decimals(macs: int, text: str) -> None:
    assert show_macs(macs) == text


@pytest.mark.parametrize(
    ("paths", "folded"),
    [
        (["head"], "head"),
        (["0", "1", "2"], "0…2"),
        (["stage.0.norm", "stage.1.norm", "stage.11.norm"], "stage.0…11.norm"),
        (["a.0.b.0", "a.0.b.1", "a.1.b.0", "a.1.b.1"], "a.0…1.b.0…1"),
        (["a.0.b.0", "a.0.b.1", "a.1.b.0"], "a.0…1.b.0"),
    ],
)
def test_paths_are_folded_where_they_differ(paths: list[str], folded: str) -> None:
    assert fold_paths(paths) == folded


def test_whoever_folds_decides_how_differing_parts_are_written() -> None:
    paths = ["blocks.0.x", "blocks.2.x", "blocks.2.x"]
    assert fold_paths(paths, lambda values: "{" + ",".join(sorted(set(values))) + "}") == "blocks.{0,2}.x"


def test_paths_of_different_depth_are_not_folded() -> None:
    with pytest.raises(ValueError, match="argument 2 is shorter"):
        fold_paths(["a.b", "a"])


def test_a_pattern_is_the_same_for_paths_that_differ_in_numbers() -> None:
    assert path_pattern("blocks.3.norm") == path_pattern("blocks.11.norm") == "blocks.#.norm"
    assert path_pattern("x0.y1") == "x0.y1"
