"""In: the steps that the student chose. Out: the search template that they write, as text."""

from __future__ import annotations

import re
from collections.abc import Sequence

from fhirdistill.errors import DataError
from fhirdistill.student.steps import Source, Step

YEAR_DIGITS = 4
ESCAPED = str.maketrans({"\\": "\\\\", ",": "\\,", "$": "\\$", "|": "\\|"})
UNSAFE = re.compile(r"[&{}\x00-\x1f\x7f]|%(?=[0-9A-Fa-f]{2})")  # what a template reads as something else


def read_label(steps: Sequence[Step], source: Source) -> str:
    """Return the template that `steps` write over the question `source`. Raises DataError where they make no search."""
    return _Reader(steps, source).search()


def says_twice(template: str) -> bool:
    """Tell whether a template repeats a parameter with the same values, or a value among alternatives.

    >>> says_twice("Consent?status=active,active"), says_twice("Patient?name=Ann&gender=female")
    (True, False)
    """
    parameters = template.partition("?")[2].split("&")
    values = [parameter.partition("=")[2].split(",") for parameter in parameters]
    return any(len(set(found)) < len(found) for found in (parameters, *values))


class _Reader:
    """Read steps from left to right; each method takes what its name says and returns its text."""

    def __init__(self, steps: Sequence[Step], source: Source) -> None:
        self.steps = steps
        self.source = source
        self.at = 0

    @property
    def token(self) -> str:
        return self.steps[self.at].token if self.at < len(self.steps) else "<eos>"

    def take(self, kind: str) -> str:
        """Take a token of a kind and return its text."""
        found, _, text = self.token.partition(":")
        if found != kind:
            raise DataError(f"step {self.at}: {kind} expected, not {self.token!r}")
        self.at += 1
        return text

    def skip(self, token: str) -> bool:
        """Take `token` if it comes next."""
        found = self.token == token
        self.at += found
        return found

    def is_kind(self, kind: str) -> bool:
        return self.token.startswith(f"{kind}:")

    def pointer(self, token: str) -> int:
        if self.token != token:
            raise DataError(f"step {self.at}: {token} expected, not {self.token!r}")
        self.at += 1
        return self.steps[self.at - 1].unit

    def search(self) -> str:
        type_ = self.take("T")
        parameters = []
        while self.token != "<eos>":
            parameters.append(self.parameter())
        return f"{type_}?{'&'.join(parameters)}" if parameters else type_

    def parameter(self) -> str:
        path = ""
        while True:
            if self.skip("<has>"):
                path += f"_has:{self.take('T')}:{self.take('P')}:"
                continue
            name = self.take("P")
            if self.skip("<.>"):
                path += f"{name}."
            elif self.is_kind("T") and name not in ("_include", "_revinclude"):
                path += f"{name}:{self.take('T')}."
            else:
                break
        modifier = f":{self.take('M')}" if self.is_kind("M") else ""
        values = [self.value(name)]
        while self.skip("<,>"):
            values.append(self.value(name))
        return f"{path}{name}{modifier}={','.join(values)}"

    def value(self, name: str) -> str:
        if name == "_sort":
            return ("-" if self.skip("<->") else "") + self.take("P")
        if name in ("_include", "_revinclude"):
            source = self.take("T")
            target = "*" if self.skip("<*>") else self.take("P")
            return f"{source}:{target}" + (f":{self.take('T')}" if self.is_kind("T") else "")
        parts = [self.part()]
        while self.skip("<$>"):
            parts.append(self.part())
        return "$".join(parts)

    def part(self) -> str:
        if self.skip("<{>"):
            return "{" + self.concept() + "}"
        for kind in ("K", "E"):
            if self.is_kind(kind):
                return self.take(kind)
        if self.skip("</>"):
            return f"{self.take('T')}/{self.copied()}"
        if self.token == "<start>":
            return self.copied()
        return (self.take("X") if self.is_kind("X") else "") + (self.math() if self.is_kind("A") else self.number())

    def concept(self) -> str:
        words = [self.take("W")] if self.is_kind("W") else [self.span()]
        while self.token == "<start>":
            words.append(self.span())
        return UNSAFE.sub(_quote, " ".join(words))

    def copied(self) -> str:
        """Take a span that stands for a value: escaped (search.html#escaping), so that it reads back as it is."""
        return UNSAFE.sub(_quote, self.span().translate(ESCAPED))

    def span(self) -> str:
        first, last = self.pointer("<start>"), self.pointer("<end>")
        if last < first:
            raise DataError(f"step {self.at}: a span from unit {first} to unit {last}")
        return self.source.slice(first, last)

    def digits(self) -> str:
        out = ""
        while self.is_kind("N"):
            out += self.take("N")
        if self.token == "<number>" and len(out) < YEAR_DIGITS:
            out += self.source.units[self.pointer("<number>")].number or ""
        if not out:
            raise DataError(f"step {self.at}: a number expected, not {self.token!r}")
        return out

    def number(self) -> str:
        out = self.digits() + self.month_and_day()
        if self.is_kind("Q"):
            return f"{out}||{self.take('Q')}"
        return f"{out}||{self.copied()}" if self.skip("<||>") else out

    def math(self) -> str:
        base = self.take("A")
        if not base.endswith(("-", "+")):
            return "{" + base + "}" + self.month_and_day()
        size = self.digits()
        size = f"({size}+1)" if self.skip("<+1>") else size
        return "{" + base + size + (self.take("U") if self.is_kind("U") else "") + "}" + self.month_and_day()

    def month_and_day(self) -> str:
        return self.two_digits("MM") + self.two_digits("DD")

    def two_digits(self, kind: str) -> str:
        if self.token == "<number>":
            return "-" + (self.source.units[self.pointer("<number>")].number or "").zfill(2)
        return f"-{self.take(kind)}" if self.is_kind(kind) else ""


def _quote(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode())
