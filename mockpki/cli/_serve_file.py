"""`mockpki serve FILE.toml`: options and PKIs of a file, and the schema that editors complete it by."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .._typed import suggest

if TYPE_CHECKING:
    from .._serve.file import File

FILE = "mockpki.file"
"""Where a context has the file that was read."""
_ALONE = (
    "check",
    "print-schema",
    "help",
    "dir",
    "staple",
    "ocsp",
    "crl",
    "revoke",
    "must-staple",
    "key-type",
)
"""Options that are not for a file: what they do is done at the prompt, or written in the tables of PKIs."""


def read_words(ctx: click.Context, param: click.Parameter, words: tuple[str, ...]) -> tuple[str, ...]:
    """The NAMEs; none of them where there is a FILE.toml, whose options are then the defaults of others."""
    if not any(word.lower().endswith(".toml") for word in words):
        return words
    if len(words) > 1:
        raise click.UsageError(f"A file stands alone: {' '.join(words)} are {len(words)}.", ctx)
    from .._serve.file import read_file

    try:
        file = read_file(Path(words[0]))
    except OSError as error:
        raise click.UsageError(f"{words[0]} cannot be read: {error.strerror}.", ctx) from error
    except ValueError as error:
        raise click.UsageError(_end(str(error)), ctx) from error
    ctx.meta[FILE] = file
    ctx.default_map = {**(ctx.default_map or {}), **_choose_defaults(ctx.command, file)}
    return ()


def _end(sentence: str) -> str:
    return sentence if sentence.endswith(("?", ".")) else f"{sentence}."


def list_options(command: click.Command) -> dict[str, click.Option]:
    """The options of *command* that may stand in a file, by their long names."""
    found = {}
    for param in command.params:
        if isinstance(param, click.Option):
            long = max(param.opts, key=len).removeprefix("--")
            if long not in _ALONE:
                found[long] = param
    return found


def _choose_defaults(command: click.Command, file: File) -> dict[str, Any]:
    known = list_options(command)
    defaults: dict[str, Any] = {}
    for key, value in file.options.items():
        option = known.get(key.replace("_", "-"))
        if option is None:
            hint = suggest(key, known)
            raise click.UsageError(_end(f"{file.path}: serve: there is no option {key!r}; {hint}"))
        defaults[str(option.name)] = _read_value(f"{file.path}: serve.{key}", option, value)
    return defaults


def _read_value(where: str, option: click.Option, value: Any) -> Any:
    """*value* as it would be typed. What it then means is the business of the option's type."""
    if option.is_flag:
        if not isinstance(value, bool):
            raise click.UsageError(f"{where} takes true or false; got {value!r:.100}.")
        return value
    if option.multiple:
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise click.UsageError(f"{where} takes a list of texts; got {value!r:.100}.")
        return value
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise click.UsageError(f"{where} takes a text or a number; got {value!r:.100}.")
    return str(value)


def print_schema(ctx: click.Context, param: click.Parameter, wanted: bool) -> None:
    """Print the JSON Schema of a file, and end."""
    if wanted and not ctx.resilient_parsing:
        from .._serve.file import describe_file

        options = {name: _describe(option) for name, option in list_options(ctx.command).items()}
        click.echo(json.dumps(describe_file(options), indent=2))
        ctx.exit()


def _describe(option: click.Option) -> Mapping[str, Any]:
    kind, schema = option.type, dict[str, Any](type="string")
    if option.is_flag:
        schema = {"type": "boolean"}
    elif option.multiple:
        schema = {"type": "array", "items": {"type": "string"}}
    elif isinstance(kind, click.Choice):
        schema = {"enum": list(kind.choices)}
    elif isinstance(kind, click.IntRange):
        limits = {"minimum": kind.min, "maximum": kind.max}
        schema = {"type": "integer", **{name: one for name, one in limits.items() if one is not None}}
    elif option.metavar == "A-B":
        schema = {"type": ["string", "integer"]}
    return {**schema, "description": option.help or ""}
