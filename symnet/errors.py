"""Errors a user can cause, as one clear sentence each."""


class SymnetError(ValueError):
    """The input cannot be used; the message says why and repeats the offending text."""


class InputError(SymnetError):
    """Text from outside that cannot be read, with the place where reading stopped.

    `line` and `column` count from 1; `text` is the offending line as written.
    """

    def __init__(self, message: str, *, text: str = "", line: int = 0, column: int = 0) -> None:
        self.message, self.text, self.line, self.column = message, text, line, column
        super().__init__(str(self))

    def __str__(self) -> str:
        if not self.line:
            return self.message
        where = f"line {self.line}, column {self.column}"
        if not self.text:
            return f"{where}: {self.message}"
        return f"{where}: {self.message}\n  {self.text}\n  {' ' * (self.column - 1)}^"


class DegenerateError(SymnetError):
    """A quantity the network divides by is zero (a deviation S of a constant batch, say)."""
