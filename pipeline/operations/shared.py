"""What is published of all months together: the dimensions, the effects of weather, and the index of the pages."""

from pipeline import metrics, report
from pipeline.database import Warehouse
from pipeline.paths import atomic_write, atomic_write_tree, data_folder, path_for
from pipeline.tasks import records
from pipeline.tasks.receipts import Receipt
from pipeline.warehouse import publish, raw


def publish_shared(warehouse: Warehouse) -> None:
    """Publishes them again, from what the warehouse and the published files hold."""
    published, index = data_folder() / "published", path_for("reports", "index", ".html")
    with atomic_write_tree(published) as folder:
        tables = publish.export(warehouse, None, folder)
    Receipt(records.dimensions_receipt("published")).write([published / path for path in tables])
    with warehouse.connect() as con:
        raw.prepare(con)  # a warehouse of an earlier version has no table of the effects over all months
    with atomic_write_tree(published / "metrics") as folder:
        pooled = metrics.export_pooled(warehouse, folder)
    Receipt(records.pooled_receipt()).write([published / "metrics" / name for name in pooled])
    with atomic_write(index) as part:
        part.write_text(report.index(published, index.parent, records.rejection_reasons()))
    Receipt(records.index_receipt()).write([index])
