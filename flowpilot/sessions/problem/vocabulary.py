"""What people write around a problem in English, German, French and Spanish, as patterns for one line. Pure."""

import re

_I = re.IGNORECASE

# The names of a mail's header lines; a subject and a sender are told apart from the others.
SUBJECT = r"Subject|Betreff|Objet|Asunto"
SENDER = r"From|Von|De"
_OTHERS = (
    r"To|Cc|Bcc|Sent|Date|Reply-To|Importance|Priority|Attachments?|Message-ID"
    r"|An|Kopie|Gesendet|Datum|Antwort an|Wichtigkeit|Anlagen?|Anhänge"
    r"|À|A|Envoyé|Répondre à|Pièces? jointes?|Para|Enviado(?: el)?|Fecha|Adjuntos?"
)
HEADER = re.compile(
    rf"[*_]{{0,2}}(?P<name>{SUBJECT}|{SENDER}|{_OTHERS})\s?:[*_]{{0,2}}(?:\s+(?P<value>.*)|)\Z", _I
)

# `Re:`, `AW:` and what gateways put before a subject.
REPLY = re.compile(
    r"\A(?:(?:re|aw|fwd?|wg|tr|rv|antw|réf?)\s?:\s*|\[(?:ext|external|extern|externe|externo)\]\s*)+", _I
)

# The line above a quoted mail.
QUOTE_INTRODUCTIONS = (
    re.compile(r"On\b.{4,200}\bwrote\s?:\Z", _I),
    re.compile(r"Am\b.{4,200}\bschrieb\b.{0,120}:\Z", _I),
    re.compile(r"Le\b.{4,200}\ba écrit\s?:\Z", _I),
    re.compile(r"El\b.{4,200}\bescribió\s?:\Z", _I),
)
QUOTE_LINE = re.compile(
    r"[-_ ]{2,}\s*(?:original message|original appointment|forwarded message|ursprüngliche nachricht"
    r"|originalnachricht|weitergeleitete nachricht|message d['\u2019]origine|message transféré|mensaje original"
    r"|mensaje reenviado)\s*[-_ ]*\Z",
    _I,
)
RULE = re.compile(r"[_\-=*]{5,}\Z")

GREETING = re.compile(
    r"(?:hi|hello|hey|dear|greetings|good (?:morning|afternoon|evening|day)|to whom it may concern"
    r"|hallo|guten (?:tag|morgen|abend)|moin|servus|grüezi|grüß gott|sehr geehrte[rs]?|liebe[rs]?"
    r"|bonjour|bonsoir|salut|chers?|chères?|madame|monsieur|mesdames"
    r"|hola|buen(?:os|as) (?:días|tardes|noches)|estimad[oa]s?|querid[oa]s?)\b(?P<whom>[^,.!?:;\n]{0,50})",
    _I,
)
PLEASANTRY = re.compile(
    r"(?:i |we )?hope (?:you|this|all|everything)\b.{0,60}\Z"
    r"|(?:ich|wir) hoffen?,? (?:es geht|ihr|sie|dass)\b.{0,60}\Z"
    r"|j['\u2019]espère que (?:vous|tu|tout)\b.{0,60}\Z"
    r"|espero que (?:est|todo|se)\w*\b.{0,60}\Z",
    _I,
)

# A whole line that ends a letter. A name may follow on it.
CLOSING = re.compile(
    r"(?:(?:(?:kind|best|warm|many)(?:est)? )?(?:regards|wishes)|(?:yours )?(?:sincerely|faithfully|truly)|cheers"
    r"|all the best|(?:many )?thanks(?: (?:and (?:kind|best) regards|in advance|again|a lot|so much))?|thank you"
    r"(?: (?:in advance|very much|so much))?"
    r"|(?:mit )?(?:freundlichen?|besten?|vielen|herzlichen?|schönen?|lieben?|viele|liebe|freundliche) (?:grüßen?"
    r"|grüssen?|gruß|gruss)|(?:viele|beste|schöne) grüße|gruß|gruss|mfg|lg|vg|(?:vielen|besten) dank"
    r"(?: im voraus| und viele grüße)?|danke(?: im voraus| schön)?"
    r"|(?:bien )?cordialement|(?:bien )?à (?:vous|toi)|salutations(?: distinguées)?|merci"
    r"(?: (?:d['\u2019]avance|beaucoup|bien))?|(?:meilleures|sincères) salutations|cdlt"
    r"|(?:un )?(?:cordial )?saludos?(?: cordiales)?|atentamente|(?:muchas )?gracias(?: de antemano)?|un saludo)"
    r"(?:[,.!]?|,\s*[\w.'\u2019 -]{2,40})\Z",
    _I,
)
SIGNATURE_RULE = re.compile(r"--\s*\Z|[—–]\Z")
SENT_FROM = re.compile(
    r"(?:sent from (?:my|outlook|mail)|get outlook for|von meinem .{2,40} gesendet|gesendet (?:mit|von) "
    r"|envoyé (?:de|depuis) |télécharger outlook|enviado desde |obtener outlook).{0,80}\Z",
    _I,
)
POSTSCRIPT = re.compile(r"p\.?\s?s\.?\s?[:.\-]?\s", _I)

# A paragraph with one of these is nobody's own words.
DISCLAIMER = re.compile(
    r"(?:this|the) (?:e-?mail|message|communication)(?: \w+){0,8} (?:is|are|may be|contains?)\b.{0,80}"
    r"\b(?:confidential|privileged)"
    r"|if you (?:are not|have received)\b.{0,40}\b(?:intended recipient|in error)|intended (?:solely|only) for"
    r"|(?:caution|warning|external)\b.{0,20}\b(?:e-?mail|message|sender)\b.{0,60}\b(?:outside|external)"
    r"|please consider the environment"
    r"|diese (?:e-?mail|nachricht)\b.{0,80}\bvertraulich"
    r"|nicht der (?:richtige|beabsichtigte|vorgesehene) (?:adressat|empfänger)"
    r"|(?:achtung|vorsicht|extern)\b.{0,30}\be-?mail\b.{0,60}\b(?:extern|außerhalb)"
    r"|(?:amtsgericht|handelsregister|registergericht)\b.{0,40}\bhr[ab]\b"
    r"|ce (?:message|courriel|mail)\b.{0,120}\bconfidentiel"
    r"|si vous (?:n['\u2019]êtes pas|avez reçu)\b.{0,60}\b(?:destinataire|erreur)"
    r"|este (?:mensaje|correo)\b.{0,120}\bconfidencial"
    r"|si (?:usted )?(?:no es el|ha recibido)\b.{0,60}\b(?:destinatario|error)",
    _I | re.DOTALL,
)

# After these, a full stop ends no sentence.
ABBREVIATIONS = frozenset(
    (
        *("mr", "mrs", "ms", "dr", "st", "no", "nr", "nos", "e", "g", "i", "eg", "ie", "etc", "vs", "approx"),
        *("ca", "z", "b", "d", "h", "bzw", "ggf", "evtl", "inkl", "usw", "tel", "str", "hr", "fr"),
        *("m", "mme", "mlle", "p", "ex", "sr", "sra", "srta", "ud", "uds", "av", "núm"),
    )
)
