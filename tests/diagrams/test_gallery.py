"""The gallery: specs/README.md and its pictures are what tools/gallery would write."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from archspec.cli.main import main
from archspec.language import open_spec, packaged_specs
from tests.support.proofs import proof

ROOT = Path(__file__).parents[2]
README = (ROOT / "specs" / "README.md").read_text(encoding="utf-8")


def test_the_gallery_is_fresh() -> None:
    command = [sys.executable, "tools/gallery", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_variant_has_its_line() -> None:
    for file in packaged_specs():
        for variant in open_spec(file).variants:
            assert README.count(f"\n| {variant} |") + README.count(f"\n| **{variant}** |") == 1, variant


def test_the_pictures_say_how_they_were_drawn() -> None:
    assert main(["render", "--check", str(ROOT / "specs" / "diagrams")]) == 0


def test_links_lead_somewhere() -> None:
    for target in set(re.findall(r"\]\((?!https:)(.*?)\)|(?:src|href)=\"(.*?)\"", README)):
        assert (ROOT / "specs" / "".join(target)).is_file(), target


def test_a_claim_is_read_from_a_test() -> None:
    def test_timm(name: str) -> tuple[str, str]:
        return name, "deit_b"

    code, variants = test_timm.__code__, frozenset({"vit_s", "vit_b", "deit_b"})
    found = proof("test_timm", code, {"name": "vit_s", "size": 224}, variants)
    assert found is not None
    assert (found.peer, found.numbers, found.named, found.written) == ("timm", "logits", {"vit_s"}, {"deit_b"})
    assert proof("test_drop_path", code, {"name": "vit_s"}, variants) is None
