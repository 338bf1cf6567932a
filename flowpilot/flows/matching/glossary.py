"""Words of a help desk in other languages, and what they are in English, in which texts and flows are stemmed.

`glossary.txt` has a line for each meaning: the English words, those of German and Dutch, and after `|` those of
other languages. The former are also found as the first or last part of a compound. Accents do not count: `fold`
takes them away on both sides. A word of several parts is written with `_`.
"""

import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files

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

# Words that only English sentences have, and those of other languages that English ones have, too.
_ONLY_ENGLISH = """
the my are to and for with not it this that from when have our your they she you cannot can't doesn't isn't
but at since after says every again does can anymore nobody into all its i'm i've won't don't please which
"""
_ALSO_ENGLISH = """
a ai am an as au ca com comment con de del die do dont el en eu hat he i in la me met nas ne no non on os ou
over per plus son tag um war was will w z
"""

# Words of the glossary that mean something else in an English sentence.
_FALSE_FRIENDS = """
agenda alt charge extension gift main map mouse pasta person place placed places posted probe private pub rate red
regular return sale sent site standard tag tests trace traces vol
"""


def fold(word: str) -> str:
    """A word in lower case without accents: ß is ss."""
    parts = unicodedata.normalize("NFKD", word.lower().replace("ß", "ss").replace("ł", "l").replace("ø", "o"))
    return "".join(part for part in parts if not unicodedata.combining(part))


def _read() -> tuple[dict[str, tuple[str, ...]], list[str]]:
    """What each word means, and those that may be parts of a compound."""
    meanings: dict[str, tuple[str, ...]] = {}
    parts = set()
    for line in files(__package__).joinpath("glossary.txt").read_text("utf-8").splitlines():
        english, _, words = line.partition(": ")
        compounding, _, others = words.partition("|")
        for word in (fold(word).replace("_", " ") for word in f"{compounding} {others}".split()):
            meanings[word] = tuple(dict.fromkeys((*meanings.get(word, ()), english)))
        parts |= {fold(word) for word in compounding.split() if "_" not in word}
    return meanings, sorted(part for part in parts if len(part) >= _LEAST_OF_PART)


_ENGLISH, _PARTS = _read()
PHRASES = sorted((word for word in _ENGLISH if " " in word), key=len, reverse=True)
FILLERS = frozenset(fold(word) for word in _FILLERS.split())
_FRIENDS = frozenset(_FALSE_FRIENDS.split())
_ENGLISH_ONLY, _SHARED = frozenset(_ONLY_ENGLISH.split()), frozenset(_ALSO_ENGLISH.split())
FOREIGN_WORDS = frozenset(word for word in _ENGLISH if word.isascii() and word.isalpha())
ENGLISH_WORDS = frozenset(word for meanings in _ENGLISH.values() for each in meanings for word in each.split())
_WITHOUT_SPACES = [word for word in _ENGLISH if not word.isascii()]


def is_english(words: Iterable[str]) -> bool:
    """Whether folded words are a sentence in English, in which "red" is a colour and no network."""
    said = list(words)
    english = sum(word in _ENGLISH_ONLY for word in said)
    return english > sum(word in FILLERS and word not in _SHARED for word in said)


@lru_cache(maxsize=4096)
def in_english(word: str) -> tuple[str, ...]:
    """What a folded word of another language means, or the parts of a compound; none if it is not known."""
    if word in ENGLISH_WORDS:
        return ()
    for spelling in (word, word.replace("ae", "a").replace("oe", "o").replace("ue", "u")):
        for stem in (spelling, spelling[:-1], spelling[:-2]):
            if stem in _ENGLISH and (stem == spelling or len(stem) >= _LEAST_OF_PART):
                return _ENGLISH[stem]
        ends = [part for part in _PARTS if len(spelling) >= len(part) + _LEAST_OF_REST and _is_end(part, spelling)]
        if ends:
            return _meanings(sorted(ends, key=len, reverse=True))
    if not word.isascii():
        return _meanings(part for part in _WITHOUT_SPACES if part in word)
    return ()


def same_in_english(word: str) -> tuple[str, ...]:
    """What a folded word of the glossary means in an English sentence, where no ending is taken for another."""
    return () if word in _FRIENDS or word in ENGLISH_WORDS else _ENGLISH.get(word, ())


def _meanings(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(english for word in words for english in _ENGLISH[word]))


def _is_end(part: str, word: str) -> bool:
    return word.startswith(part) or word.endswith(part)
