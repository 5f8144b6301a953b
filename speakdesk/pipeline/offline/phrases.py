# ruff: noqa: E501
"""The notes brain's own words, by language: what it says, and what it listens for.

Patterns are tried on lower-case text without punctuation; `(?P<place>…)` is what a tool is asked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Phrases:
    """One language. `says` are sentences with `{name}`, `{topics}`, …; `hears` are patterns."""

    says: Mapping[str, str]
    hears: Mapping[str, re.Pattern[str]]
    stop_words: frozenset[str]
    you_are: re.Pattern[str]
    i_am: str
    conjunction: str

    def say(self, key: str, **values: str) -> str:
        """The sentence filled in."""
        return self.says[key].format(**values)


def _language(
    says: dict[str, str],
    hears: dict[str, str],
    stop_words: str,
    you_are: str,
    i_am: str,
    conjunction: str,
) -> Phrases:
    return Phrases(
        says,
        {name: re.compile(pattern) for name, pattern in hears.items()},
        frozenset(stop_words.split()),
        re.compile(you_are, re.IGNORECASE),
        i_am,
        conjunction,
    )


ENGLISH = _language(
    {
        "hello": "Hello! I am {name}. What would you like to know?",
        "hello_again": "Hello again. What would you like to know?",
        "fine": "I am doing fine, thank you. What would you like to know?",
        "name": "I am {name}. {purpose}",
        "purpose": "{purpose} I answer from my notes about {topics}.",
        "purpose_bare": "{purpose} I answer from my notes.",
        "part": "My part here: {role}.",
        "ai": "I am a machine: SpeakDesk's offline voice. No language model is connected, so I answer from {name}'s notes and nothing else.",
        "topics": "My notes are about {topics}.",
        "no_notes": "I have no notes to answer from yet.",
        "thanks": "You are welcome.",
        "bye": "Goodbye, and thank you.",
        "unknown": "I do not find that in my notes. I am the offline voice and no language model is connected, so notes are all I have. {about}",
        "unknown_again": "That is not in my notes either. {about}",
        "about": "You can ask me about {topics}.",
        "perhaps": "I may not have understood you rightly. About {topic}, my notes say this.",
        "no_more": "That is all my notes say about {topic}.",
        "nothing_said": "I have not said anything yet.",
        "pardon": "Sorry, I did not catch that.",
        "which_place": "For which place?",
        "no_tool": "I cannot look that up: the tool for it is switched off in this meeting.",
        "time": "In {place} it is {time}, {date}.",
        "weather": "In {place}: {sky}, {temperature} degrees, feels like {feels}.",
        "tool_failed": "I could not look that up. {error}",
        "summary": "So far people said: {lines}",
    },
    {
        "time": r"\bwhat (?:time is it|is the time|s the time)(?: right)?(?: now)?(?: (?:in|at) (?P<place>.+))?$|\b(?:current |local )?time (?:is it )?in (?P<place2>.+)$",
        "weather": r"\b(?:weather|temperature)\b(?: like)?(?: right)?(?: now| today| tomorrow)?(?: (?:in|at|for) (?P<place>.+))?$|\b(?:rain|raining|snow|snowing|sunny|cold|warm) in (?P<place2>.+)$",
        "ai": r"\bare you (?:an? )?(?:real |actual |just )*(?:ai|a i|artificial|robot|bot|machine|model|human|real|person|computer|chat ?gpt|language)\b|\b(?:which|what) (?:language )?model\b",
        "name": r"\b(?:your name|who are you|who am i (?:talking|speaking) (?:to|with)|introduce yourself|about yourself)\b",
        "purpose": r"\bwhat (?:do|can|could) you (?:do|help|offer)\b|\byour (?:job|role|purpose|task)\b|\bhow (?:can|do|could) you help\b|\bwhat are you (?:for|here for|good at)\b|^can you help(?: me)?$",
        "topics": r"\bwhat do you know\b|\bwhat (?:can|could|may) i ask\b|\b(?:what|which) (?:topics|subjects)\b|\bwhat (?:are|is) your notes\b",
        "more": r"^(?:please |and |ok |okay |yes )*(?:tell (?:me|us) more\b.*|to me more about that|go on|continue|keep going|more|what else|anything else|and then|carry on|(?:some )?more (?:details?|about (?:that|it|this)))(?: please)?$",
        "repeat": r"\b(?:say|repeat) (?:that|it)(?: (?:again|once more|one more time|for me|please))*$|^(?:please )?repeat\b|^(?:pardon|sorry)(?: me)?$|\bwhat did you say\b|\b(?:once more|say again|again please)$",
        "thanks": r"^(?:ok |okay |great |perfect |no )*(?:thanks?|thank you)\b",
        "bye": r"^(?:ok |okay |well )*(?:good ?bye|bye(?: bye)?|see you(?: later| soon| tomorrow)?)\b",
        "fine": r"^(?:(?:hi|hello|hey) )?(?:how are you|how do you do|how is it going)(?: (?:doing|today|doing today))?$",
        "hello": r"^(?:hi|hello|hey|good (?:morning|afternoon|evening))(?: (?:there|everyone|everybody|all|again|{name}))*$",
    },
    "a about after again all also am an and any are as at be because been before being but by can could did do does doing done for from get give go going good got had has have having he hello her here hers hey hi him his how i if in into is it its just know let like make many may me mean might more most much must my need no not now of off on one only or other our out over own please put really right said same say see shall she should show so some something take talk tell than that the their them then there these they thing things think this those through to too up us use very want was way we well were what when where which while who whom why will with would yes yet you your yours s t m re ve ll d let's ok okay",
    r"^(?:you are|you're)\s+",
    "I am ",
    "and",
)

GERMAN = _language(
    {
        "hello": "Hallo! Ich bin {name}. Was möchten Sie wissen?",
        "hello_again": "Hallo noch einmal. Was möchten Sie wissen?",
        "fine": "Mir geht es gut, danke. Was möchten Sie wissen?",
        "name": "Ich bin {name}. {purpose}",
        "purpose": "{purpose} Ich antworte aus meinen Notizen über {topics}.",
        "purpose_bare": "{purpose} Ich antworte aus meinen Notizen.",
        "part": "Meine Aufgabe hier: {role}.",
        "ai": "Ich bin eine Maschine: die Offline-Stimme von SpeakDesk. Kein Sprachmodell ist verbunden, ich antworte nur aus den Notizen von {name}.",
        "topics": "In meinen Notizen geht es um {topics}.",
        "no_notes": "Ich habe noch keine Notizen, aus denen ich antworten könnte.",
        "thanks": "Gern geschehen.",
        "bye": "Auf Wiederhören, und danke.",
        "unknown": "Das finde ich nicht in meinen Notizen. Ich bin die Offline-Stimme, kein Sprachmodell ist verbunden, mehr als die Notizen habe ich nicht. {about}",
        "unknown_again": "Auch das steht nicht in meinen Notizen. {about}",
        "about": "Fragen Sie mich nach {topics}.",
        "perhaps": "Vielleicht habe ich Sie nicht richtig verstanden. Zu {topic} steht in meinen Notizen Folgendes.",
        "no_more": "Mehr steht zu {topic} nicht in meinen Notizen.",
        "nothing_said": "Ich habe noch nichts gesagt.",
        "pardon": "Entschuldigung, das habe ich nicht verstanden.",
        "which_place": "Für welchen Ort?",
        "no_tool": "Das kann ich nicht nachsehen: Das Werkzeug dafür ist in dieser Besprechung ausgeschaltet.",
        "time": "In {place} ist es {time} Uhr, {date}.",
        "weather": "In {place}: {sky}, {temperature} Grad, gefühlt {feels}.",
        "tool_failed": "Ich konnte das nicht nachsehen. {error}",
        "summary": "Bisher wurde gesagt: {lines}",
    },
    {
        "time": r"\b(?:wie spät ist es|wie viel uhr ist es|wieviel uhr ist es|welche uhrzeit (?:ist|haben wir))(?: gerade| jetzt)?(?: in (?P<place>.+))?$|\buhrzeit in (?P<place2>.+)$",
        "weather": r"\bwetter\b(?: gerade| heute| jetzt| morgen)?(?: (?:in|für) (?P<place>.+))?$|\b(?:regnet|schneit) es in (?P<place2>.+)$",
        "ai": r"\b(?:bist du|sind sie) (?:eine? )?(?:echte[rs]? )?(?:ki|k i|künstlich|roboter|bot|maschine|modell|mensch|echt|computer|chat ?gpt)|\bwelches (?:sprach)?modell\b",
        "name": r"\b(?:wer bist du|wer sind sie|wie heißt du|wie heißen sie|(?:dein|ihr) name|stell dich vor|stellen sie sich vor)\b",
        "purpose": r"\bwas (?:machst|kannst|tust) du\b|\bwas (?:machen|können|tun) sie\b|\b(?:deine|ihre) (?:aufgabe|rolle)\b|\bwie (?:kannst du|können sie) .*helfen\b",
        "topics": r"\bwas (?:weißt du|wissen sie)\b|\bwas kann ich .*fragen\b|\bwelche themen\b|\bworüber können wir (?:reden|sprechen)\b",
        "more": r"^(?:bitte |und |ja )*(?:erzähl(?:e|en sie)? (?:mir |uns )?mehr\b.*|mehr (?:dazu|davon)|weiter|mach weiter|machen sie weiter|und dann|was noch|noch etwas)(?: bitte)?$",
        "repeat": r"\bwiederhol|\bnoch (?:ein)?mal\b|^(?:wie )?bitte$|\bwas (?:hast du|haben sie) gesagt\b",
        "thanks": r"^(?:ok |okay |super |nein |vielen )*(?:danke|dankeschön|vielen dank)\b",
        "bye": r"^(?:ok |okay |also )*(?:tschüss?|auf wieder(?:sehen|hören)|bis (?:bald|später|morgen))\b",
        "fine": r"^(?:hallo )?wie geht (?:es )?(?:dir|ihnen|s)(?: heute)?$",
        "hello": r"^(?:hallo|hi|hey|guten (?:morgen|tag|abend)|servus|moin|grüß gott)(?: (?:zusammen|alle|allerseits|{name}))*$",
    },
    "aber alle allem allen alles als also am an auch auf aus bei beim bin bis bist bitte da damit dann das dass dein deine dem den denn der des dich die dies diese dieser dieses dir doch dort du durch ein eine einem einen einer eines er es etwas euch euer für ganz gegen gibt haben habe hat hatte hier hin ich ihm ihn ihr ihre im in ist ja jede jeder jetzt kann kannst kein keine können könnte machen man mehr mein meine mich mir mit möchte muss müssen nach nicht noch nur ob oder ohne sagen sehr sein seine sich sie sind so soll sollte über um und uns unser unter viel vom von vor war waren warum was weil welche welcher welches wenn wer werden wie wieder will wir wird wissen wo woher wohin wollen würde zu zum zur lange gut hallo danke",
    r"^(?:du bist|sie sind)\s+",
    "Ich bin ",
    "und",
)

FRENCH = _language(
    {
        "hello": "Bonjour ! Je suis {name}. Que voulez-vous savoir ?",
        "hello_again": "Rebonjour. Que voulez-vous savoir ?",
        "fine": "Je vais bien, merci. Que voulez-vous savoir ?",
        "name": "Je suis {name}. {purpose}",
        "purpose": "{purpose} Je réponds d'après mes notes sur {topics}.",
        "purpose_bare": "{purpose} Je réponds d'après mes notes.",
        "part": "Mon rôle ici : {role}.",
        "ai": "Je suis une machine : la voix hors ligne de SpeakDesk. Aucun modèle de langage n'est connecté, je réponds seulement d'après les notes de {name}.",
        "topics": "Mes notes parlent de {topics}.",
        "no_notes": "Je n'ai pas encore de notes pour répondre.",
        "thanks": "Je vous en prie.",
        "bye": "Au revoir, et merci.",
        "unknown": "Je ne trouve pas cela dans mes notes. Je suis la voix hors ligne, aucun modèle de langage n'est connecté, je n'ai que ces notes. {about}",
        "unknown_again": "Cela non plus n'est pas dans mes notes. {about}",
        "about": "Vous pouvez m'interroger sur {topics}.",
        "perhaps": "J'ai peut-être mal compris. À propos de {topic}, mes notes disent ceci.",
        "no_more": "C'est tout ce que disent mes notes sur {topic}.",
        "nothing_said": "Je n'ai encore rien dit.",
        "pardon": "Pardon, je n'ai pas compris.",
        "which_place": "Pour quel endroit ?",
        "no_tool": "Je ne peux pas le chercher : l'outil est désactivé dans cette réunion.",
        "time": "À {place}, il est {time}, {date}.",
        "weather": "À {place} : {sky}, {temperature} degrés, ressenti {feels}.",
        "tool_failed": "Je n'ai pas pu le chercher. {error}",
        "summary": "Jusqu'ici on a dit : {lines}",
    },
    {
        "time": r"\bquelle heure (?:est il|il est)(?: maintenant)?(?: (?:à|a|en|au) (?P<place>.+))?$",
        "weather": r"\b(?:météo|temps fait il|temps qu il fait|quel temps)\b(?: aujourd hui| demain)?(?: (?:à|a|en|au|pour) (?P<place>.+))?$|\b(?:pleut|neige) (?:il )?(?:à|en) (?P<place2>.+)$",
        "ai": r"\b(?:êtes vous|es tu|vous êtes|tu es) (?:une? )?(?:vraie? )?(?:ia|intelligence artificielle|robot|bot|machine|modèle|humaine?|réel(?:le)?|ordinateur)\b|\bquel modèle\b",
        "name": r"\b(?:qui êtes vous|qui es tu|votre nom|ton nom|comment (?:vous appelez vous|tu t appelles|t appelles tu)|présente[zr]? (?:vous|toi))\b",
        "purpose": r"\bque (?:faites vous|fais tu|(?:pouvez|savez) vous faire|(?:peux|sais) tu faire)\b|\bqu est ce que (?:vous faites|tu fais)\b|\b(?:votre|ton) rôle\b",
        "topics": r"\bque (?:savez vous|sais tu)\b|\bqu est ce que (?:vous savez|tu sais)\b|\bquels sujets\b|\bde quoi (?:pouvons nous|peut on) parler\b|\bque puis je .*demander\b",
        "more": r"^(?:s il vous plaît |et |oui )*(?:dites (?:m en|moi|nous) (?:plus|davantage)\b.*|dis m en plus|continue[zr]?|la suite|et ensuite|quoi d autre|plus de détails)(?: s il (?:vous|te) plaît)?$",
        "repeat": r"\brépète|\brépéte|^pardon$|\bqu avez vous dit\b|\bencore une fois\b",
        "thanks": r"^(?:ok |parfait |non )*merci\b",
        "bye": r"^(?:ok |bon )*(?:au revoir|à (?:bientôt|demain|plus tard))\b",
        "fine": r"^(?:bonjour )?(?:comment (?:allez vous|vas tu|ça va)|ça va)$",
        "hello": r"^(?:bonjour|bonsoir|salut|coucou)(?: (?:à tous|tout le monde|{name}))*$",
    },
    "a à ai aide alors as au aucun aussi autre aux avec avez avoir avons bien bon ça car ce ceci cela ces cet cette chez ci comme comment dans de des dire dites dois doit donc du elle elles en encore est et être eu fait faire faites faut hors ici il ils j je l la là le les leur leurs lui m ma mais me mes moi mon même n ne non nos notre nous on ou où par pas peut peux plus pour pourquoi pouvez puis qu quand que quel quelle quelles quels qui quoi s sa sans savoir se ses si son sont suis sur t ta te tes toi ton tous tout toute très tu un une va veut voici voudrais votre vous vos y d c est-ce",
    r"^(?:vous êtes|tu es)\s+",
    "Je suis ",
    "et",
)

SPANISH = _language(
    {
        "hello": "¡Hola! Soy {name}. ¿Qué quiere saber?",
        "hello_again": "Hola de nuevo. ¿Qué quiere saber?",
        "fine": "Muy bien, gracias. ¿Qué quiere saber?",
        "name": "Soy {name}. {purpose}",
        "purpose": "{purpose} Respondo con mis notas sobre {topics}.",
        "purpose_bare": "{purpose} Respondo con mis notas.",
        "part": "Mi papel aquí: {role}.",
        "ai": "Soy una máquina: la voz sin conexión de SpeakDesk. No hay ningún modelo de lenguaje conectado, respondo solo con las notas de {name}.",
        "topics": "Mis notas tratan de {topics}.",
        "no_notes": "Todavía no tengo notas con las que responder.",
        "thanks": "De nada.",
        "bye": "Adiós, y gracias.",
        "unknown": "No encuentro eso en mis notas. Soy la voz sin conexión, no hay ningún modelo de lenguaje conectado y solo tengo esas notas. {about}",
        "unknown_again": "Eso tampoco está en mis notas. {about}",
        "about": "Puede preguntarme por {topics}.",
        "perhaps": "Quizá no le he entendido bien. Sobre {topic}, mis notas dicen esto.",
        "no_more": "Mis notas no dicen más sobre {topic}.",
        "nothing_said": "Todavía no he dicho nada.",
        "pardon": "Perdón, no le he entendido.",
        "which_place": "¿Para qué lugar?",
        "no_tool": "No puedo consultarlo: la herramienta está apagada en esta reunión.",
        "time": "En {place} son las {time}, {date}.",
        "weather": "En {place}: {sky}, {temperature} grados, sensación de {feels}.",
        "tool_failed": "No he podido consultarlo. {error}",
        "summary": "Hasta ahora se ha dicho: {lines}",
    },
    {
        "time": r"\bqué hora (?:es|tienen)(?: ahora)?(?: en (?P<place>.+))?$|\bhora en (?P<place2>.+)$",
        "weather": r"\b(?:qué tiempo|el tiempo|clima|temperatura)\b(?: hace| hará)?(?: hoy| ahora| mañana)?(?: (?:en|para) (?P<place>.+))?$|\b(?:llueve|nieva) en (?P<place2>.+)$",
        "ai": r"\b(?:eres|es usted) (?:una? )?(?:ia|inteligencia artificial|robot|bot|máquina|modelo|humano|humana|real|persona|ordenador|computadora)\b|\bqué modelo\b",
        "name": r"\b(?:quién eres|quién es usted|cómo te llamas|cómo se llama|tu nombre|su nombre|preséntate|preséntese)\b",
        "purpose": r"\bqué (?:haces|hace usted|puedes hacer|puede hacer)\b|\b(?:tu|su) (?:función|papel|trabajo)\b|\bcómo (?:puedes|puede) ayudar",
        "topics": r"\bqué (?:sabes|sabe usted)\b|\bqué (?:te|le) puedo preguntar\b|\bqué temas\b|\bde qué podemos hablar\b",
        "more": r"^(?:por favor |y |sí )*(?:(?:dime|cuéntame|dígame|cuénteme) más\b.*|sigue|siga|continúa|continúe|y luego|qué más|algo más|más detalles)(?: por favor)?$",
        "repeat": r"\brepite|\brepita|\brepetir\b|^perdón$|\bqué (?:has|ha) dicho\b|\botra vez\b",
        "thanks": r"^(?:vale |perfecto |no |muchas )*gracias\b",
        "bye": r"^(?:vale |bueno )*(?:adiós|hasta (?:luego|mañana|pronto))\b",
        "fine": r"^(?:hola )?(?:cómo (?:estás|está|va)|qué tal)(?: usted| hoy)?$",
        "hello": r"^(?:hola|buenos días|buenas(?: tardes| noches)?)(?: (?:a todos|{name}))*$",
    },
    "a acerca ahí al algo alguna alguno ante antes aquí así aún aunque bien cada como cómo con cual cuál cuales cuáles cuando cuándo cuánto cuanto da de del desde dice decir dime donde dónde dos el él ella ellas ellos en entre era eres es esa ese eso esta está están estas este esto estoy favor fue gracias ha hace hacer hacia han hasta hay hola la las le les lo los más me mi mis mucho muy nada ni no nos nosotros o os otra otro para pero poco podemos por porque por-qué puede puedo pues que qué quién quien quiero saber se sea ser si sí sin sobre son soy su sus también tan tanto te tenemos tener tengo ti tiene todo todos tu tú tus un una uno unos usted ustedes va vamos voy y ya yo",
    r"^(?:eres|usted es)\s+",
    "Soy ",
    "y",
)

ITALIAN = _language(
    {
        "hello": "Ciao! Sono {name}. Che cosa vuole sapere?",
        "hello_again": "Ciao di nuovo. Che cosa vuole sapere?",
        "fine": "Sto bene, grazie. Che cosa vuole sapere?",
        "name": "Sono {name}. {purpose}",
        "purpose": "{purpose} Rispondo dai miei appunti su {topics}.",
        "purpose_bare": "{purpose} Rispondo dai miei appunti.",
        "part": "Il mio ruolo qui: {role}.",
        "ai": "Sono una macchina: la voce offline di SpeakDesk. Nessun modello linguistico è collegato, rispondo solo dagli appunti di {name}.",
        "topics": "I miei appunti parlano di {topics}.",
        "no_notes": "Non ho ancora appunti da cui rispondere.",
        "thanks": "Prego.",
        "bye": "Arrivederci, e grazie.",
        "unknown": "Non lo trovo nei miei appunti. Sono la voce offline, nessun modello linguistico è collegato e ho solo questi appunti. {about}",
        "unknown_again": "Neanche questo è nei miei appunti. {about}",
        "about": "Può chiedermi di {topics}.",
        "perhaps": "Forse non ho capito bene. Su {topic} i miei appunti dicono questo.",
        "no_more": "I miei appunti non dicono altro su {topic}.",
        "nothing_said": "Non ho ancora detto niente.",
        "pardon": "Scusi, non ho capito.",
        "which_place": "Per quale luogo?",
        "no_tool": "Non posso cercarlo: lo strumento è spento in questa riunione.",
        "time": "A {place} sono le {time}, {date}.",
        "weather": "A {place}: {sky}, {temperature} gradi, percepiti {feels}.",
        "tool_failed": "Non sono riuscito a cercarlo. {error}",
        "summary": "Finora è stato detto: {lines}",
    },
    {
        "time": r"\bche (?:ora è|ore sono)(?: adesso| ora)?(?: (?:a|in) (?P<place>.+))?$",
        "weather": r"\b(?:che tempo|il tempo|meteo|temperatura)\b(?: fa| farà)?(?: oggi| adesso| domani)?(?: (?:a|in|per) (?P<place>.+))?$|\b(?:piove|nevica) (?:a|in) (?P<place2>.+)$",
        "ai": r"\b(?:sei|lei è) (?:una? |un )?(?:vera |vero )?(?:ia|intelligenza artificiale|robot|bot|macchina|modello|umano|umana|reale|persona|computer)\b|\bche modello\b",
        "name": r"\b(?:chi sei|chi è lei|come ti chiami|come si chiama|il tuo nome|il suo nome|presentati|si presenti)\b",
        "purpose": r"\b(?:che )?cosa (?:fai|fa lei|puoi fare|può fare|sai fare)\b|\b(?:tuo|suo) (?:ruolo|compito|lavoro)\b|\bcome (?:puoi|può) aiutar",
        "topics": r"\b(?:che )?cosa (?:sai|sa lei)\b|\b(?:che )?cosa posso chieder|\bquali argomenti\b",
        "more": r"^(?:per favore |e |sì )*(?:dimmi di più\b.*|mi dica di più|raccontami di più|continua|continui|vai avanti|e poi|che altro|altro|più dettagli)(?: per favore)?$",
        "repeat": r"\bripeti|\bripeta|\bripetere\b|^scusa$|^scusi$|\b(?:che )?cosa (?:hai|ha) detto\b|\bancora una volta\b",
        "thanks": r"^(?:ok |perfetto |no |mille )*grazie\b",
        "bye": r"^(?:ok |bene )*(?:arrivederci|a (?:presto|domani|dopo)|addio)\b",
        "fine": r"^(?:ciao )?come (?:stai|sta|va)(?: oggi)?$",
        "hello": r"^(?:ciao|salve|buongiorno|buonasera|buon pomeriggio)(?: (?:a tutti|{name}))*$",
    },
    "a ad ai al alla alle allo altro anche ancora avere aveva c che chi ci ciao come con cosa cui da dai dal dalla dalle dei del della delle dello dentro di dice dimmi dire dove due e è ed era essere fa fare favore fra gli grazie ha hai hanno ho i il in io la le lei li lo loro lui ma me mi mia mie miei mio molto ne nei nel nella nelle noi non nostra nostro o ogni per perché più po poi posso prima può qual quale quali quando quanto quella quelle quelli quello questa queste questi questo qui sa sapere se sei senza si sì sia solo sono sta su sua sue sugli sui sul sulla suo suoi tra tu tua tuo tutti tutto un una uno va vi voglio vorrei",
    r"^(?:sei|lei è)\s+",
    "Sono ",
    "e",
)

_LANGUAGES = {"en": ENGLISH, "de": GERMAN, "fr": FRENCH, "es": SPANISH, "it": ITALIAN}


def phrases(language: str) -> Phrases:
    """The words for a BCP 47 tag; English where the language is not one of the five."""
    return _LANGUAGES.get(language.replace("_", "-").split("-")[0].lower(), ENGLISH)
