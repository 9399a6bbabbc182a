"""A drawing from a file as part of a page: its shapes and texts, and nothing that could act or fetch."""

from __future__ import annotations

import re
from xml.etree import ElementTree

SHAPES = {"svg", "g", "defs", "symbol", "use", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon"}
WORDS = {"text", "tspan", "title", "desc"}
ALLOWED = SHAPES | WORDS | {"clipPath"}
DROPPED = {"metadata", "style"}  # matplotlib's: who made it; one rule for all elements, here an attribute
OUTSIDE = re.compile(r"url\((?!\s*['\"]?#)|javascript:|@import|expression\(", re.IGNORECASE)
DECLARED = re.compile(r"<!DOCTYPE[^>\[]*>", re.IGNORECASE)  # without declarations of its own


def inlined(text: str, name: str) -> str:
    """The drawing as an element. name: a word; its ids begin with it, so that two drawings can stand in one page.

    Raises ValueError for what is no SVG, and for scripts, handlers and references to anything outside of it.
    """
    try:
        root = ElementTree.fromstring(DECLARED.sub("", text, count=1) if "<!ENTITY" not in text else "")
    except ElementTree.ParseError as error:
        raise ValueError(f"{name} is no SVG that can be read ({error}); draw it again") from error
    if local(root.tag) != "svg":
        raise ValueError(f"{name} is a {local(root.tag)!r}, expected an svg; draw it again")
    clean(root, name)
    root.set("stroke-linejoin", "round")
    return ElementTree.tostring(root, encoding="unicode")


def clean(element: ElementTree.Element, name: str) -> None:
    element.tag = local(element.tag)
    if element.tag not in ALLOWED:
        raise ValueError(f"{name} holds a {element.tag!r}, which no figure needs; draw it again")
    attributes = {local(key): value for key, value in element.attrib.items()}
    element.attrib.clear()
    for key, value in attributes.items():
        if key.lower().startswith("on") or OUTSIDE.search(value) or (key == "href" and not value.startswith("#")):
            raise ValueError(f"{name} acts or refers outside of itself ({key!r}); draw it again")
        if key == "id":
            value = f"{name}-{value}"
        elif key == "href":
            value = f"#{name}-{value[1:]}"
        element.set(key, re.sub(r"url\(\s*['\"]?#([^'\")]+)['\"]?\s*\)", rf"url(#{name}-\1)", value))
    for child in list(element):
        if not isinstance(child.tag, str) or local(child.tag) in DROPPED:
            element.remove(child)
        else:
            clean(child, name)


def local(tag: str) -> str:
    """Without its namespace."""
    return tag.rpartition("}")[2]
