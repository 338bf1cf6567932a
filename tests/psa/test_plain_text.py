"""What people wrote in a ticket system is shown as text that can be read."""

from time import process_time

import pytest

from flowpilot.psa.plain_text import plain, plain_from_html

SAFE_LINK = (
    "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fdesk.example%2Fa%3Fb%3D1"
    "&data=05%7C01%7Calex&sdata=abc%3D&reserved=0"
)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (f"See <{SAFE_LINK}>.", "See <https://desk.example/a?b=1>."),
        (f"See {SAFE_LINK.replace('&', '&amp;')} now", "See https://desk.example/a?b=1 now"),
        (
            "Before ![The printer](https://x.example/1.png) after ![](data:;base64,AAAA)",
            "Before [image: The printer] after [image]",
        ),
        ("\u200e+43 1 234\u202c\u00a056", "+43 1 234 56"),
        ("👩\u200d🔧 fixed it", "👩\u200d🔧 fixed it"),
        ("One\r\n\r\n\r\n\r\nTwo  \r\n", "One\n\nTwo"),
        ("<b>not bold</b> & 3 < 4", "<b>not bold</b> & 3 < 4"),
        ("NUL \x00 and half \ud800 a character", "NUL  and half  a character"),
    ],
)
def test_text_is_read_without_what_machines_added(written: str, read: str) -> None:
    assert plain(written) == read


@pytest.mark.parametrize(
    ("html", "read"),
    [
        ("<p>Dear desk,</p>\n<p>the <b>printer</b>\n is off.</p>", "Dear desk,\n\nthe printer is off."),
        ("One<br>two<div>three</div>four", "One\ntwo\nthree\nfour"),
        ("<ul><li>first</li><li>second</li></ul>", "- first\n- second"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
        ("<style>p {color: red}</style><script>alert(1)</script>Hello &lt;b&gt;", "Hello <b>"),
        (f'<a href="{SAFE_LINK}">the page</a>', "the page (https://desk.example/a?b=1)"),
        (
            '<a href="https://a.example">https://a.example</a> <a href="javascript:x()">b</a>',
            "https://a.example b",
        ),
        ('Look: <img src="cid:1" alt="The screen">', "Look: [image: The screen]"),
        ("<pre>a  b\n  c</pre>", "a  b\n  c"),
        ("</div></p>not <p>balanced", "not\nbalanced"),
    ],
)
def test_html_is_read_as_a_browser_shows_it(html: str, read: str) -> None:
    assert plain_from_html(html) == read


@pytest.mark.parametrize("piece", ["![", SAFE_LINK[:48], "<div>", "<a ", "<a b='", "<!--", "<style><", "&"])
def test_text_made_to_keep_somebody_busy_does_not(piece: str) -> None:
    before = process_time()
    plain_from_html(piece * 100_000)
    assert process_time() - before < 5
