"""In: a search template and a day. Out: a search with real dates, and its concepts bound or searched by text."""
