"""`make bench`: what verdicts, ingest and admission cost, as ratios within one run."""
