"""Pages in browsers that run no scripts."""
