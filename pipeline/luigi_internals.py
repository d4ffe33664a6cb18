"""What the project relies on of Luigi beyond its documented interface, in one place.

``tests/unit/test_luigi_internals.py`` fails where another version of Luigi changes any of it.
"""

import argparse
import re
from collections.abc import Callable
from functools import cache
from typing import Any

LOGGER = "luigi-interface"
"""The name of the logger of Luigi's runs."""

NOT_PUBLISHED = "Data for "
"""How the warning begins that Luigi logs for an external task that is not complete."""

SUMMARY = "===== Luigi Execution Summary ====="
"""What Luigi's summary of a run, its last line of log, begins and ends with."""

NOT_SCHEDULED = "Will not run"
"""How the warning begins that Luigi logs for a task whose ``complete()`` or ``requires()`` failed."""

TRACEBACK = re.compile(r":?\s*Traceback \(most recent call last\):.*\n(?:pipeline\.errors\.\w+): ", re.DOTALL)
"""A stack trace as Luigi puts it into a message, up to the text of an error of ours."""

UNFULFILLED = "Unfulfilled depend"
"""How the RuntimeError begins that Luigi raises for a task whose dependency became incomplete after it was scheduled.
Luigi then schedules the task again."""

GRAPH_SCRIPT = "static/visualiser/js/graph.js"
"""The script, below Luigi's package and luigid's address, that draws the graph of dependencies."""
LABEL = "escapeHtml(node.name)"
"""What it writes beside each task: the name of its class, which is the same for every month and source."""


def with_months(graph_script: str) -> str:
    """The script with labels such as ``Load citibike 2024-01``, or ``Judge 2024-01–2024-03`` for a batch."""
    months = "(p.month || p.months || '').replace(/,.*,|,/, '–')"
    words = f"(p => [node.name, p.source, {months}].filter(Boolean).join(' '))(node.params || {{}})"
    return graph_script.replace(LABEL, f"escapeHtml({words})", 1)


def reason_of(summary: str) -> str:
    """The reason that Luigi's summary gives for its verdict, such as "there were failed tasks"."""
    found = re.search(r"^This progress looks \S+ because (.+)$", summary, re.MULTILINE)
    return found[1] if found else ""


def parameters_in(message: str) -> dict[str, str]:
    """The parameters of the task that a message names, as in ``Load(source=citibike, month=2024-01)``."""
    found = re.search(r"\w+\((.*?)\)", message)
    return dict(re.findall(r"(\w+)=(.*?)(?=, \w+=|$)", found[1])) if found else {}


def is_unfulfilled(error: BaseException | None) -> bool:
    """Whether Luigi raised it because a dependency became incomplete in the meantime."""
    return isinstance(error, RuntimeError) and str(error).startswith(UNFULFILLED)


def is_parameter_error(error: BaseException | None) -> bool:
    """Whether Luigi raised it for a parameter that is missing or wrong."""
    return type(error).__module__ == "luigi.parameter"


def is_lost_scheduler(message: str, error: BaseException | None) -> bool:
    """Whether Luigi logs the message and the error because luigid does not respond: before it tries again, or last."""
    return message.startswith("Failed connecting to remote scheduler") or type(error).__module__ == "luigi.rpc"


class CachedParameters:
    """Mixin for tasks: Luigi looks up a class's parameters for each instance, a third of the time of a long range."""

    @classmethod
    @cache
    def get_params(cls) -> list[tuple[str, Any]]:
        """The class's parameters, looked up once."""
        found: list[tuple[str, Any]] = super().get_params()  # type: ignore[misc]  # of luigi.Task, whose mixin this is
        return found


def identify(task: Any, suffix: str) -> None:
    """Adds a suffix to the identity by which schedulers know the task."""
    task.task_id = f"{task.task_id}_{suffix}"


def build_parser_through(change: Callable[[argparse.ArgumentParser, dict[str, Any]], None]) -> None:
    """Has Luigi read its command line by a parser that ``change`` was called with before.

    It is called with the parameters of all tasks as well, by the names of their options; those of the task to run have
    options without its name, too.
    """
    from luigi.cmdline_parser import CmdlineParser
    from luigi.task_register import Register

    register: Any = Register  # without types
    build: Callable[..., argparse.ArgumentParser] = CmdlineParser._build_parser

    def build_changed(*args: Any, **kwargs: Any) -> argparse.ArgumentParser:
        parser = build(*args, **kwargs)
        root = kwargs.get("root_task")
        found = [(task, name, parameter) for task, _, name, parameter in register.get_all_params()]
        own = {name: parameter for task, name, parameter in found if task == root}
        change(parser, own | {f"{task}_{name}": parameter for task, name, parameter in found})
        return parser

    CmdlineParser._build_parser = staticmethod(build_changed)  # type: ignore[method-assign]


def run_through(change: Callable[[Any], Any]) -> None:
    """Has Luigi's command run what ``change`` makes of the task that it names."""
    from luigi.cmdline_parser import CmdlineParser

    unchanged: Callable[[CmdlineParser], Any] = CmdlineParser.get_task_obj
    CmdlineParser.get_task_obj = lambda parser: change(unchanged(parser))  # type: ignore[method-assign]


def call_after_start(function: Callable[[Any], None]) -> None:
    """Has Luigi's first process call the function with each task whose process it has started, before it goes on."""
    from luigi.worker import Worker

    unchanged: Callable[[Worker, str], None] = Worker._run_task

    def run_task(worker: Worker, task_id: str) -> None:
        unchanged(worker, task_id)
        function(worker._scheduled_tasks[task_id])

    Worker._run_task = run_task  # type: ignore[method-assign]


def refuse_through(refuse: Callable[[str, str], None]) -> None:
    """Has Luigi's command call ``refuse`` with the task that it names and the parameter whose value is missing."""
    from luigi.cmdline_parser import CmdlineParser
    from luigi.parameter import MissingParameterException

    unchanged: Callable[[CmdlineParser], Any] = CmdlineParser.get_task_obj

    def task_or_end(parser: CmdlineParser) -> Any:
        try:
            return unchanged(parser)
        except MissingParameterException as error:
            if found := re.fullmatch(r"(\w+)\[.*\]: requires the '(\w+)' parameter to be set", str(error)):
                refuse(*found.groups())
            raise

    CmdlineParser.get_task_obj = task_or_end  # type: ignore[method-assign]


def serve_through(wrap: Callable[[Any], Any]) -> None:
    """Has the luigid of this process serve what ``wrap`` makes of its Tornado application."""
    from luigi import server

    unwrapped: Callable[[Any], Any] = server.app
    server.app = lambda scheduler: wrap(unwrapped(scheduler))
