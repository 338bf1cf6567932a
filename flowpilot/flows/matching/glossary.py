"""Words of a help desk in other languages, and what they are in English, in which texts and flows are stemmed.

Accents do not count here: `fold` takes them away on both sides. A word of several parts is written with `_`.
"""

import unicodedata
from functools import lru_cache

# One line for each: what the words after the colon mean. German compounds are found by their first or last part.
_MEANINGS = """
printer: drucker imprimante impresora stampante impressora drukarka 打印机
print: druckt drucken ausdruck ausdrucken gedruckt imprime imprimer impression imprimir impreso stampa stampare
    afdrukken drukuje 打印
scanner: kopierer scannen eingescannt scanne numeriser numerise scanneur escaner escanear escaneo scansione 复印机
    扫描
toner: cartouche cartucho
password: passwort kennwort mot_de_passe contrasena clave senha wachtwoord haslo 密码
account: konto compte cuenta conta 账号 账户
locked: gesperrt sperre gesperrte verrouille verrouillee bloque bloquee bloqueado bloqueada bloccato bloqueia
    geblokkeerd zablokowane zablokowany 锁定
login: anmelden anmeldung einloggen anmelde connecter connexion identifier iniciar_sesion acceder accesso entrar
    inloggen zalogowac zaloguj logowania 登录
code: bestatigungscode sicherheitscode codigo codice 验证码
computer: rechner computadora ordenador ordi ordinateur computadora pc-portable komputer 电脑
laptop: portable portatil portatile
slow: langsam langsamer lahm lent lente lents ralenti lento lenta lentisimo lentissimo traag wolno 慢
start: einschalten hochfahren startet demarre demarrer arranca arrancar encender avvia
restart: neustart startet_neu redemarre redemarrer reinicia reiniciar riavvia herstart
email: mails e-mails courriel courriels correo correos posta posteingang mailbox 邮件 邮箱
mailbox: postfach briefkasten boite boite_mail buzon casella 邮箱
shared: freigegeben gemeinsam gemeinsames partage partagee partages compartido compartida gedeelde condiviso
send: senden sende versenden verschicken envoyer envoie envoyes enviar envio enviados inviare verzenden
sent: gesendet geschickt envoye enviado
delivered: zugestellt ankommen angekommen kommt_an kommen_an arrive arrivent llega llegan recibe reciben
attachment: anhang piece_jointe adjunto allegato bijlage
calendar: kalender termin termine calendrier rendez-vous rdv calendario agenda cita afspraak
meeting: besprechung sitzung reunion spotkaniu spotkaniach vergadering riunione
folder: ordner verzeichnis dossier dossiers carpeta carpetas cartella pasta map
file: datei dateien fichier fichiers archivo archivos bestand bestanden plik 文件
access: zugriff zugang acces acceso accesso toegang
permission: berechtigung berechtigungen rechte droits autorisation permiso permisos permessi
denied: verweigert refuse denegado negato geweigerd
drive: laufwerk lecteur unidad
disk: festplatte speicherplatz disque disco schijf dysk
full: voll plein pleine lleno llena pieno vol
space: platz speicher espace espacio spazio ruimte
network: netzwerk netz reseau red rete netwerk siec 网络
wifi: wlan funknetz sans_fil inalambrica
internet: internetverbindung internetzugang
connection: verbindung verbindet liaison conexion connessione verbinding
connect: verbinden verbindet connecte se_connecter conectar conecta collegare
tunnel: fernzugriff
home: homeoffice zuhause daheim teletravail maison casa thuis
office: buro geschaftsstelle bureau oficina ufficio kantoor
site: filiale standort niederlassung agence succursale sucursal
everybody: niemand keiner niemandem alle personne tout_le_monde nadie todos nessuno tutti niemand
server: serveur servidor
reachable: erreichbar joignable alcanzable
unreachable: unerreichbar injoignable inaccessible inaccesible
phone: telefon telefone telefono telefonieren telefonate telefoon centralita centrale anlage festnetz 电话
call: anruf anrufe anrufen appel appels llamada llamadas llaman chiamata chiamate oproep
mobile: handy natel diensthandy movil celular cellulare telefonino smartphone
hear: horen hort entendre entend entendent oigo oyen oye sentono sento slychac slysza horen
microphone: mikrofon micro microfono mikro
headset: kopfhorer casque auriculares cuffie
sound: ton son sonido audio
video: visio videoconference videokonferenz videollamada
screen: bildschirm ecran pantalla schermo scherm
monitor: bildschirme moniteur
dock: dockingstation station_d'accueil
black: schwarz noir noire negro negra nero zwart
backup: datensicherung sicherung sauvegarde sauvegardes copia_de_seguridad copias_de_seguridad respaldo back-up
restore: wiederherstellen wiederherstellung zuruckspielen restaurer restauration restaurar terugzetten
    ripristinare
recovery: wiederherstellungsschlussel
key: schlussel cle
encrypted: verschlusselt chiffre chiffres cifrado cifrados crittografato versleuteld
ransom: losegeld rancon rescate riscatto
virus: schadsoftware logiciel_malveillant
phishing: hameconnage louche suspect verdachtig verdachtige sospechoso sospetto
link: verlinkung lien enlace
clicked: geklickt clique pinche clicado
website: webseite internetseite site_web pagina_web pagina seite webshop
browser: navigateur navegador navegar surfen browserfenster
certificate: zertifikat certificat certificado certificato
expired: abgelaufen expire caduco caducado caducada vencido scaduto verlopen
secure: sicher securise segura seguro sicuro
update: aktualisierung aktualisieren mise_a_jour mises_a_jour actualizacion actualizaciones actualizar
    aggiornamento bijgewerkt
install: installieren installiert installer installe instalar installare
software: programm logiciel programa anwendung applikation fachanwendung application
accounting: buchhaltung compta comptabilite contabilidad contabilita lohnlauf lohn paie
database: datenbank base_de_donnees base_de_datos
invoice: rechnung facture factura fattura factuur
licence: lizenz lizenzen licencia licencias licenza licentie
employee: mitarbeiter mitarbeiterin mitarbeitende collaborateur collaboratrice employe empleado empleada
    dipendente medewerker
starter: lernende lernender neueintritt nouvelle_collegue nouveau_collegue embauche incorporacion
leaver: austritt kundigung gekundigt freigestellt depart demission baja dimissioni vertrek
stolen: gestohlen geklaut vole volee robado robada robaron rubato gestolen
lost: verloren perdu perdue perdi perdido perdida perso kwijt
port: freischalten freigabe freigeben puerto porta
firewall: pare-feu cortafuegos
remote: fernwartung ferne distance remoto
synchronise: synchronisiert synchronisieren synchronisation synchronise sincroniza sincronizar sincronizacion
    nubecita wolke nuage nube
cloud: wolke nuage nube
error: fehler fehlermeldung erreur fallo errore fout blad
crash: absturz absturzt sturzt plante planter cuelga
frozen: eingefroren hangt fige gele congelado
blank: leer blanc blanche blanco vide vacio
disappear: verschwunden weg disparu disparue desaparecido desaparecio sparito
new: neu neue neuer neues neuen nouveau nouvelle nouveaux nuevo nueva nuevos nuovo nieuwe
forgot: vergessen oublie olvide olvidado esqueci dimenticato vergeten
teams: teamsbesprechung
remove: loschen supprimer borrar
signature: unterschrift
pdf: pdfs
camera: kamera webcam
mouse: maus souris raton
keyboard: tastatur clavier teclado
"""

# Words that say nothing about a problem: they are never taken for a misspelt English word.
_FILLERS = """
der die das den dem des ein eine einen einem einer eines und oder aber nicht kein keine keinen nichts ist sind
war waren wird werden wurde hat haben hatte ich du er sie es wir ihr mich mir uns euch ihm ihn mein meine meinem
meinen meiner sein seine unser unsere unserem ihre auf aus bei mit nach seit von vor zu zum zur in im an am um
fur uber unter durch ohne gegen wie was wer wo wann warum wenn dass ob auch noch schon nur mehr sehr immer wieder
jetzt heute gestern morgen hier dort da dann kann konnen konnte muss mussen soll sollte will mochte bitte danke
hallo guten tag grusse geht gehen ging macht machen kommt kommen sagt steht le la les un une de et ou mais ne pas
plus rien est sont etait a ai as avons ont avait je tu il elle on nous vous ils elles me moi toi lui leur mon ma
mes ton ta tes sa ses notre nos votre vos au aux avec chez dans depuis par pour sans sous sur vers que qui quoi
dont quand comment pourquoi si aussi encore deja tres tout tous toute toutes fait faire va vont peut peux veut ce
cet cette ces ca c'est cela ici bonjour merci svp salut matin jour el los las lo una unos unas y o pero son era
esta estan estoy ha he han hay yo ella nosotros ustedes se mi mis su sus nuestro nuestra del al con desde en
entre hasta para por sin sobre quien cual cuando como donde porque tambien todavia ya muy mas todo todos toda
todas nada hacer hace puede puedo quiero este esto ese eso aqui hola gracias favor hoy ayer manana sale salen te
gli uno della dello dei delle degli alla allo nel nella sul sulla per tra fra che chi non piu anche ancora sono
siamo sei ho hai abbiamo hanno mio mia miei suo sua nostro questo questa quello buongiorno grazie os uma do dos
no na nas em com sem nao muito eu ele ela meu minha seu isso het een van op dat niet met voor aan om ook maar bij
naar door uit over ze zijn wij mijn jouw ons onze heb heeft hebben wordt kan moet graag wel geen nie jest z w i
"""

_LEAST_OF_PART, _LEAST_OF_REST = 5, 3


def fold(word: str) -> str:
    """A word in lower case without accents: ß is ss."""
    parts = unicodedata.normalize("NFKD", word.lower().replace("ß", "ss").replace("ł", "l").replace("ø", "o"))
    return "".join(part for part in parts if not unicodedata.combining(part))


def _read() -> dict[str, str]:
    meanings: dict[str, str] = {}
    english = ""
    for line in _MEANINGS.strip().splitlines():
        named, colon, words = line.partition(":")
        english, words = (named, words) if colon and not line.startswith(" ") else (english, line)
        meanings |= {fold(word).replace("_", " "): english for word in words.split()}
    return meanings


_ENGLISH = _read()
PHRASES = sorted((word for word in _ENGLISH if " " in word), key=len, reverse=True)
FILLERS = frozenset(fold(word) for word in _FILLERS.split())
_PARTS = [word for word in _ENGLISH if len(word) >= _LEAST_OF_PART and " " not in word]
_WITHOUT_SPACES = [word for word in _ENGLISH if not word.isascii()]


@lru_cache(maxsize=4096)
def in_english(word: str) -> tuple[str, ...]:
    """What a folded word of another language means, or the parts of a compound; none if it is not known."""
    for spelling in (word, word.replace("ae", "a").replace("oe", "o").replace("ue", "u")):
        for stem in (spelling, spelling[:-1], spelling[:-2]):
            if stem in _ENGLISH and (stem == spelling or len(stem) >= _LEAST_OF_PART):
                return (_ENGLISH[stem],)
        ends = [part for part in _PARTS if len(spelling) >= len(part) + _LEAST_OF_REST and _is_end(part, spelling)]
        if ends:
            return tuple(dict.fromkeys(_ENGLISH[part] for part in sorted(ends, key=len, reverse=True)))
    if not word.isascii():
        return tuple(dict.fromkeys(_ENGLISH[part] for part in _WITHOUT_SPACES if part in word))
    return ()


def _is_end(part: str, word: str) -> bool:
    return word.startswith(part) or word.endswith(part)
