"""May a challenger serve? A list of gates, each about one thing, each with a limit, a result and a sentence for people."""
