"""The command line. Each command lives in a module of its own and is imported only when it is asked for."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from keyword import iskeyword
from typing import Any

import click

from goodstanding import __version__

COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("demo", "Fill and open a running example: everything in it is invented."),
    "serve": ("serve", "Run everything in one process on one folder."),
    "web": ("serve", "Run one web process (Postgres)."),
    "worker": ("serve", "Run one worker process (Postgres)."),
    "accounts": ("accounts", "Accounts: add, connect, see what each can do."),
    "backtest": ("backtest", "Show what a policy would do with comments from a file."),
    "import": ("imports", "Take in TikTok's data download, Studio reports and files of comments."),
    "understand": ("understand", "Explain what is understood of a text, or of every line."),
    "model": ("model", "Measure, re-fit, compare and choose the model that reads comments."),
    "replay": ("replay", "Decide everything again and compare it byte by byte."),
    "audit": ("audit", "Verify, export and checkpoint the log."),
    "feed": ("feed", "Show how completely accounts are read, and what was captured."),
    "registry": ("registry", "Keep the register of campaigns and their posts."),
    "policy": ("policy", "Validate, show, compare and activate policies."),
    "tasks": ("tasks", "List and answer what only a person can send."),
    "drafts": ("drafts", "Let a language model suggest replies; off until you set one."),
    "bio": ("bio", "Show the bio page and its clicks."),
    "freeze": ("incidents", "Stop sending at once."),
    "lift": ("incidents", "Lift a freeze."),
    "doctor": ("doctor", "Check the installation and say how to mend it."),
    "sandbox": ("sandbox", "Run the imitation of TikTok."),
}
"""Name -> (module, one line of help): `--help` needs no import of the commands themselves."""


@contextmanager
def _told() -> Iterator[None]:
    """Say wrong use in the reader's language; the words are imported only when there is something to say."""
    try:
        yield
    except click.UsageError as error:
        from goodstanding.cli.misuse import spoken

        raise spoken(error) from None


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's own signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's own signature
        found = COMMANDS.get(cmd_name)
        if found is None:
            return None
        name = f"{cmd_name}_" if iskeyword(cmd_name) else cmd_name
        command = getattr(import_module(f"goodstanding.cli.{found[0]}"), name)
        assert isinstance(command, click.Command)
        return command

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        with _told():
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        with _told():
            return super().invoke(ctx)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's own signature
        with formatter.section("Commands"):
            formatter.write_dl([(name, words) for name, (_, words) in COMMANDS.items()])


@click.command(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="goodstanding %(version)s")
def main() -> None:
    """Answer TikTok comments and messages at scale without risking the account, and prove it.

    Start with `goodstanding demo`, or see what a policy would do with your own comments:
    `goodstanding backtest comments.csv`.
    """
