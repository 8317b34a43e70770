"""Server of chat completions for open-weights models and their adapters."""
