"""FlowPilot on a real Citus cluster, which FLOWPILOT_TEST_CLUSTER_URL leads to; without it these are not run."""
