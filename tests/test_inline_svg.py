"""A drawing in a page: shapes and texts go in, anything that could act or fetch is refused."""

from __future__ import annotations

import pytest

from harness.page.inline_svg import inlined

SVG = "http://www.w3.org/2000/svg"
HEAD = '<?xml version="1.0"?>\n<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/svg11.dtd">\n'


def drawing(inner: str, head: str = HEAD, attributes: str = "") -> str:
    return f'{head}<svg xmlns="{SVG}" xmlns:xlink="http://www.w3.org/1999/xlink" {attributes}>{inner}</svg>'


def test_shapes_and_texts_stay_and_ids_are_the_drawings_own() -> None:
    made = inlined(
        drawing(
            "<metadata>who</metadata><defs><path id='m' d='M0 0'/><clipPath id='c'/></defs><style>*{}</style>"
            "<g clip-path='url(#c)' style=\"fill: url('#c')\"><use xlink:href='#m'/><text>&lt;b&gt;</text></g><!-- -->"
        ),
        "left",
    )
    assert made == (
        '<svg stroke-linejoin="round"><defs><path id="left-m" d="M0 0" /><clipPath id="left-c" /></defs>'
        '<g clip-path="url(#left-c)" style="fill: url(#left-c)"><use href="#left-m" /><text>&lt;b&gt;</text></g></svg>'
    )


@pytest.mark.parametrize(
    ("inner", "said"),
    [
        ("<script>alert(1)</script>", "holds a 'script'"),
        ("<foreignObject/>", "holds a 'foreignObject'"),
        ("<image href='x.png'/>", "holds a 'image'"),
        ("<g onload='x()'/>", "acts or refers outside of itself .*'onload'"),
        ("<use xlink:href='http://a/b#c'/>", "acts or refers outside of itself .*'href'"),
        ("<use href='javascript:x'/>", "acts or refers outside"),
        ("<g style='fill: url(http://a/b)'/>", "acts or refers outside .*'style'"),
        ("<g", "is no SVG that can be read"),
    ],
)
def test_what_acts_or_refers_outside_is_refused(inner: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        inlined(drawing(inner), "left")


def test_other_documents_and_declared_entities_are_refused() -> None:
    with pytest.raises(ValueError, match="is a 'html', expected an svg"):
        inlined("<html/>", "left")
    with pytest.raises(ValueError, match="is no SVG"):
        inlined(drawing("&a;", '<!DOCTYPE svg [<!ENTITY a "b">]>'), "left")
    with pytest.raises(ValueError, match="acts or refers"):
        inlined(drawing("", attributes="onload='x()'"), "left")
