"""The words of a help desk: those that say nothing about a problem, and those that mean the same."""

# Words that occur in any problem. They can complete a keyword, but say nothing by themselves.
COMMON = """
    hello hi hey dear good morning afternoon evening please thanks thank regards sorry urgent asap help problem
    problems issue issues trouble support ticket question case user users customer client clients colleague
    colleagues somebody someone anybody anyone everybody everyone nobody us like need needs want wants get gets got
    go goes going gone come comes came say says said tell ask asks asking know think try tries tried trying make
    makes made take takes took give see sees seen look looks let work works working worked use using used happen
    happens cannot could would should might may must wont dont today yesterday tomorrow since ago anymore longer
    still always never ever already even also sometimes suddenly time times day days week weeks month night hour
    hours minute minutes monday tuesday wednesday thursday friday saturday sunday one two three first second last
    next another thing things something anything everything nothing show shows shown way lot bit much many well yes
    ok
"""

# One line for each meaning: names, products and makers for the same thing. A word may be in several lines.
SYNONYMS = (
    "password pw pwd passphrase",
    "login logon signin sign credentials",
    "mfa 2fa authenticator second-factor",
    "mobile smartphone iphone android cellphone phone tablet",
    "telephone phone handset voip sip yealink snom polycom",
    "computer pc laptop notebook machine workstation desktop",
    "wifi wi-fi wlan wireless",
    "email e-mail mail",
    "printer copier mfp laserjet kyocera ricoh xerox lexmark",
    "vpn tunnel forticlient anyconnect globalprotect openvpn wireguard",
    "rdp mstsc remote-desktop",
    "slow sluggish lag stutter crawl",
    "freeze frozen hang unresponsive",
    "backup veeam acronis datto",
    "website homepage webpage site page",
    "folder directory share",
    "onedrive sharepoint",
    "synchronise synchronize sync",
    "meeting conference",
    "microphone mic headset",
    "sound audio voice volume speaker",
    "erp accounting datev sage lexware navision sap",
    "boss ceo director manager",
    "employee starter hire newcomer apprentice intern trainee temp",
    "phishing scam fraud spoofed suspicious strange fake weird",
    "internet online",
    "router modem",
    "locked blocked unlock",
    "disk drive storage space",
    "denied refused forbidden",
    "bounced undeliverable mailer-daemon",
    "error fault",
    "permission rights access",
    "office branch building site",
    "gone disappear vanish missing",
    "ring dial call",
    "hear silent mute",
    "spam junk",
    "restore recover",
    "toner cartridge ink",
    "projector beamer",
    "screen display monitor",
    "software program programme application",
    "website portal",
    "virus malware trojan",
    "file document",
    "recognised recognized detected",
)
