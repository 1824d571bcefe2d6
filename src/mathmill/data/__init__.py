"""What flows and what is remembered: records, shards, Runs, configs. Imports nothing of ours."""
