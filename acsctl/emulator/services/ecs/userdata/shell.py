"""The simple commands of a shell script, found by reading it: nothing is executed, no condition is decided.

Words, quotes, here-documents, redirections and operators are those of POSIX sh (Shell Command Language 2.2 to 2.9).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

LITERAL = "\ue000"
"""Stands in a word for a `$` that is quoted, so that it is not taken for a variable."""
_OPERATORS = ("<<-", "<<<", "&&", "||", ";;", "<<", ">>", ">&", "<&", "&>", ">|", "|", "&", ";", "<", ">", "(", ")")
_SEPARATORS = ("&&", "||", ";;", "|", "&", ";", "(", ")")
_LEADING = ("do", "then", "else", "elif", "if", "!", "{", "time")
_LOOPS = ("while", "until")
_ENDS = ("done", "fi", "esac", "}")


@dataclass(frozen=True)
class Token:
    """plain: a word in which nothing is quoted. expands: a here-document in which variables count."""

    kind: Literal["word", "op", "here"]
    text: str
    plain: bool = False
    expands: bool = True


@dataclass(frozen=True)
class Simple:
    """A simple command. before: the operator in front of it. looped: it stands in a loop. to, appends: where its output goes,
    empty for nowhere. given: the here-document that it reads."""

    words: tuple[Token, ...]
    before: str = ";"
    looped: bool = False
    to: Token | None = None
    appends: bool = False
    given: Token | None = None


class _Lexer:
    def __init__(self, text: str) -> None:
        self._text = text.replace("\\\n", "")
        self._at = 0
        self._awaited: list[tuple[str, bool, bool]] = []  # delimiter, tabs off, expands

    def tokens(self) -> Iterator[Token]:
        while self._at < len(self._text):
            char = self._text[self._at]
            if char == "\n":
                self._at += 1
                yield from self._here_documents()
                yield Token("op", ";")
            elif char.isspace():
                self._at += 1
            elif char == "#":
                self._at = _or_end(self._text.find("\n", self._at), self._text)
            elif self._text.startswith(("<(", ">("), self._at):
                yield Token("word", self._nested())  # process substitution
            elif operator := self._operator():
                yield from self._after(operator)
            else:
                yield from self._word_or_descriptor()

    def _operator(self) -> str:
        found = next((one for one in _OPERATORS if self._text.startswith(one, self._at)), "")
        self._at += len(found)
        return found

    def _after(self, operator: str) -> Iterator[Token]:
        if operator not in ("<<", "<<-"):
            yield Token("op", operator)
            return
        while self._at < len(self._text) and self._text[self._at] in " \t":
            self._at += 1
        delimiter = self._word()
        self._awaited.append((delimiter.text, operator == "<<-", delimiter.plain))

    def _here_documents(self) -> Iterator[Token]:
        """Those that were announced in the line that has ended."""
        for delimiter, tabs_off, expands in self._awaited:
            lines: list[str] = []
            while self._at < len(self._text):
                end = _or_end(self._text.find("\n", self._at), self._text)
                line, self._at = self._text[self._at : end], end + 1
                line = line.lstrip("\t") if tabs_off else line
                if line == delimiter:
                    break
                lines.append(f"{line}\n")
            yield Token("here", "".join(lines), expands=expands)
        self._awaited = []

    def _word_or_descriptor(self) -> Iterator[Token]:
        word = self._word()
        if word.plain and word.text.isdigit() and self._at < len(self._text) and self._text[self._at] in "<>":
            yield Token("op", word.text + self._operator())
        else:
            yield word

    def _word(self) -> Token:
        parts: list[str] = []
        plain = True
        while self._at < len(self._text) and self._text[self._at] not in " \t\r\n;&|()<>":
            char = self._text[self._at]
            plain = plain and char not in "'\"\\"
            parts.append(self._piece(char))
        return Token("word", "".join(parts), plain=plain)

    def _piece(self, char: str) -> str:
        """One character, or one thing that is quoted or nested."""
        if char == "'":
            return self._until("'", skip=1).replace("$", LITERAL)
        if char == '"':
            return self._double_quoted()
        if char == "\\":
            self._at += 2
            return self._text[self._at - 1 : self._at].replace("$", LITERAL)
        if self._text.startswith("$(", self._at):
            return self._nested()
        if self._text.startswith("${", self._at):
            return f"{self._until('}', skip=0)}}}"
        if char == "`":
            return f"`{self._until('`', skip=1)}`"
        self._at += 1
        return char

    def _until(self, end: str, *, skip: int) -> str:
        start = self._at + skip
        stop = _or_end(self._text.find(end, start), self._text)
        self._at = stop + 1
        return self._text[start:stop]

    def _double_quoted(self) -> str:
        self._at += 1
        parts: list[str] = []
        while self._at < len(self._text) and self._text[self._at] != '"':
            char = self._text[self._at]
            if char == "\\" and self._text[self._at + 1 : self._at + 2] not in ("$", "`", '"', "\\"):
                self._at += 1
                parts.append(char)
            else:
                parts.append("'" if char == "'" else self._piece(char))
                self._at += char == "'"
        self._at += 1
        return "".join(parts)

    def _nested(self) -> str:
        """`$( ... )`, or `<( ... )`, as it stands."""
        start, depth = self._at, 0
        while self._at < len(self._text):
            depth += {"(": 1, ")": -1}.get(self._text[self._at], 0)
            self._at += 1
            if depth == 0 and self._at > start + 1:
                break
        return self._text[start : self._at]


def commands(text: str) -> Iterator[Simple]:
    """The simple commands of a script, in their order."""
    loops, before = 0, ";"
    for operator, tokens in _groups(list(_Lexer(text).tokens())):
        one = _simple(tokens, before=before, looped=loops > 0)
        words = list(one.words)
        while words and words[0].plain and words[0].text in (*_LEADING, *_LOOPS):
            loops += words.pop(0).text in _LOOPS
        head = words[0].text if words else ""
        loops += head == "for"
        loops -= head == "done"
        if words and head not in (*_ENDS, "for", "case"):
            yield Simple(tuple(words), before, loops > 0, one.to, one.appends, one.given)
        before = operator


def _groups(tokens: list[Token]) -> Iterator[tuple[str, list[Token]]]:
    """(operator behind it, its tokens). A here-document belongs to the command that announced it, in the line before."""
    gathered: list[tuple[str, list[Token]]] = []
    now: list[Token] = []
    for token in tokens:
        if token.kind == "here" and not now and gathered:
            gathered[-1][1].append(token)
        elif token.kind == "op" and token.text in _SEPARATORS:
            gathered.append((token.text, now))
            now = []
        else:
            now.append(token)
    yield from ((operator, group) for operator, group in [*gathered, (";", now)] if group)


def _simple(tokens: list[Token], *, before: str, looped: bool) -> Simple:
    words: list[Token] = []
    to, given, appends, redirection = None, None, False, ""
    for token in tokens:
        if token.kind == "here":
            given = token
        elif token.kind == "op":
            redirection = token.text
        elif redirection:
            if re.fullmatch(r"1?>[>|]?", redirection):
                to, appends = token, ">>" in redirection
            redirection = ""
        else:
            words.append(token)
    return Simple(tuple(words), before, looped, to, appends, given)


def _or_end(found: int, text: str) -> int:
    return len(text) if found < 0 else found
