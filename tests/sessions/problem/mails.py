"""E-mails as people paste them."""

OUTLOOK = """\
From: Anna Smith <anna@contoso.example>
Sent: Monday, 3 March 2026 09:12
To: Help Desk
Subject: RE: [EXTERNAL] Outlook keeps asking for my password

Hi all,

I hope you are well. Since this morning Outlook asks for my password
every few minutes, and it does not accept it.

Kind regards,
Anna Smith
Contoso Ltd

This e-mail and any attachments are confidential.
If you are not the intended recipient, delete it.

From: Help Desk
Sent: Friday, 28 February 2026
Subject: Outlook

The printer is repaired.
"""

GERMAN = """\
Sehr geehrte Damen und Herren,

seit heute Morgen kann ich z.B. den Drucker im 2. Stock nicht mehr benutzen. Er druckt nur leere Seiten.

Mit freundlichen Grüßen
Petra Müller

Am 03.03.2026 um 09:12 schrieb Help Desk <desk@msp.example>:
> Guten Tag
> wie geht es
"""

FRENCH = """\
Bonjour,
le VPN ne se connecte plus depuis hier. Pouvez-vous regarder ?

Cordialement,
Jean

-----Message d'origine-----
De : Marie
Objet : VPN
"""

SPANISH = """\
Hola equipo, no puedo abrir Teams. Me sale un error.
Gracias,
Luis
P.S. También falla en el móvil
"""
