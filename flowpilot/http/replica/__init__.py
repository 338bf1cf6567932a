"""What the requests of all features need when there is a replica: who has written, and a second try."""
