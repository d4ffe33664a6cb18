"""Luigi's command line, with wrong tasks, options and values refused in one line that names similar ones."""

import argparse
import re
import sys
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from luigi import FloatParameter, IntParameter, Parameter, TaskParameter
from luigi.task_register import Register, TaskClassException

from pipeline.luigi_internals import build_parser_through, refuse_through
from pipeline.printable import printable
from pipeline.similar import suggestion
from pipeline.tasks.scheduler import USAGE

EXPECTED: dict[type[Any], str] = {IntParameter: "expected a whole number", FloatParameter: "expected a number"}
UNKNOWN = re.compile(r"(?:unrecognized arguments|ambiguous option): ([^\s=]+)")
"""How argparse's message begins about an argument that no option takes, and about a part of the names of several."""


def refuse_wrong_values(parser: argparse.ArgumentParser, parameters: "Mapping[str, Parameter[Any]]") -> None:
    """Has the parser check values as well: Luigi reads those of its own options later, with a stack trace."""
    for action in parser._actions:
        if parameter := parameters.get(action.dest):
            action.type = checked(parameter)
        if action.dest == "root_task":
            action.type, action.metavar = known_task, "task"

    parser.error = lambda message: end(complaint(message, parser))  # type: ignore[method-assign]


def end(message: str) -> NoReturn:
    """Ends the process with the error."""
    print(f"error: {message}", file=sys.stderr)
    sys.exit(USAGE)


def known_task(name: str) -> str:
    """The name. Raises argparse's error where no task has it, or several."""
    import pipeline

    try:
        Register.get_task_cls(name)
    except TaskClassException as error:
        similar = suggestion(name, pipeline.__all__, most=1)
        raise argparse.ArgumentTypeError(f"{name!r}: not a task; {similar}".rstrip("; ")) from error
    return name


def checked(parameter: "Parameter[Any]") -> Callable[[str], str]:
    """What returns the text of an option, and raises argparse's error where the parameter cannot be parsed from it."""

    def check(text: str) -> str:
        if isinstance(parameter, TaskParameter):
            return known_task(text)
        try:
            parameter.parse(text)
        except (ValueError, KeyError) as error:
            reason = EXPECTED.get(type(parameter)) or f"not valid ({error})"
            raise argparse.ArgumentTypeError(f"{text!r}: {reason}") from error
        return text

    return check


def complaint(message: str, parser: argparse.ArgumentParser) -> str:
    """The message of argparse in the words of other errors."""
    found = UNKNOWN.match(message)
    if not found:
        return printable(message.removeprefix("argument "))
    name = found[1]
    if not name.startswith("-"):
        return f"{printable(name)}: unexpected argument"
    similar = suggestion(name, parser._option_string_actions, most=1)
    return f"{printable(name)}: unknown option; {similar}".rstrip("; ")


build_parser_through(refuse_wrong_values)
refuse_through(lambda task, parameter: end(f"{task}: needs --{parameter.replace('_', '-')}"))
