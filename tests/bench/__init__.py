"""`make bench`: what the product must hold, measured beside a plain baseline in the same run."""
