"""What FlowPilot's reports cost: `make bench`, with the last figures in RESULTS.md."""
