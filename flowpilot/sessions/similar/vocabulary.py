"""The words of what was done: those that say what kind of thing it was, and those that say nothing."""

# One line for each action. They are done about any problem: they tell steps apart, but not problems.
ACTIONS = (
    "restart reboot cycle",
    "replace swap exchange",
    "remove delete clear empty purge",
    "uninstall",
    "reinstall",
    "install",
    "update upgrade newest newer",
    "add create assign",
    "set change configure correct adjust choose",
    "enter put type",
    "enable activate tick",
    "disable deactivate untick",
    "start",
    "stop kill end",
    "open",
    "close",
    "reset",
    "check verify test",
    "repair fix",
    "unlock",
)

# Words that engineers write about any step.
FILLERS = "new old again back instead ok okay fine done run ran via manual found fail failed service turn switch"
