"""The scripts that touch no page, tested where they are written, by Node's own test runner."""

import json
import shutil
import subprocess
from pathlib import Path

from flowpilot.flows.shipped import shipped_flows
from flowpilot.flows.tree import Tree, to_json
from flowpilot.web.flows.outline import outline

HERE = Path(__file__).parent


def node(*words: str, given: str = "") -> str:
    """What Node prints, which comes with npm. It fails with that if it ends with an error."""
    found = shutil.which("node")
    assert found is not None, "Install nodejs: the tests of scripts run in it."
    done = subprocess.run([found, *words], input=given, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_tests_of_the_scripts_pass() -> None:
    files = sorted(map(str, HERE.rglob("*.test.js")))
    printed = node("--test", "--test-reporter=tap", *files)
    assert "\n# fail 0\n" in printed
    assert len(files) >= 4
    assert "\n# tests 0\n" not in printed


def test_the_canvas_numbers_and_places_nodes_as_the_page_of_a_flow_does() -> None:
    trees = [flow.tree for flow in shipped_flows().values()]
    # A draft may have parts that no path leads to.
    trees += [Tree(root="gone", nodes=tree.nodes) for tree in trees]
    trees += [Tree(root=min(tree.nodes), nodes=tree.nodes) for tree in trees]
    placed = json.loads(
        node(str(HERE / "canvas" / "places.js"), given=json.dumps([to_json(tree) for tree in trees]))
    )
    for tree, places in zip(trees, placed, strict=True):
        entries = outline(tree).entries.values()
        assert places == [[entry.id, entry.number, entry.depth] for entry in entries]
