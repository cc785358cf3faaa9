"""In: what went wrong and what to do about it. Out: the one error tree that every edge of fhirdistill raises."""

from __future__ import annotations


class FhirDistillError(Exception):
    """An error that a user can act on: `str(error)` says what was wrong and where, `hint` what to do."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class InputError(FhirDistillError):
    """A file, a line, a question or an option that can't be used as given."""


class SearchSyntaxError(InputError):
    """A search that can't be parsed; `span` is the half-open character range at fault."""

    def __init__(self, message: str, span: tuple[int, int], *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.span = span


class PromptError(InputError):
    """A prompt template that is missing, or a variable that it needs and did not get."""


class TeacherError(FhirDistillError):
    """The teacher's endpoint refused, timed out or answered with something that is no reply."""


class BundleError(FhirDistillError):
    """A student bundle that is missing, incomplete or made by another version of the codec."""


class MissingExtraError(FhirDistillError):
    """A verb that needs packages outside the light runtime; the hint names the extra to install."""


class DataError(FhirDistillError):
    """Training data that breaks a promise: a split that leaks, a file that changed under a resumed run."""
