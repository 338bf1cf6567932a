"""What arrives in ticket systems while everything between FlowPilot and them fails."""
