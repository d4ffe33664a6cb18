"""The task of the project, which is of no month: its documentation, the Explore page, the SQL of metrics."""

from importlib.metadata import version

from pipeline import metrics
from pipeline.paths import digest_of_files, path_for
from pipeline.progress import counter
from pipeline.project import VEGA, documentation, explore_files
from pipeline.tasks.base import Task
from pipeline.tasks.receipts import Receipt
from pipeline.tasks.settings import warehouse
from pipeline.warehouse import dbt


class Describe(Task):
    """The documentation of the project and of dbt's models, the catalogue of metrics, the SQL of the saved queries.

    And the Explore page, without its data.

    It runs while files are downloaded, so that the project is parsed when the first month is loaded.
    """

    action = "described the models and metrics"
    doing = "describing the models and metrics"
    priority = 40

    def output(self) -> Receipt:
        digest = dbt.project_digest() + digest_of_files(*documentation(), *explore_files()) + version(VEGA)
        return Receipt(path_for("reports", "models", ".json"), version=digest)

    def run(self) -> None:
        from pipeline import report

        with self.progress("parts"):
            count = counter(5)
            pages = {f"docs/{name}": page for name, page in report.docs_pages().items()}
            count()
            pages |= report.explore_pages()
            count()
            pages["models.html"] = dbt.document(warehouse())
            count()
            pages["metrics.html"] = report.catalogue(metrics.definitions().values())
            count()
            metrics.compile_saved_queries(dbt.semantic_manifest(warehouse()))
            count()
        self.output().write(report.write_pages(path_for("reports", "", ""), pages))
