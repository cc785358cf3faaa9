"""In: questions. Out: raw replies of a large language model, each bought once and kept."""
