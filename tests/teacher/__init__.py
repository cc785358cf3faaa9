"""In: a scripted endpoint on this machine. Out: whether the teacher side keeps its promises."""
