"""What is published of all months together: the dimensions, and the index of the pages."""

from pipeline import report
from pipeline.database import Warehouse
from pipeline.paths import atomic_write, atomic_write_tree, data_folder, path_for
from pipeline.tasks import records
from pipeline.tasks.receipts import Receipt
from pipeline.warehouse import publish


def publish_shared(warehouse: Warehouse) -> None:
    """Publishes the dimensions and the index again, from what the warehouse and the published files hold."""
    published, index = data_folder() / "published", path_for("reports", "index", ".html")
    with atomic_write_tree(published) as folder:
        tables = publish.export(warehouse, None, folder)
    Receipt(records.dimensions_receipt("published")).write([published / path for path in tables])
    with atomic_write(index) as part:
        part.write_text(report.index(published, index.parent, records.rejection_reasons()))
    Receipt(records.index_receipt()).write([index])
