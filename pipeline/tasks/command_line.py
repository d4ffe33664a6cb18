"""Luigi's command line, with wrong options and values refused in one line that names similar options."""

import argparse
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from luigi import FloatParameter, IntParameter, Parameter
from luigi.cmdline_parser import CmdlineParser
from luigi.task_register import Register

from pipeline.printable import printable
from pipeline.similar import suggestion
from pipeline.tasks.scheduler import USAGE

EXPECTED: dict[type[Any], str] = {IntParameter: "expected a whole number", FloatParameter: "expected a number"}
UNRECOGNIZED = "unrecognized arguments: "
"""How argparse's message about arguments that no option takes begins."""

_build_parser = CmdlineParser._build_parser


def build_parser(*args: Any, **kwargs: Any) -> argparse.ArgumentParser:
    """Luigi's parser, which checks values as well: Luigi reads those of its own options later, with a stack trace."""
    parser: argparse.ArgumentParser = _build_parser(*args, **kwargs)
    parameters = {f"{task}_{name}": one for task, _, name, one in Register.get_all_params()}
    for action in parser._actions:
        if parameter := parameters.get(action.dest):
            action.type = checked(parameter)

    def end(message: str) -> NoReturn:
        print(f"error: {complaint(message, parser)}", file=sys.stderr)
        sys.exit(USAGE)

    parser.error = end  # type: ignore[method-assign]
    return parser


def checked(parameter: "Parameter[Any]") -> Callable[[str], str]:
    """What returns the text of an option, and raises argparse's error where the parameter cannot be parsed from it."""

    def check(text: str) -> str:
        try:
            parameter.parse(text)
        except (ValueError, KeyError) as error:
            reason = EXPECTED.get(type(parameter)) or f"not valid ({error})"
            raise argparse.ArgumentTypeError(f"{text!r}: {reason}") from error
        return text

    return check


def complaint(message: str, parser: argparse.ArgumentParser) -> str:
    """The message of argparse in the words of other errors."""
    if not message.startswith(UNRECOGNIZED):
        return printable(message.removeprefix("argument "))
    name = message.removeprefix(UNRECOGNIZED).split()[0].partition("=")[0]
    if not name.startswith("-"):
        return f"{printable(name)}: unexpected argument"
    similar = suggestion(name, parser._option_string_actions, most=1)
    return f"{printable(name)}: unknown option; {similar}".rstrip("; ")


CmdlineParser._build_parser = staticmethod(build_parser)  # type: ignore[method-assign]
