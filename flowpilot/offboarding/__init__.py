"""How an account leaves: all of it in a file, and then nothing of it in the database."""
