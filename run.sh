#!/usr/bin/env bash
# The one door to the pipeline; «./run.sh help» lists what is behind it.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
venv=$here/.venv

help() {
  cat <<'TEXT'
NYC mobility & weather analytics

  ./run.sh demo                        three generated months, end to end, and where to look
  ./run.sh month 2024-01 [OPTIONS]     one month, from the publishers to the page
  ./run.sh backfill 2024-01 2025-01    a range, the stop not in it; months that are complete cost nothing
  ./run.sh catchup                     whatever is published since the first month of luigi.cfg; says what is late
  ./run.sh refresh [--months 6]        replaces the files of the newest months that were re-issued, and what was made from them
  ./run.sh weather                     the hours so far of the months that no file is settled of
  ./run.sh report 2024-01 [--open]     the month's page, written anew, and where it is
  ./run.sh serve [--port 8080]         the pages and published tables on http://127.0.0.1:8080, read-only
  ./run.sh status [--json]             months and sources: what is landed, loaded, judged, published, late
  ./run.sh health                      whether all is well: one line of JSON, exit code 1 if not
  ./run.sh verify [--repair]           receipts against what the files and the warehouse hold
  ./run.sh forget 2024-01 [--source S] takes a month, or one source of it, out of everything
  ./run.sh accept 2024-01 --reason "…"  lets a rejected month pass, on record
  ./run.sh ui                          luigid on http://127.0.0.1:8082
  ./run.sh install-units [--user]      systemd's timers for all of that
  ./run.sh dbt ARGUMENTS               dbt on the warehouse
  ./run.sh metrics ARGUMENTS           MetricFlow on the warehouse: list metrics, query --metrics total_trips --month 2024-01
  ./run.sh lint [python|sql]           ruff and mypy, sqlfluff
  ./run.sh test [PYTEST ARGUMENTS]     the linters and the test suite
  ./run.sh bench [--scale 0.05]        what it costs beside bare DuckDB, as ratios
  ./run.sh help

Options of month, backfill, catchup, refresh: --sources yellow_taxi,citibike  --workers N  --log-format json, and any of luigi's.
Environment: MOBILITY_DATA (folder), MOBILITY_SOURCES, TLC_URL, CITIBIKE_URL, OPEN_METEO_URL (upstreams),
  MOBILITY_SCHEDULER=luigid (report to a running luigid), MOBILITY_ALERT_URLS (whom to tell), MOBILITY_LOG_FORMAT=json,
  MOBILITY_WAIT_S (seconds to wait for another run to end).
Exit codes: 0 done · 10 already running · 20 some data not published yet · 30 a task failed · others: README.md
TEXT
}

fail() { echo "error: $*" >&2; exit 2; }

python_of_this_machine() {
  for python in "${PYTHON:-}" python3 python3.13 python3.12 python3.11; do
    [ -n "$python" ] && "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$python"; return; }
  done
  fail "no Python 3.11 or newer found; install one, or name it: PYTHON=/path/to/python3.12 ./run.sh"
}

install_pinned() { "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes "$@"; }

# The environment of the lock file, made once and again whenever the lock file changes.
ready() {
  local wanted python
  wanted=$(cksum < "$here/requirements.lock")
  [ "$(cat "$venv/installed" 2>/dev/null)" = "$wanted" ] && return
  python=$(python_of_this_machine)
  echo "installing into .venv (once, about a minute and a half) ..." >&2
  "$python" -m venv --clear "$venv" || fail "$python cannot make a virtual environment; on Debian: apt install python3-venv"
  # Some packages have no wheel (halo; SQLAlchemy for Python 3.13). Without build isolation they are built by the
  # setuptools of the lock file, not by one that pip fetches without a hash.
  sed -n '/^setuptools==/,/# via/p' "$here/requirements.lock" | install_pinned -r /dev/stdin
  install_pinned --no-build-isolation --use-pep517 -r "$here/requirements.lock"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e "$here"
  "$venv/bin/python" -m compileall -q "$here/pipeline"  # pip has compiled the others
  echo "$wanted" > "$venv/installed"
}

demo() {
  local data=$MOBILITY_DATA/demo
  MOBILITY_DATA=$data "$venv/bin/python" -m pipeline demo "$@"
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
    *) fail "lint $*: name python, sql or nothing" ;;
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
  exec "$venv/bin/python" -m pytest --numprocesses 2 --dist worksteal "$@"
}

verb=${1:-help}
[ $# -gt 0 ] && shift
case $verb in help | -h | --help) help; exit ;; esac

MOBILITY_DATA=$(realpath -m "${MOBILITY_DATA:-$here/data}")
export MOBILITY_DATA
cd "$here"
case $verb in
  demo) ready; demo "$@" ;;
  month | backfill | catchup | refresh | weather | health | install-units | status | verify | forget | accept | report | serve)
    ready; exec "$venv/bin/python" -m pipeline "$verb" "$@" ;;
  dbt | metrics) ready; exec "$venv/bin/python" -m pipeline "$verb" "$@" ;;
  ui)
    ready; mkdir -p "$MOBILITY_DATA/luigid"
    LUIGI_CONFIG_PATH=$here/config/luigid.cfg exec "$venv/bin/luigid" --address 127.0.0.1 --port 8082 --state-path "$MOBILITY_DATA/luigid/state.pickle" "$@" ;;
  lint) ready; lint "$@" ;;
  test) ready; test_suite "$@" ;;
  bench) ready; exec "$venv/bin/python" -m tests.bench "$@" ;;
  *) fail "$verb: no such verb; ./run.sh help lists them" ;;
esac
