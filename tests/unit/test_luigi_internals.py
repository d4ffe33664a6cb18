"""What the project relies on of Luigi beyond its documented interface. Another version of Luigi may fail here."""

import argparse
import inspect
import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, ClassVar

import luigi
import pytest
from luigi.cmdline_parser import CmdlineParser
from luigi.parameter import MissingParameterException
from luigi.scheduler import Scheduler
from luigi.worker import Worker
from tornado.web import Application

from pipeline.errors import BadFile
from pipeline.luigi_internals import (
    LOGGER,
    NOT_PUBLISHED,
    NOT_SCHEDULED,
    SUMMARY,
    TRACEBACK,
    UNFULFILLED,
    CachedParameters,
    build_parser_through,
    call_after_start,
    identify,
    is_parameter_error,
    is_unfulfilled,
    parameters_in,
    reason_of,
    refuse_through,
    serve_through,
)
from tests.conftest import HERE

LOGS = """
import json, logging, sys
import luigi

lines = []

class Collect(logging.Handler):
    def emit(self, record):
        lines.append((record.name, record.levelname, str(record.msg), record.getMessage()))

class Published(luigi.ExternalTask):
    month = luigi.Parameter()
    def complete(self):
        return False

class Done(luigi.Task):
    done = False
    def complete(self):
        return self.done
    def run(self):
        self.done = True

logging.basicConfig(level=logging.INFO)
for name in ("luigi", "luigi-interface"):
    logging.getLogger(name).addHandler(Collect())
    logging.getLogger(name).setLevel(logging.INFO)
luigi.build([Done(), Published(month="2024-11")], local_scheduler=True, no_lock=True, logging_conf_file="")
print(json.dumps(lines))
"""


class Numbered(luigi.Task):
    number_of_it = luigi.IntParameter()


class Recorded(luigi.Task):
    """An incomplete task that records what Luigi calls."""

    name = luigi.Parameter(default="")
    calls: ClassVar[list[str]] = []

    def complete(self) -> bool:
        self.calls.append("complete")
        return False

    def deps(self) -> Any:
        self.calls.append("deps")
        return super().deps()

    def requires(self) -> Any:
        self.calls.append("requires")
        return []

    def output(self) -> Any:
        self.calls.append("output")
        return []

    def process_resources(self) -> Any:
        self.calls.append("process_resources")
        return super().process_resources()


class Dependency(luigi.ExternalTask):
    """A task that is complete only when Luigi asks for the first time."""

    asked = 0

    def complete(self) -> bool:
        Dependency.asked += 1
        return Dependency.asked == 1


class Dependent(luigi.Task):
    errors: ClassVar[list[BaseException]] = []

    def requires(self) -> Dependency:
        return Dependency()

    def complete(self) -> bool:
        return False

    def on_failure(self, exception: BaseException) -> str:
        self.errors.append(exception)
        return ""


class Broken(luigi.Task):
    def complete(self) -> bool:
        raise BadFile("no zip")


@pytest.fixture
def scheduler() -> Scheduler:
    return Scheduler(record_task_history=False)


@pytest.fixture
def worker(scheduler: Scheduler) -> Iterator[Worker]:
    with Worker(scheduler=scheduler, worker_id="test") as started:
        yield started


def test_luigi_logs_what_is_missing_and_its_summary_by_the_logger_of_runs() -> None:
    ended = subprocess.run([sys.executable, "-c", LOGS], cwd=HERE, text=True, capture_output=True, check=True)
    lines = [(level, template, text) for name, level, template, text in json.loads(ended.stdout) if name == LOGGER]
    [(level, template, text)] = [line for line in lines if "Published" in line[2] and line[0] == "WARNING"]
    assert template.startswith(NOT_PUBLISHED) and "month=2024-11" in text
    level, template, text = lines[-1]
    assert level == "INFO" and template.strip().startswith(SUMMARY) and text.strip().endswith(SUMMARY)
    assert reason_of(text) == "there were missing external dependencies"
    assert reason_of("no summary") == ""


def test_a_task_whose_dependency_became_incomplete_fails_as_unfulfilled(worker: Worker) -> None:
    Dependency.asked = 0
    Dependent.errors.clear()
    worker.add(Dependent())
    worker.run()
    [error, *_] = Dependent.errors
    assert is_unfulfilled(error)
    assert not is_unfulfilled(RuntimeError(f"not {UNFULFILLED}")) and not is_unfulfilled(None)


def test_the_scheduler_identifies_a_task_by_its_task_id(worker: Worker, scheduler: Scheduler) -> None:
    one, other = Recorded(name="one"), Recorded(name="other")
    plain = one.task_id
    identify(one, "folder")
    worker.add(one)
    worker.add(other)
    assert one.task_id == f"{plain}_folder"
    assert set(scheduler.task_list("", "")) == {f"{plain}_folder", other.task_id}


def test_the_parser_of_luigi_has_an_option_for_each_parameter_and_is_changed_before_it_parses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(CmdlineParser, "_build_parser", CmdlineParser._build_parser)
    changed: list[tuple[set[str], set[str]]] = []

    def change(parser: argparse.ArgumentParser, parameters: dict[str, Any]) -> None:
        changed.append(({action.dest for action in parser._actions}, {*parameters}))

    build_parser_through(change)
    with CmdlineParser.global_instance(["Recorded", "--name", "one"], allow_override=True) as parser:
        assert parser.get_task_obj() == Recorded(name="one")
    options, parameters = changed[-1]
    assert "Recorded_name" in parameters and parameters <= options


def test_the_first_process_is_called_with_each_task_that_it_has_started(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Worker, "_run_task", Worker._run_task)
    started: list[luigi.Task] = []
    call_after_start(started.append)
    worker.add(Recorded())
    worker.run()
    assert started == [Recorded()]


def test_a_parameter_that_is_missing_is_refused_with_the_names_of_both(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CmdlineParser, "get_task_obj", lambda _: Numbered())
    refused: list[tuple[str, str]] = []
    refuse_through(lambda task, parameter: refused.append((task, parameter)))
    with (
        CmdlineParser.global_instance(["Numbered"], allow_override=True) as parser,
        pytest.raises(MissingParameterException),
    ):
        parser.get_task_obj()
    assert refused == [("Numbered", "number_of_it")]


def test_deps_is_what_luigi_calls_first_for_a_task_that_is_not_complete(worker: Worker) -> None:
    Recorded.calls.clear()
    worker.add(Recorded())
    assert Recorded.calls[:3] == ["complete", "deps", "requires"]


def test_luigi_swallows_the_exceptions_of_event_handlers() -> None:
    called: list[str] = []

    def refuse(task: luigi.Task) -> None:
        called.append(task.task_family)
        raise SystemExit(2)

    Recorded.event_handler(luigi.Event.START)(refuse)
    try:
        Recorded().trigger_event(luigi.Event.START, Recorded())
    finally:
        Recorded.remove_event_handler(luigi.Event.START, refuse)
    assert called == ["Recorded"]


def test_parameters_are_looked_up_once_in_a_class_and_are_those_of_luigi() -> None:
    class Cached(CachedParameters, luigi.Task):
        month = luigi.MonthParameter()
        source = luigi.Parameter()

    assert isinstance(inspect.getattr_static(luigi.Task, "get_params"), classmethod)
    assert Cached.get_params() is Cached.get_params()
    assert [name for name, _ in Cached.get_params()] == [
        name for name, _ in super(CachedParameters, Cached).get_params()
    ]
    assert [name for name, _ in Cached.get_params()] == ["month", "source"]


def test_luigi_raises_parameter_errors_from_its_parameter_module() -> None:
    class Required(luigi.Task):
        month = luigi.MonthParameter()

    with pytest.raises(MissingParameterException) as missing:
        Required()
    assert is_parameter_error(missing.value)
    assert not is_parameter_error(ValueError("month")) and not is_parameter_error(None)


def test_the_stack_trace_that_luigi_puts_into_a_message_is_cut_up_to_an_error_of_ours(
    worker: Worker, caplog: pytest.LogCaptureFixture
) -> None:
    worker.add(Broken())
    [message] = [record.getMessage() for record in caplog.records if "Traceback" in record.getMessage()]
    assert message.startswith(NOT_SCHEDULED)
    cut = TRACEBACK.sub(": ", message).strip()
    assert cut == "Will not run Broken() or any dependencies due to error in complete() method: no zip"


def test_a_message_names_a_task_with_its_parameters() -> None:
    task = Recorded(name="a, b")
    assert parameters_in(f"Will not run {task} or any dependencies") == {"name": "a, b"}
    message = "Will not run Judge(months=2024-01,2024-02, sources=citibike,weather) or any"
    assert parameters_in(message) == {"months": "2024-01,2024-02", "sources": "citibike,weather"}
    assert parameters_in("Will not run Broken() or any") == parameters_in("none") == {}


def test_luigid_serves_what_is_made_of_its_application(monkeypatch: pytest.MonkeyPatch) -> None:
    from luigi import server

    monkeypatch.setattr(server, "app", server.app)
    serve_through(lambda app: [app])
    assert [type(app) for app in server.app(Scheduler())] == [Application]
