"""In: checked examples. Out: splits by family, refilled slots, noise, and views for training."""
