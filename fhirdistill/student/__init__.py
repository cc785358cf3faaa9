"""In: a question as text. Out: n-best search templates, by a small model under the grammar; never imports torch."""
