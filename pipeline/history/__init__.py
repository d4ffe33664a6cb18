"""What happened: run history, log, alerts and progress."""
