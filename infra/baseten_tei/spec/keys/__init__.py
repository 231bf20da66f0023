"""Every key of a stack's configuration in words: examples, what other tools call it, and the page that lists them."""
