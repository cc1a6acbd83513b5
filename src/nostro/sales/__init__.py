"""Who we want to keep: leads, pipeline, tasks, campaigns, bonuses."""
