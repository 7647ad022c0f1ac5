"""The signs of the trade: hours, tickets, plates, amounts, messages."""

from guichet.socle.i18n import lazy
from guichet.ui.composants.description import Famille, describe

METIERS = (
    describe(
        "heure",
        Famille.METIERS,
        lazy("Une heure : chiffres en gras, « h » léger."),
        instant=lazy("Une heure, ou un instant dans le fuseau du centre."),
        taille=(lazy("Taille du texte."), ("", "grande", "tres-grande")),
    ),
    describe("date_grande", Famille.METIERS, lazy("La date d'un billet."), fichier="heure", jour=lazy("Le jour.")),
    describe(
        "il_y_a",
        Famille.METIERS,
        lazy("Un instant par rapport à maintenant ; l'heure exacte au survol et pour les lecteurs d'écran."),
        fichier="heure",
        instant=lazy("L'instant, avec son fuseau."),
    ),
    describe(
        "plaque",
        Famille.METIERS,
        lazy("Une immatriculation, jamais traduite."),
        immatriculation=lazy("La plaque, déjà mise en forme."),
        taille=(lazy("Grande sur l'écran du contrôleur."), ("", "grande")),
    ),
    describe(
        "montant",
        Famille.METIERS,
        lazy("Une somme en euros."),
        centimes=lazy("En centimes."),
        taille=(lazy("Grand pour un prix qui décide."), ("", "grand")),
        ronds=lazy("Sans les centimes quand il n'y en a pas."),
    ),
    describe(
        "niveau",
        Famille.METIERS,
        lazy("Combien il reste de places : des barres et des mots."),
        valeur=(lazy("Le niveau."), ("libre", "moyen", "presque", "complet")),
    ),
    describe(
        "creneau",
        Famille.METIERS,
        lazy("Une heure à prendre : lien, choix, ou heure déjà prise."),
        instant=lazy("Le début, dans le fuseau du centre."),
        nom=lazy("Nom du champ : l'heure devient un choix."),
        choisi=lazy("Cette heure est choisie."),
        suggere=lazy("Heure conseillée : une étoile le dit."),
        indisponible=lazy("Cette heure est prise."),
        libelle=lazy("Dit aux lecteurs d'écran, avec le jour et le centre."),
    ),
    describe(
        "billet",
        Famille.METIERS,
        lazy("« Cette heure est à vous ». Rien d'autre ne lui ressemble."),
        debut=lazy("Le début, dans le fuseau du centre."),
        sens=(lazy("En long, en haut (résumé), ou petit."), ("", "haut", "mini")),
        passe=lazy("L'heure est passée."),
        avec_heure=lazy("Montre l'heure sous la date."),
        caller=lazy("Ce que dit le billet."),
    ),
    describe(
        "minuteur",
        Famille.METIERS,
        lazy("Le temps qu'il reste pour une place gardée ; l'heure exacte suffit sans script."),
        fin=lazy("L'instant de la fin."),
        duree=lazy("Durée totale, en secondes."),
        libelle=lazy("La phrase ; sinon « Place gardée jusqu'à… »."),
    ),
    describe(
        "tableau",
        Famille.METIERS,
        lazy("Le panneau des prochains départs : seulement ce qui est vrai maintenant."),
        departs=lazy("Objets {quand, instant, href, titre, detail, centimes}."),
        note=lazy("De quand datent ces heures."),
        pied=lazy("Le lien vers la suite, déjà rendu."),
    ),
    describe(
        "mail",
        Famille.METIERS,
        lazy("Un message reçu ou envoyé."),
        auteur=lazy("Qui l'a écrit."),
        instant=lazy("Quand."),
        detail=lazy("Par où il est venu."),
        cite=lazy("Le message cité, replié."),
        caller=lazy("Le corps du message."),
    ),
    describe(
        "bulle", Famille.METIERS, lazy("Une phrase d'une conversation."), fichier="mail", moi=lazy("Elle est de nous.")
    ),
)
