"""luigid's graph of dependencies with the source and the months of each task, beside the name of its class."""

from pathlib import Path

import luigi
from tornado.routing import PathMatches, Rule
from tornado.web import Application, RequestHandler

from pipeline.luigi_internals import GRAPH_SCRIPT, with_months


def labelled(application: Application) -> Application:
    """The application of luigid, which sends its script of the graph with other labels."""
    application.default_router.rules.insert(0, Rule(PathMatches(f"/{GRAPH_SCRIPT}"), GraphScript))
    return application


class GraphScript(RequestHandler):
    """Sends the script."""

    def get(self) -> None:
        self.set_header("Content-Type", "text/javascript; charset=utf-8")
        self.write(with_months((Path(luigi.__file__).parent / GRAPH_SCRIPT).read_text()))
