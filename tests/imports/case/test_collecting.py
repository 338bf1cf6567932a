"""How often Python looks for circles of objects while it imports."""

import gc

from flowpilot.imports.case.collecting import seldom_collected


def test_it_looks_seldom_and_then_as_before() -> None:
    usual = gc.get_threshold()
    with seldom_collected():
        seldom = gc.get_threshold()
        with seldom_collected():
            pass
        assert gc.get_threshold() == seldom
    assert seldom > usual == gc.get_threshold()
