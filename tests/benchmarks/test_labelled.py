"""What measurements on labelled texts share."""

from benchmarks.labelled import with_section


def test_a_section_takes_the_place_of_the_one_with_its_title() -> None:
    text = "# All\n\n## One\n\nold\n\n## One more\n\nstays\n"
    assert with_section(text, "## One\n\nnew") == "# All\n\n## One\n\nnew\n\n## One more\n\nstays\n"
