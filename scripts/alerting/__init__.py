"""The parts of `scripts/alerts`, each a function that runs on a stage of its own and gives its verdict."""
