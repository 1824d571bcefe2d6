"""What is where in a run of samples.

RUN/
  sampled/part-00000.parquet    every solution with its verdict, whatever is kept: `SAMPLED`
  solutions/part-00000.jsonl    those that are kept, as they are trained on
  rejected/part-00000.jsonl     the others, each with the reason
  problems/part-00000.parquet   every Problem with its pass rate: `PROBLEMS`
  metrics.json, README.md       the figures, and the card
"""

from __future__ import annotations

#: The kind of these Runs.
SAMPLES = "sample"
SAMPLED_FOLDER, SOLUTIONS_FOLDER, REJECTED_FOLDER, PROBLEMS_FOLDER = "sampled", "solutions", "rejected", "problems"
FOLDERS = (SAMPLED_FOLDER, SOLUTIONS_FOLDER, REJECTED_FOLDER, PROBLEMS_FOLDER)
METRICS, CARD = "metrics.json", "README.md"
