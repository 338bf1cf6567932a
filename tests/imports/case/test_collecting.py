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


def test_it_leaves_alone_how_often_all_objects_are_looked_through() -> None:
    usual = gc.get_threshold()
    try:
        with seldom_collected():
            assert gc.get_threshold()[2] == usual[2]
            # A server begins or ends meanwhile, which sets this.
            gc.set_threshold(*gc.get_threshold()[:2], usual[2] + 1)
        assert gc.get_threshold() == (*usual[:2], usual[2] + 1)
    finally:
        gc.set_threshold(*usual)
