#!/usr/bin/env bash
# Entry point of every command. `./run.sh help` lists them.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
venv=$here/.venv

help() {
  cat <<'TEXT'
NYC mobility & weather analytics

Months
  ./run.sh demo                     three generated months, end to end
  ./run.sh month 2024-01 [OPTIONS]  one month, from the publishers to its page
  ./run.sh backfill 2024-01 2025-01  a range, end exclusive; skips complete ones
  ./run.sh catchup                  all published since luigi.cfg's start
  ./run.sh refresh [--months 6]     replace re-issued files and what they made
  ./run.sh weather                  weather of the current month so far

Results
  ./run.sh serve [--port 8080]      pages and tables on http://127.0.0.1:8080
  ./run.sh report 2024-01 [--open]  write a month's page again, print its path
  ./run.sh metrics ARGUMENTS        MetricFlow: list metrics, query --help
  ./run.sh dbt ARGUMENTS            dbt: show --select fct_trips --limit 5
  ./run.sh docs [--open]            write the documentation, print its path

Operation
  ./run.sh status [--json]          months, sources, steps, and what is late
  ./run.sh health                   check timers, publishers, disk and memory
  ./run.sh verify [--repair]        compare files and warehouse with receipts
  ./run.sh forget 2024-01           delete a month, or a --source of it
  ./run.sh accept 2024-01 --reason "…"  publish a rejected month by override
  ./run.sh ui                       luigid on http://127.0.0.1:8082
  ./run.sh install-units [--user]   systemd units for all of this
  ./run.sh config [--copy]          where data, settings and models are
  ./run.sh install s3|spark         packages for object storage, for Spark
  ./run.sh completion bash          completes what you type; zsh, fish

Development
  ./run.sh lint [python|sql]        ruff and mypy, sqlfluff
  ./run.sh test [ARGUMENTS]         linters and tests: --long, --faults, …
  ./run.sh bench [--scale 0.05]     benchmarks: ratios to plain DuckDB

./run.sh COMMAND --help says more of each. --demo, before or after a command,
works on the data of the demo: ./run.sh serve --demo
Options of month, backfill, catchup and refresh:
  --sources yellow_taxi,citibike  --workers N  --log-format json, Luigi's own
Environment:
  MOBILITY_DATA, MOBILITY_CONFIG              folders of data and settings
  MOBILITY_SOURCES                            sources where --sources is missing
  TLC_URL, CITIBIKE_URL, OPEN_METEO_URL       addresses of the publishers
  MOBILITY_SCHEDULER=luigid                   use a running luigid
  MOBILITY_SHARED_AS                          name of a shared data folder
  MOBILITY_PUBLISH_URL=s3://bucket/folder     upload months to object storage
  MOBILITY_ENGINE=spark                       Spark builds the tables
  MOBILITY_ALERT_URLS, MOBILITY_LOG_FORMAT=json, MOBILITY_WAIT_S
                                              alerts, log lines, seconds to wait
Exit codes: 0 done, 10 already running, 20 some data not published yet,
  30 a task failed; all of them: docs/troubleshooting.md
TEXT
}

fail() { echo "error: $*" >&2; exit 2; }

suggestion() {
  local verbs
  mapfile -t verbs < <(help | sed -nE 's/^  \.\/run\.sh ([a-z-]+).*/\1/p')
  "$(find_python)" -c 'import difflib, sys
for name in difflib.get_close_matches(sys.argv[1], sys.argv[2:], 1): print(f"did you mean {name}? ", end="")' "$1" "${verbs[@]}"
}

find_python() {
  for python in "${PYTHON:-}" python3 python3.13 python3.12 python3.11; do
    [ -n "$python" ] && "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$python"; return; }
  done
  fail "no Python 3.11 or newer found; install one, or set its path: PYTHON=/path/to/python3.12 ./run.sh"
}

# Installs the packages of lock files into .venv, again whenever one changes. The last file has those of the others too.
# Extras that were installed before stay.
install_environment() {
  local python ticker lock extras
  mapfile -t extras < <(installed_extras)
  is_installed "$@" "${extras[@]}" && return
  python=$(find_python)
  echo "installing the packages of ${*: -1} into .venv, once; this takes from 15 seconds to two minutes" >&2
  report_seconds &
  ticker=$!
  # shellcheck disable=SC2064 # of this function: where it fails, the trap runs after it and knows no local variable
  trap "kill $ticker" EXIT
  is_installed requirements.lock || "$python" -m venv --clear "$venv" ||
    fail "$python cannot create a virtual environment; on Debian: apt install python3-venv"
  install_by_pip --require-hashes -r requirements-build.lock
  for lock in "${@: -1}" "${extras[@]}"; do install --require-hashes -r "$lock"; done
  install --no-deps -e .
  compile_all
  cksum "$@" "${extras[@]}" > "$venv/installed"
  kill "$ticker"
  trap - EXIT
  echo "installed after $SECONDS seconds" >&2
}

# The lock files of the extras in .venv.
installed_extras() {
  local lock
  while read -r _ _ lock; do
    case $lock in requirements.lock | requirements-dev.lock) ;; *) [ ! -f "$lock" ] || echo "$lock" ;; esac
  done < <(sort -u "$venv/installed" 2> /dev/null)
}

install_extra() {
  case $* in
    s3 | spark) install_environment requirements.lock "requirements-$1.lock" ;;
    *) fail "install${*:+ $*}: expected the name of an extra: s3 or spark" ;;
  esac
}

is_installed() { [ -f "$venv/installed" ] && ! cksum "$@" | grep -qvxFf "$venv/installed"; }

report_seconds() {
  while sleep 10 > /dev/null 2>&1; do echo "  still installing after $SECONDS seconds" >&2; done
}

# uv takes 9 s of CPU for what takes pip 35 s (2026-11), but does not know every index that pip can use.
install() {
  install_by_uv "$@" || {
    echo "uv cannot install them here; pip tries, which takes longer" >&2
    install_by_pip --no-build-isolation --use-pep517 "$@"
  }
}

# Modules are compiled when they are first imported: to compile all of them takes 30 s, and few are imported (2026-11).
install_by_pip() { "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-compile "$@"; }

# Where Python may not write what it compiles, every command would compile its modules anew.
compile_all() {
  [ -z "${PYTHONDONTWRITEBYTECODE:-}" ] ||
    "$venv/bin/python" -m compileall -q -j 0 "$venv/lib" "$here/pipeline" > /dev/null || true
}

# uv does not read pip's settings: they are passed on.
install_by_uv() {
  local settings
  mapfile -t settings < <("$venv/bin/python" -m pip config list | sed -nE "
    s/^[^=]*\.index-url='(.*)'$/UV_DEFAULT_INDEX=\1/p
    s/^[^=]*\.extra-index-url='(.*)'$/UV_INDEX=\1/p
    s/^[^=]*\.find-links='(.*)'$/UV_FIND_LINKS=\1/p
    s/^[^=]*\.cert='(.*)'$/SSL_CERT_FILE=\1/p")
  env "${settings[@]}" "$venv/bin/uv" pip install --quiet --no-config --python "$venv/bin/python" \
    --index-strategy unsafe-best-match --no-build-isolation "$@"
}

lint_python() {
  "$venv/bin/ruff" check .
  "$venv/bin/ruff" format --check .
  "$venv/bin/mypy"
}

lint_sql() { "$venv/bin/sqlfluff" lint --processes 0 --nocolor dbt/models dbt/macros dbt/tests; }

lint() {
  case $* in
    python) lint_python ;;
    sql) lint_sql ;;
    "") lint_python; lint_sql ;;
    *) fail "lint $*: expected python, sql or no argument" ;;
  esac
}

# The whole suite measures coverage. Python 3.11 traces lines so slowly that only the tests' own processes are measured
# (a run of three months takes half as long again); since 3.12 child processes are measured as well (a tenth).
measure_coverage() {
  "$venv/bin/python" -c 'import sys; sys.exit(sys.version_info < (3, 12))' || return 0
  export COVERAGE_CORE=sysmon COVERAGE_PATCH=subprocess
}

test_suite() {
  lint
  [ $# -gt 0 ] || { measure_coverage; set -- --cov --cov-fail-under 75; }
  # Four processes leave no time of two cores unused; three leave a seventh (2026-11).
  exec "$venv/bin/python" -m pytest --numprocesses 4 --dist worksteal "$@"
}

# A shell asks for completions of a command line, which is in COMP_WORDS.
[ -n "${_NYC_MOBILITY_COMPLETE:-}" ] && [ -x "$venv/bin/python" ] && cd "$here" && exec "$venv/bin/python" -m pipeline

verb=${1:-help}
[ $# -gt 0 ] && shift
case $verb in help | -h | --help) help; exit ;; esac
case $verb:${1:-} in install:-h | install:--help | lint:-h | lint:--help | test:-h | test:--help) help | grep -F "run.sh $verb "; exit ;; esac

MOBILITY_DATA=$(realpath -m "${MOBILITY_DATA:-$here/data}")
export MOBILITY_DATA
[ -z "${MOBILITY_CONFIG:-}" ] || MOBILITY_CONFIG=$(realpath -m "$MOBILITY_CONFIG")
cd "$here"
case $verb in
  --demo | demo | month | backfill | catchup | refresh | weather | status | health | verify | forget | accept | report | \
    serve | metrics | dbt | docs | ui | install-units | config | completion)
    install_environment requirements.lock; exec "$venv/bin/python" -m pipeline "$verb" "$@" ;;
  install) install_extra "$@" ;;
  lint) install_environment requirements.lock requirements-dev.lock; lint "$@" ;;
  test)
    [[ " $* " != *" --engine spark "* ]] || install_extra spark
    install_environment requirements.lock requirements-dev.lock; test_suite "$@" ;;
  bench) install_environment requirements.lock requirements-dev.lock; exec "$venv/bin/python" -m tests.bench "$@" ;;
  *) fail "$verb: unknown command; $(suggestion "$verb")./run.sh help lists the commands" ;;
esac
