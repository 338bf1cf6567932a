"""What people call the two help desks about: the domains, and the words of their tickets."""

from dataclasses import dataclass

Question = tuple[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Domain:
    """One kind of problem. Words in braces are filled from `VARIATIONS`.

    `weight` is its share of the calls, `minutes` how long a typical one takes, `handover_share` how often an
    engineer is stuck. Of those handed over, `vendor_share` wait for a supplier for weeks. `unwritten` are problems
    that come back although no flow covers them.
    """

    name: str
    weight: float
    minutes: float
    handover_share: float
    problems: tuple[str, ...]
    questions: tuple[Question, ...]
    fixes: tuple[str, ...]
    unwritten: tuple[str, ...] = ()
    vendor_share: float = 0.0


VARIATIONS: dict[str, tuple[str, ...]] = {
    "person": ("a new colleague", "the managing director", "one user", "a part-timer", "the front desk"),
    "site": ("the main office", "the warehouse", "the branch in town", "the home office", "the workshop"),
    "team": ("accounting", "sales", "the drawing office", "logistics", "human resources", "reception"),
    "device": ("a laptop", "the reception PC", "a Windows 11 desktop", "the meeting room PC", "a tablet"),
    "cause": ("the last update", "a password change", "the move of desks", "a power cut", "the weekend"),
}

EMAIL = Domain(
    name="email",
    weight=18,
    minutes=22,
    handover_share=0.09,
    problems=(
        "Outlook keeps asking {person} for the password after {cause}",
        "Mail to one supplier comes back undeliverable for {team}",
        "Search in Outlook finds nothing newer than last week for {person}",
        "Mailbox of {person} is full and nothing comes in",
        "Calendar invitations arrive an hour off in {team}",
        "Outgoing mail from {site} lands in junk folders",
    ),
    questions=(
        ("Does webmail work?", ("Yes", "No", "Not tried")),
        ("How many mailboxes are affected?", ("One", "A few", "All")),
        ("Since when?", ("Today", "This week", "Longer")),
        ("Is there an error code?", ("None", "5.7.x", "0x8004xxxx")),
        ("Is the client up to date?", ("Yes", "No")),
    ),
    fixes=("Rebuilt the Outlook profile", "Released the mail from quarantine", "Cleared stored credentials"),
    unwritten=("Shared mailbox vanished from new Outlook after migration, {team}",),
)

IDENTITY = Domain(
    name="identity",
    weight=15,
    minutes=13,
    handover_share=0.06,
    problems=(
        "Account of {person} is locked again after {cause}",
        "{person} lost the phone with the authenticator",
        "New starter in {team} has no access to the shared drives",
        "Password reset mail never arrives for {person}",
        "{person} sees 'access denied' on the team folder",
        "Single sign-on loops in the browser on {device}",
    ),
    questions=(
        ("Is the account locked?", ("Yes", "No")),
        ("Which sign-in fails?", ("Windows", "Microsoft 365", "A business application")),
        ("Was the password changed?", ("Today", "This week", "No")),
        ("Is a second factor set up?", ("App", "Text message", "None")),
    ),
    fixes=("Unlocked and traced an old phone", "Reset the second factor", "Added to the right group"),
)

NETWORK = Domain(
    name="network",
    weight=11,
    minutes=38,
    handover_share=0.2,
    problems=(
        "No internet in {site} since {cause}",
        "Wireless drops every few minutes in {site}",
        "File share is very slow for {team}",
        "{device} gets no address from DHCP",
        "Voice breaks up during calls in {site}",
        "One website can not be reached from {site}",
    ),
    questions=(
        ("Is it wired or wireless?", ("Wired", "Wireless", "Both")),
        ("Does the gateway answer?", ("Yes", "No", "Now and then")),
        ("Who is affected?", ("One device", "One room", "The whole site")),
        ("Does name resolution work?", ("Yes", "No")),
    ),
    fixes=("Replaced a patch cable", "Moved the access point to another channel", "Freed the address pool"),
)

REMOTE_ACCESS = Domain(
    name="remote access",
    weight=9,
    minutes=27,
    handover_share=0.14,
    problems=(
        "VPN connects but no drive opens for {person}",
        "VPN client of {person} stops at 'verifying'",
        "Remote desktop shows a black screen on {device}",
        "VPN drops when {person} changes from cable to wireless",
        "{person} can not reach the terminal server from {site}",
        "Certificate warning on connecting from {device}",
    ),
    questions=(
        ("Which client version?", ("Current", "Older", "Unknown")),
        ("Does it work over a phone hotspot?", ("Yes", "No", "Not tried")),
        ("Does the tunnel get an address?", ("Yes", "No")),
        ("Is the clock right?", ("Yes", "No")),
    ),
    fixes=("Reinstalled the client", "Renewed the machine certificate", "Corrected the split tunnel routes"),
    unwritten=("VPN blocked by the hotel captive portal, traveller from {team}",),
)

PRINTING = Domain(
    name="printing",
    weight=10,
    minutes=19,
    handover_share=0.05,
    problems=(
        "Print queue in {site} is stuck since {cause}",
        "Scan to mail fails on the copier in {site}",
        "{device} prints blank pages",
        "Label printer in {site} cuts in the wrong place",
        "Printer is missing for {person} after {cause}",
        "Only the first page of a PDF is printed for {team}",
    ),
    questions=(
        ("Which printer is it?", ("Floor copier", "Desk printer", "Label printer")),
        ("Do others print on it?", ("Yes", "No", "Nobody tried")),
        ("What does the display say?", ("Ready", "Paper", "Offline", "Error")),
    ),
    fixes=("Restarted the spooler", "Replaced the driver", "Updated the copier's mail password"),
)

HARDWARE = Domain(
    name="hardware",
    weight=9,
    minutes=33,
    handover_share=0.1,
    problems=(
        "{device} does not start after {cause}",
        "Docking station loses both screens, {team}",
        "Battery of {device} lasts ten minutes",
        "{device} is loud and slow since {cause}",
        "Headset of {person} is not found in meetings",
        "Keyboard of {device} types the wrong letters",
    ),
    questions=(
        ("Is there any light or sound?", ("Yes", "No")),
        ("Was anything new plugged in?", ("Yes", "No")),
        ("Is it under warranty?", ("Yes", "No", "Unknown")),
        ("Does it help to try another power supply?", ("Yes", "No", "None at hand")),
    ),
    fixes=("Updated the dock's firmware", "Swapped the device from stock", "Reseated the memory"),
)

MICROSOFT_365 = Domain(
    name="microsoft 365",
    weight=11,
    minutes=25,
    handover_share=0.1,
    problems=(
        "Teams meeting of {team} has no sound on {device}",
        "OneDrive of {person} says 'sync pending' since {cause}",
        "Excel opens read-only from SharePoint in {team}",
        "Licence warning in Word on {device}",
        "{person} can not share a file with a customer",
        "SharePoint page of {team} is empty after {cause}",
    ),
    questions=(
        ("Browser or desktop app?", ("Browser", "Desktop", "Both")),
        ("Is the licence assigned?", ("Yes", "No")),
        ("Does the service health page show an incident?", ("Yes", "No")),
        ("Did signing out and in help?", ("Yes", "No", "Not tried")),
    ),
    fixes=("Reset the OneDrive client", "Assigned the licence", "Corrected the sharing policy of the site"),
)

BUSINESS_APPS = Domain(
    name="business applications",
    weight=9,
    minutes=41,
    handover_share=0.7,
    vendor_share=0.78,
    problems=(
        "Accounting software stops at month end for {team}",
        "Warehouse scanner gets 'no connection to server' in {site}",
        "Invoice run prints yesterday's date for {team}",
        "Drawing program asks for a licence server after {cause}",
        "Time recording shows no bookings for {person}",
        "Report in the ERP runs for an hour since {cause}",
    ),
    questions=(
        ("Which application?", ("Accounting", "Warehouse", "ERP", "Other")),
        ("Does the server answer?", ("Yes", "No")),
        ("Was it updated lately?", ("Yes", "No", "By the supplier")),
        ("Does the supplier know of it?", ("Yes", "No", "Not asked")),
    ),
    fixes=("Restarted the application service", "Restored the licence file", "Supplier delivered a patch"),
)

SECURITY = Domain(
    name="security",
    weight=6,
    minutes=30,
    handover_share=0.24,
    problems=(
        "{person} clicked a link in a parcel notice",
        "Virus warning on {device} after {cause}",
        "Sign-in from abroad reported for {person}",
        "Browser of {person} opens strange pages",
        "Mail in the name of the managing director asks {team} for money",
        "USB stick found in {site}",
    ),
    questions=(
        ("Was a password entered?", ("Yes", "No", "Not sure")),
        ("Is the device off the network?", ("Yes", "No")),
        ("What does the scanner report?", ("Clean", "Removed", "Active threat")),
        ("Are others affected?", ("Yes", "No", "Unknown")),
    ),
    fixes=("Revoked sessions and reset the password", "Isolated and reinstalled", "Blocked the sender"),
)

BACKUP = Domain(
    name="backup",
    weight=5,
    minutes=35,
    handover_share=0.15,
    problems=(
        "Nightly backup of {site} ended with warnings",
        "{person} deleted a folder and needs it back",
        "Backup disk in {site} is full since {cause}",
        "Restore test for {team} fails",
        "Backup window runs into the morning in {site}",
        "Offsite copy is two days behind after {cause}",
    ),
    questions=(
        ("Which job is it?", ("Files", "Mail", "Virtual machines")),
        ("When did it last succeed?", ("Yesterday", "This week", "Longer ago")),
        ("Is there free space?", ("Yes", "No")),
    ),
    fixes=("Extended the repository", "Restored from last night's copy", "Reset the snapshot chain"),
    unwritten=("Backup agent stuck at snapshot after kernel update, {site}",),
)

TELEPHONY = Domain(
    name="telephony",
    weight=4,
    minutes=24,
    handover_share=0.16,
    problems=(
        "Desk phones in {site} show 'no service' since {cause}",
        "Callers hear no ringing tone, {team}",
        "Voicemail of {person} is not delivered",
        "Call queue skips {person}",
        "Softphone on {device} rings but can not be answered",
        "Number of {person} shows as withheld",
    ),
    questions=(
        ("Desk phone or softphone?", ("Desk phone", "Softphone", "Both")),
        ("Inbound or outbound?", ("Inbound", "Outbound", "Both")),
        ("Does a restart help?", ("Yes", "No", "Not tried")),
    ),
    fixes=("Registered the phone again", "Corrected the call queue", "Carrier repaired the trunk"),
)

UNSORTED = Domain(
    name="",
    weight=7,
    minutes=20,
    handover_share=0.12,
    problems=(
        "{person} asks how to book the meeting room",
        "Screen in {site} shows an old slide",
        "{team} needs advice on a new scanner",
        "Strange noise from the server room in {site}",
        "Badge of {person} does not open the door after {cause}",
        "{person} wants to know who has the projector",
    ),
    questions=(
        ("Is work blocked?", ("Yes", "No")),
        ("Who else is affected?", ("Nobody", "A few", "Everybody")),
        ("Is it ours to solve?", ("Yes", "No", "Unclear")),
    ),
    fixes=("Answered the question", "Passed on to facilities", "Arranged a visit"),
)
