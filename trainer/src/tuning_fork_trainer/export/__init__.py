"""Command `export`: a fine-tuned model as files that other programs read."""
