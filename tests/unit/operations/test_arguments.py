"""Arguments that several verbs take, and their completion."""

import os
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from pipeline import cli
from pipeline.operations import arguments


def test_the_sections_of_the_help_have_every_verb_once() -> None:
    names = [name for names in arguments.SECTIONS.values() for name in names]
    assert sorted(names) == sorted(cli.commands.commands)


@pytest.mark.parametrize(
    ("typed", "options"),
    [
        (["--workers", "3"], ["--workers=3"]),
        (["--sources", "citibike", "--no-lock"], ["--sources=citibike", "--no-lock"]),
        (["--log-format", "json", "--log-level", "INFO"], ["--log-format=json", "--log-level", "INFO"]),
        ([], []),
    ],
)
def test_a_verb_that_runs_luigi_passes_its_options_on(typed: list[str], options: list[str]) -> None:
    received: list[list[str]] = []

    @click.command(context_settings=arguments.PASSES_ON)
    @arguments.MONTH
    @arguments.runs_luigi
    def verb(month: str, options: list[str]) -> int:
        received.append(options)
        return 0

    verb.main(["2024-01", *typed], standalone_mode=False)
    assert received == [options]


@pytest.mark.parametrize("typed", [["show", "--help"], ["--version"], ["query", "--metrics", "total_trips"], []])
def test_a_verb_that_runs_another_program_passes_all_arguments_on(typed: list[str]) -> None:
    received: list[tuple[str, ...]] = []

    @click.command(cls=arguments.Program)
    def verb(arguments: tuple[str, ...]) -> None:
        received.append(arguments)

    verb.main(typed, standalone_mode=False)
    assert received == [tuple(typed)]


def complete(*words: str, data: Path) -> list[str]:
    """What a shell offers after these words, the last of which is incomplete."""
    variables = {
        "COMP_WORDS": " ".join(["./run.sh", *words]),
        "COMP_CWORD": str(len(words)),
        arguments.COMPLETION_VARIABLE: "bash_complete",
        "MOBILITY_DATA": str(data),
    }
    run_sh = Path(cli.__file__).parents[1] / "run.sh"
    ended = subprocess.run([run_sh], check=True, env=os.environ | variables, capture_output=True, text=True, timeout=60)
    return [line.partition(",")[2] for line in ended.stdout.splitlines()]


def test_a_shell_completes_verbs_months_and_sources(tmp_path: Path) -> None:
    (tmp_path / "complete").mkdir()
    (tmp_path / "complete/2024-01.json").write_text("{}")
    assert complete("st", data=tmp_path) == ["status"]
    assert complete("forget", "20", data=tmp_path) == ["2024-01"]
    assert complete("month", "2024-01", "--sources", "citibike,green", data=tmp_path) == ["citibike,green_taxi"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_each_shell_names_this_program(shell: str) -> None:
    script = arguments.completion_script(cli.commands, shell)
    assert "./run.sh" in script and arguments.COMPLETION_VARIABLE in script
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=script, text=True, check=True, timeout=60)
