"""The tasks of the project, which are of no month: its documentation, the Explore page, the SQL of metrics."""

from functools import cache
from importlib.metadata import version

from pipeline import metrics
from pipeline.paths import digest_of_files, path_for
from pipeline.progress import counter
from pipeline.project import VEGA, documentation, explore_files
from pipeline.tasks.base import Task
from pipeline.tasks.receipts import Receipt
from pipeline.tasks.settings import warehouse
from pipeline.warehouse import dbt


@cache
def version_of_pages() -> str:
    """Changes with the documentation, the files of the Explore page and the library of its charts."""
    return digest_of_files(*documentation(), *explore_files()) + version(VEGA)


class Describe(Task):
    """The documentation of the project and of dbt's models, the catalogue of metrics, the Explore page without data.

    It runs while files are downloaded, so that the project is parsed when the first month is loaded.
    """

    action = "described the models and metrics"
    doing = "describing the models and metrics"
    priority = 40

    def output(self) -> Receipt:
        return Receipt(path_for("reports", "models", ".json"), version=dbt.project_digest() + version_of_pages())

    def run(self) -> None:
        from pipeline import report

        with self.progress("parts"):
            count = counter(4)
            pages = {f"docs/{name}": page for name, page in report.docs_pages().items()}
            count()
            pages |= report.explore_pages()
            count()
            pages["models.html"] = dbt.document(warehouse())
            count()
            pages["metrics.html"] = report.catalogue(metrics.definitions().values())
            count()
        self.output().write(report.write_pages(path_for("reports", "", ""), pages))


class CompileMetrics(Task):
    """MetricFlow's SQL of the saved queries, which is the same for every month. It runs while tables are built."""

    doing = "compiling the metrics"

    def requires(self) -> Describe:
        return Describe()

    def output(self) -> Receipt:
        return Receipt(path_for("dbt", "queries", ".json"), [self.input()], version=metrics.digest())

    def run(self) -> None:
        metrics.compile_saved_queries(dbt.semantic_manifest(warehouse()))
        self.output().write()
