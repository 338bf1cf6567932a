"""What pages and lists cost in an account that has grown, beside one that has not."""
