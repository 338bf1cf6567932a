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

# Words about the work itself: who is spoken to, when it goes on, how one looks and gets there, where it is written
# down. A step that names no action, and nothing but these, says nothing of a fix.
BESIDE = """
    meeting appointment lunch break holiday shift afternoon evening tomorrow later soon afterwards meanwhile
    until wait hold continue leave left boss supplier vendor level escalate hand note documentation article
    picture photo screenshot voicemail message chat answer reply callback contact advice urgent angry patience
    confirm explain talk speak spoke agree inform plan visit home office thank happy similar checklist
    knowledge google connect remote session teamviewer anydesk quick assist computer phone call rang web
    internet search desk screen read email write wrote sent send sit went walk together saw kept twice exact
    word written reach spring summer autumn winter
"""
