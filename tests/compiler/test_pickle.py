"""Graphs go through pickle, to this process and to others, whatever language their blocks are written in."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

import archspec
from archspec.graph import Graph, infer
from archspec.language import packaged_specs
from tests.support.origins import origin_of

OTHER = """
import pickle, sys
import archspec
from archspec.graph import infer
graph = pickle.load(open(sys.argv[1], "rb"))
assert not archspec.diff(graph, infer(graph))
pickle.dump((graph, archspec.build(graph, device="meta")), open(sys.argv[2], "wb"))
"""


def alike(one: Graph, other: Graph) -> bool:
    """Whether two graphs have the same nodes, of the same classes, with the same values."""
    pairs = zip(one.walk(), other.walk(), strict=True)
    return all(path == there and node.block == again.block for (path, node), (there, again) in pairs)


@pytest.mark.parametrize("path", packaged_specs(), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_graph_is_the_same_again(path: Path) -> None:
    graph = archspec.load(path)
    again = pickle.loads(pickle.dumps(graph))
    assert alike(graph, again) and origin_of(again).hash == origin_of(graph).hash
    assert again.cost == graph.cost and infer(again).cost == infer(graph).cost
    assert alike(graph, copy.deepcopy(graph))


def test_a_graph_with_blocks_of_its_own_goes_to_another_process_and_back(tmp_path: Path) -> None:
    graph = archspec.load("cvt_13")
    (tmp_path / "in.pkl").write_bytes(pickle.dumps(graph))
    command = [sys.executable, "-c", OTHER, str(tmp_path / "in.pkl"), str(tmp_path / "out.pkl")]
    subprocess.run(command, check=True, timeout=120)
    again, model = pickle.loads((tmp_path / "out.pkl").read_bytes())
    assert alike(graph, again)
    assert model.state_dict().keys() == archspec.build(graph, device="meta").state_dict().keys()
