"""What pages say around their text, by rule and place in the line, in nine languages.

Gathered from the commonest short lines of pages of the open web; a phrase is met in any case, between words.
"""

from __future__ import annotations

ANYWHERE, START, END, WHOLE, EDGE = "anywhere", "start", "end", "whole", "edge"
"""Where in a line a phrase must stand: no word before it (START), behind it (END), either, or one of both (EDGE)."""

COUNTED = (
    "likes like comments comment shares share views view votes vote replies reply followers posts tweets retweets "
    "reviews ratings downloads kommentar kommentare antwort antworten aufrufe bewertungen teilen beiträge "
    "commentaire commentaires partages vues réponses avis comentario comentarios respuestas visitas compartidos "
    "comentários visualizações commenti commento condivisioni risposte reacties reactie weergaven komentarze "
    "komentarzy komentarz odpowiedzi kommentarer min minutes read"
).split()
"""Words that counters count."""

PHRASES: dict[str, dict[str, tuple[str, ...]]] = {
    "cookies": {
        ANYWHERE: (
            "uses cookies", "use cookies", "use of cookies", "using cookies", "cookie policy", "accept cookies",
            "accept all cookies", "cookie settings", "cookie preferences", "verwendet cookies", "verwenden cookies",
            "nutzt cookies", "nutzen cookies", "cookie-richtlinie", "cookie-einstellungen", "cookies akzeptieren",
            "verwendung von cookies", "utilise des cookies", "utilisons des cookies", "utilisation de cookies",
            "accepter les cookies", "utiliza cookies", "utilizamos cookies", "uso de cookies", "política de cookies",
            "aceptar cookies", "usa cookies", "aceitar cookies", "utilizza cookie", "utilizza i cookie",
            "uso dei cookie", "maakt gebruik van cookies", "gebruikt cookies", "używa plików cookie",
            "wykorzystuje pliki cookies", "plików cookies", "akismet", "gdpr consent",
        ),
    },
    "comments": {
        ANYWHERE: (
            "leave a comment", "leave a reply", "post a comment", "write a comment", "post your comment",
            "add a comment", "comments are closed", "log in to comment", "log in to leave a comment",
            "logged in to post a comment", "email address will not be published", "required fields are marked",
            "be the first to comment", "kommentar schreiben", "kommentar verfassen", "kommentar hinterlassen",
            "kommentar hinzufügen", "schreibe einen kommentar", "schreib einen kommentar",
            "hinterlasse einen kommentar", "hinterlassen sie einen kommentar", "hinterlasse jetzt einen kommentar",
            "hinterlassen sie eine antwort", "keine kommentare", "e-mail-adresse wird nicht veröffentlicht",
            "e-mail adresse wird nicht veröffentlicht", "erforderliche felder sind", "du kommentierst mit deinem",
            "icon um dich einzuloggen", "kommentarfunktion ist geschlossen", "laisser un commentaire",
            "publier un commentaire", "ajouter un commentaire", "poster un commentaire",
            "adresse e-mail ne sera pas publiée", "deja un comentario", "dejar un comentario", "dejá tu comentario",
            "publicar un comentario", "deixe um comentário", "lascia un commento", "laat een reactie achter",
            "geef een reactie", "dodaj komentarz", "zostaw komentarz",
        ),
        WHOLE: (
            "kommentieren", "verbinde mit %s", "replydelete", "antwortenlöschen",
        ),
    },
    "sharing": {
        ANYWHERE: (
            "share on facebook", "share on twitter", "share this article", "share this post", "share via",
            "tweet this", "email this", "artikel teilen", "beitrag teilen", "seite teilen", "auf facebook teilen",
            "auf twitter teilen", "partager sur facebook", "partager sur twitter", "partager cet article",
            "compartir en facebook", "compartir en twitter", "compartilhar no facebook", "condividi su",
            "delen op facebook", "udostępnij na", "be sociable, share", "bloggern gefällt das", "gefällt mir",
            "follow us on", "folge uns auf", "folgen sie uns", "suivez-nous sur", "síguenos en", "seguici su",
        ),
        START: (
            "share this", "share:", "teilen:", "teilen mit", "compartir:", "partager:",
        ),
        WHOLE: (
            "share article", "social media", "about these ads",
        ),
    },
    "read_more": {
        END: (
            "continue reading", "learn more", "show more", "load more", "see more", "view all", "more info",
            "weiterlesen", "mehr lesen", "mehr erfahren", "mehr anzeigen", "mehr", "lire la suite", "en savoir plus",
            "voir plus", "leer más", "ver más", "seguir leyendo", "leia mais", "saiba mais", "leggi tutto",
            "continua a leggere", "leggi di più", "lees meer", "lees verder", "czytaj dalej", "czytaj więcej",
        ),
        START: (
            "read also", "read next", "more from", "related articles", "related posts", "related stories",
            "you may also like", "you might also like", "recommended for you", "most popular", "most read",
            "auch interessant", "lesen sie auch", "auch lesen", "mehr zum thema", "mehr aus", "mehr themen",
            "weitere artikel", "das könnte dich auch", "das könnte sie auch", "das könnte ihnen auch",
            "ähnliche beiträge", "lade weitere inhalte", "entdecke weitere", "à lire aussi", "lire aussi",
            "sur le même sujet", "articles similaires", "lea también", "te puede interesar", "leia também",
            "leggi anche", "lees ook", "czytaj też", "czytaj także", "zobacz też", "zobacz także",
        ),
        WHOLE: (
            "explore further", "続きを読む", "もっと見る", "阅读更多", "查看更多",
        ),
        EDGE: (
            "read more",
        ),
    },
    "navigation": {
        ANYWHERE: (
            "skip to content", "skip to main content", "skip to navigation", "jump to navigation", "back to top",
            "scroll to top", "zum hauptinhalt springen", "zum inhalt springen", "springe direkt zu",
            "zum seitenanfang", "aller au contenu", "retour en haut", "ir al contenido", "saltar al contenido",
            "vai al contenuto", "ga naar de inhoud", "przejdź do treści", "powrót do góry", "you are here",
            "sie sind hier", "vous êtes ici", "previous post", "next post", "previous article", "next article",
            "vorheriger artikel", "nächster artikel", "vorheriger beitrag", "nächster beitrag", "article précédent",
            "article suivant", "navigation und service",
        ),
        START: (
            "filed under", "posted in", "tagged with", "tags:", "schlagworte:", "schlagwörter:", "kategorie:",
            "kategorien:", "categories:", "category:", "étiquettes:", "etiquetas:",
        ),
        WHOLE: (
            "main menu", "toggle navigation", "site map", "log in", "sign in", "sign up", "sign in / register",
            "nach oben", "über uns", "about us", "contact us",
        ),
    },
    "subscription": {
        ANYWHERE: (
            "subscribe to our newsletter", "sign up for our newsletter", "signing up to our newsletter",
            "subscribe to our", "join our newsletter", "weekly newsletter", "newsletter abonnieren",
            "abonniere unseren newsletter", "abonnieren sie unseren newsletter", "newsletter anmelden",
            "newsletter-anmeldung", "inscrivez-vous à la newsletter", "abonnez-vous", "suscríbete a", "suscríbase a",
            "assine nossa newsletter", "iscriviti alla newsletter", "schrijf je in voor", "zapisz się do newslettera",
            "push notifications", "rss-feed abonnieren", "in your inbox", "in dein postfach",
        ),
        WHOLE: (
            "ja ich bin abonnent", "ja ich benötige ein abo",
        ),
    },
    "copyright": {
        ANYWHERE: (
            "all rights reserved", "alle rechte vorbehalten", "tous droits réservés", "todos los derechos reservados",
            "todos os direitos reservados", "tutti i diritti riservati", "alle rechten voorbehouden",
            "wszelkie prawa zastrzeżone", "weitere rechte siehe impressum",
        ),
        START: (
            "copyright ©", "copyright (c)", "copyright by", "© copyright", "© 19", "© 20",
        ),
    },
    "advertisement": {
        START: (
            "advertisement", "anzeige enthält", "sponsored by",
        ),
        WHOLE: (
            "anzeige", "werbung", "reklama", "publicité", "publicidad", "pubblicità", "advertentie",
            "article continues below advertisement", "scroll to continue", "story continues below",
        ),
    },
}  # fmt: skip
"""Rule -> place -> phrases. Rules are asked in this order."""
