"""What click says of wrong use, in the reader's language: click itself speaks English only."""

import sys
from typing import IO, Any

import click

from goodstanding.cli.words import language
from goodstanding.locale import sentence

_SPOKEN_BY_CLICK = "en"


class MisuseError(click.UsageError):
    """A wrong use whose words are ours; exit code 2 as click's own."""

    def __init__(self, error: click.UsageError) -> None:
        super().__init__(error.message, error.ctx)
        self.error = error

    def show(self, file: IO[Any] | None = None) -> None:
        """Print usage, where help is, and what is wrong."""
        tongue, out = language(None), file or sys.stderr
        if self.ctx is not None:
            pieces = " ".join(self.ctx.command.collect_usage_pieces(self.ctx))
            path = self.ctx.command_path
            click.echo(sentence(tongue, "cli.misuse_usage", {"usage": f"{path} {pieces}"}), file=out)
            click.echo(sentence(tongue, "cli.misuse_help", {"path": path}), file=out)
        key, fields = _words(self.error)
        said = sentence(tongue, key, {**fields, "said": self.error.format_message()})
        click.echo(sentence(tongue, "cli.misuse", {"said": said}), file=out)


def spoken(error: click.UsageError) -> click.UsageError:
    """Return the error in the reader's language: itself where click speaks it, or where it only shows the help."""
    if (
        isinstance(error, MisuseError | click.exceptions.NoArgsIsHelpError)
        or language(None) == _SPOKEN_BY_CLICK
    ):
        return error
    return MisuseError(error)


def _words(error: click.UsageError) -> tuple[str, dict[str, object]]:
    if isinstance(error, click.NoSuchOption):
        return "cli.misuse_option", {"name": error.option_name}
    if isinstance(error, click.exceptions.NoSuchCommand):
        return "cli.misuse_command", {"name": error.command_name}
    if isinstance(error, click.BadParameter) and error.param is not None:
        name = (
            error.param.opts[0] if isinstance(error.param, click.Option) else (error.param.name or "").upper()
        )
        if isinstance(error, click.MissingParameter):
            return "cli.misuse_missing", {"name": name}
        return _wanted(error.param.type, name)
    return "cli.misuse_other", {}


def _wanted(type_: "click.ParamType[Any]", name: str) -> tuple[str, dict[str, object]]:
    if isinstance(type_, click.Choice):
        return "cli.misuse_choice", {"name": name, "known": ", ".join(map(str, type_.choices))}
    if isinstance(type_, click.IntRange | click.FloatRange):
        least, most = ("…" if bound is None else bound for bound in (type_.min, type_.max))
        return "cli.misuse_range", {"name": name, "least": least, "most": most}
    if isinstance(type_, click.types.IntParamType):
        return "cli.misuse_number", {"name": name}
    if isinstance(type_, click.File | click.Path):
        return "cli.misuse_file", {"name": name}
    return "cli.misuse_value", {"name": name}
