"""``python -m pipeline VERB``: the command line of cli.py."""

from pipeline.cli import main
from pipeline.process import end

if __name__ == "__main__":
    end(main())
