"""What FlowPilot's reports cost: run `make bench`. RESULTS.md has the latest figures."""
