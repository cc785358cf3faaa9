"""In: the text of a search (URL, `GET` line, POST request, query, template). Out: its raw parts with their places.

The lexer knows no parameter: it finds where things begin and end, and takes off the percent-encoding.
Source: FHIR http.html#search and search.html#escaping; RFC 3986, section 2.1.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final, NamedTuple, TypeAlias

from fhirdistill.errors import SearchSyntaxError
from fhirdistill.search.spec import COMPARTMENTS

# A brace as typed marks the template form, `%7B` is a brace like any other character. Decoding tells them apart by
# turning the first kind into two Unicode noncharacters, which no text may hold (Unicode 23.7).
OPEN: Final = "\ufdd0"
CLOSE: Final = "\ufdd1"
_MARKS = str.maketrans({"{": OPEN, "}": CLOSE})

_BRACED_OR_AND = re.compile(r"\{[^{}]*\}|&")
_CODED = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ufdd0\ufdd1]")
_PATH = re.compile(r"[^\s{}]*")
_TYPE = re.compile(r"[A-Z][A-Za-z]*")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_BLANK = " \t\r\n"

# One `key=value` of a query: key and value as written, the offset of the key, whether it came in the body of a POST.
# (A plain tuple: a query may have hundreds of thousands.)
Item: TypeAlias = tuple[str, str, int, bool]


def key_span(item: Item) -> tuple[int, int]:
    """Return the range of an item's key."""
    return item[2], item[2] + len(item[0])


def value_span(item: Item) -> tuple[int, int]:
    """Return the range of an item's value."""
    start = item[2] + len(item[0]) + 1
    return start, start + len(item[1])


class Request(NamedTuple):
    """The parts of a search before any of them is understood."""

    base: str
    compartment: tuple[str, str] | None
    type: str | None
    type_span: tuple[int, int]
    items: list[Item]


def lex(text: str) -> Request:
    """Take a search apart. Raises SearchSyntaxError.

    >>> lex("GET http://example.org/fhir/Patient?name=a&birthdate=2000 HTTP/1.1").items
    [('name', 'a', 36, False), ('birthdate', '2000', 43, False)]
    """
    start = len(text) - len(text.lstrip(_BLANK))
    end = len(text.rstrip(_BLANK))
    form = None
    if text.startswith(("GET ", "POST "), start):
        start, end, form = _request_line(text, start, end)
    if not text.isprintable():
        _check_characters(text, (start, end), form)
    path_end, query = _halves(text, start, end)
    base, compartment, type, type_span = _path(text, start, path_end)
    items = _items(text, query, end, False)
    if form:
        items += _items(text, *form, True)
    return Request(base, compartment, type, type_span, items)


def decode(raw: str, at: int, form: bool = False) -> str:
    """Take the percent-encoding off a raw piece that stands at offset `at`; braces as typed become OPEN and CLOSE.

    A plus is a plus, except in the body of a POST, where it is a blank. Raises SearchSyntaxError.
    """
    if form:
        raw = raw.replace("+", " ")
    text = raw.translate(_MARKS) if "{" in raw or "}" in raw else raw
    if "%" in text:
        try:
            text = _CODED.sub(_unquote, text)
        except UnicodeDecodeError:
            raise SearchSyntaxError(
                "The percent-encoding is no UTF-8.", (at, at + len(raw)), hint="Encode the text as UTF-8 first."
            ) from None
        if text.count(OPEN) != raw.count("{") or text.count(CLOSE) != raw.count("}"):
            raise SearchSyntaxError("A noncharacter stands in the search.", (at, at + len(raw)))
    return text


def split(text: str, separator: str) -> list[str]:
    r"""Split decoded text at a separator that is neither escaped nor in braces.

    >>> split(r"a\,b,c", ",")
    ['a\\,b', 'c']
    """
    if "\\" not in text and OPEN not in text:
        return text.split(separator)
    return _cut(text, _separators(separator), separator)


@cache
def _separators(separator: str) -> re.Pattern[str]:
    return re.compile(rf"\\.|{OPEN}[^{OPEN}{CLOSE}]*{CLOSE}|{re.escape(separator)}", re.DOTALL)


def _cut(text: str, pattern: re.Pattern[str], separator: str) -> list[str]:
    """Cut a text where the pattern finds the separator and not what hides it."""
    pieces, begin = [], 0
    for match in pattern.finditer(text):
        if match[0] == separator:
            pieces.append(text[begin : match.start()])
            begin = match.end()
    return [*pieces, text[begin:]]


def _halves(text: str, start: int, end: int) -> tuple[int, int]:
    """Find where the path ends and where the query starts."""
    mark = text.find("?", start, end)
    if mark >= 0:
        return mark, mark + 1
    if text.find("=", start, end) >= 0:  # a query alone, as in the body of a POST
        return start, start
    return end, end


def _unquote(match: re.Match[str]) -> str:
    return bytes.fromhex(match[0].replace("%", "")).decode()


def _check_characters(text: str, *ranges: tuple[int, int] | None) -> None:
    """Refuse lone surrogates, and in the given ranges control characters and the two marks."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise SearchSyntaxError("The text is no Unicode text: a lone surrogate.", (error.start, error.end)) from None
    for range in ranges:
        control = _CONTROL.search(text, *range) if range else None
        if control:
            raise SearchSyntaxError(
                "A control character stands in the search.", control.span(), hint="Encode it, as in %0A."
            )


def _request_line(text: str, start: int, end: int) -> tuple[int, int, tuple[int, int] | None]:
    """Find the target in `GET target HTTP/1.1`, and the body of a POST."""
    line_end = text.find("\n", start, end)
    line_end = end if line_end < 0 else line_end
    post = text.startswith("POST", start)
    start = text.find(" ", start) + 1
    line = text[start:line_end].rstrip(_BLANK)
    target, _, version = line.rpartition(" ")
    if version.startswith("HTTP/"):
        line = target
    start += len(line) - len(line.lstrip(_BLANK))
    if not post or line_end == end:
        return start, start + len(line.strip(_BLANK)), None
    blank = max(text.find(gap, line_end, end) + len(gap) - 1 for gap in ("\n\n", "\n\r\n"))
    body = blank + 1 if blank > line_end else line_end + 1
    return start, start + len(line.strip(_BLANK)), (body, end)


def _path(text: str, start: int, end: int) -> tuple[str, tuple[str, str] | None, str | None, tuple[int, int]]:
    """Take base, compartment and type out of a path (http.html#search, search.html#searchcontexts)."""
    if _TYPE.fullmatch(text, start, end):  # a type alone, as most searches have it
        return "", None, text[start:end], (start, end)
    if not _PATH.fullmatch(text, start, end):
        raise SearchSyntaxError(
            "Before the question mark stands more than a path.", (start, end), hint="Write Type?parameter=value."
        )
    parts = text[start:end].split("/")
    while len(parts) > 1 and parts[-1] in ("", "_search"):
        parts.pop()
    last, stop = parts[-1], start + len("/".join(parts))
    alone = len(parts) == 1 or parts[:-1] == [""]
    if last in ("", "_search"):
        return "", None, None, (start, start)
    star = last == "*" and len(parts) > 2
    if not (star or _TYPE.fullmatch(last) or (alone and _NAME.fullmatch(last))):
        if alone and "." not in last and ":" not in last and "[" not in last:
            raise SearchSyntaxError(f"{last!r} is no resource type.", (stop - len(last), stop))
        return "/".join(parts), None, None, (start, start)
    parts.pop()
    compartment = None
    if len(parts) > 1 and parts[-2] in COMPARTMENTS:
        compartment = (parts[-2], parts[-1])
        del parts[-2:]
    elif star:
        raise SearchSyntaxError("A star stands where a type should.", (stop - 1, stop), hint="Give a resource type.")
    return "/".join(parts), compartment, None if star else last, (stop - len(last), stop)


def _items(text: str, start: int, end: int, form: bool) -> list[Item]:
    """Cut a query at its ampersands (those in braces are text)."""
    query = text[start:end]
    items = []
    for piece in _cut(query, _BRACED_OR_AND, "&") if "{" in query else query.split("&"):
        if piece:
            key, equals, value = piece.partition("=")
            if not equals:
                raise SearchSyntaxError(
                    f"{piece[:40]!r} has no equals sign.", (start, start + len(piece)), hint="Write parameter=value."
                )
            items.append((key, value, start, form))
        start += len(piece) + 1
    return items
