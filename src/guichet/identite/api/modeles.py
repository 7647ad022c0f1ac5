"""What the JSON routes of identity take and give. Unknown fields are refused, never ignored."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from guichet.identite.metier.roles import Role
from guichet.identite.metier.tenants import Plan, TypeTenant
from guichet.socle.i18n import _


def _no_null(text: str) -> str:
    if "\x00" in text:
        raise ValueError(_("Ce texte contient un caractère interdit."))
    return text


Texte = Annotated[str, AfterValidator(_no_null)]


Nom = Annotated[Texte, Field(min_length=1, max_length=100, pattern=r"\S")]
Email = Annotated[str, Field(min_length=3, max_length=254, examples=["camille.renaudin@exemple.fr"])]
Secret = Annotated[str, Field(min_length=1, max_length=512)]
MotDePasse = Annotated[str, Field(min_length=1, max_length=256, examples=["cheval bleu agrafe"])]
Codes = Annotated[list[Annotated[str, Field(max_length=80)]], Field(max_length=200)]
Ids = Annotated[list[UUID], Field(max_length=2000)]


class Entree(BaseModel):
    """The base of request bodies."""

    model_config = ConfigDict(extra="forbid")


class Sortie(BaseModel):
    """The base of answers, read from the facade's values."""

    model_config = ConfigDict(from_attributes=True)


class Connexion(Entree):
    """Proof of who one is. `tenant` (slug) chooses when the address has accounts in several."""

    email: Email
    mot_de_passe: MotDePasse
    tenant: str | None = Field(None, max_length=48, examples=["ct-express"])
    code_totp: str | None = Field(None, max_length=20, description="Code à 6 chiffres, ou code de secours.")


class Rafraichissement(Entree):
    """A refresh token."""

    refresh_token: Secret


class Deconnexion(Entree):
    """What to end: the sign-in of a refresh token, else that of the bearer."""

    refresh_token: Secret | None = None


class TenantCourt(Sortie):
    """A tenant, in short."""

    id: UUID
    slug: str
    nom: str


class UserOut(Sortie):
    """An account."""

    id: UUID
    email: str
    nom: str
    prenom: str
    telephone: str | None
    role: Role
    permissions: list[str] = Field(description="Permissions ajoutées à celles du rôle.")
    agence_ids: list[UUID]
    centre_ids: list[UUID]
    langue: str
    actif: bool
    email_verifie: bool
    a_mot_de_passe: bool
    double_facteur: bool
    invite_le: datetime | None
    derniere_connexion: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime


class Jetons(BaseModel):
    """A sign-in of a program: one hour of access, thirty days of refresh."""

    access_token: str
    refresh_token: str
    token_type: str = "Bearer"  # noqa: S105  a word of the norm
    expires_in: int
    utilisateur: UserOut
    tenant: TenantCourt | None = Field(description="Null pour un super-administrateur.")


class UserIn(Entree):
    """A new account. Without a password the person is invited by mail to choose one."""

    email: Email
    nom: Nom
    prenom: Texte = Field("", max_length=100)
    telephone: Texte | None = Field(None, max_length=40)
    role: Role
    permissions: Codes = Field(default_factory=list)
    agence_ids: Ids = Field(default_factory=list)
    centre_ids: Ids = Field(default_factory=list)
    langue: str = Field("fr", pattern="^(fr|en)$")
    mot_de_passe: MotDePasse | None = None
    inviter: bool = True


class UserChange(Entree):
    """What changes; the fields left out stay. `version`: the one that was read."""

    email: Email | None = None
    nom: Nom | None = None
    prenom: Texte | None = Field(None, max_length=100)
    telephone: Texte | None = Field(None, max_length=40)
    role: Role | None = None
    permissions: Codes | None = None
    agence_ids: Ids | None = None
    centre_ids: Ids | None = None
    langue: str | None = Field(None, pattern="^(fr|en)$")
    actif: bool | None = None
    version: int | None = Field(None, ge=1)


class Administrateur(Entree):
    """The first administrator of a tenant, invited by mail."""

    email: Email
    nom: Nom
    prenom: Texte = Field("", max_length=100)


class TenantIn(Entree):
    """A new tenant. `slug` is made from the name, the limits come from the plan."""

    nom: Nom
    slug: str | None = Field(None, max_length=48)
    type: TypeTenant = TypeTenant.RESEAU
    plan: Plan = Plan.STARTER
    max_users: int | None = Field(
        None, ge=0, le=1_000_000, description="Absent : celui de la formule. Null : sans limite."
    )
    max_agences: int | None = Field(
        None, ge=0, le=1_000_000, description="Absent : celui de la formule. Null : sans limite."
    )
    domaine: str | None = Field(None, max_length=253)
    hosts: list[Annotated[str, Field(max_length=253)]] = Field(default_factory=list, max_length=20)
    branding: dict[str, Any] = Field(default_factory=dict, examples=[{"brand_h": 150, "brand_c": 0.09}])
    contact: dict[str, Any] = Field(default_factory=dict, examples=[{"telephone": "04 65 71 00 42"}])
    administrateur: Administrateur | None = None


class TenantChange(Entree):
    """What changes; the fields left out stay."""

    nom: Nom | None = None
    slug: str | None = Field(None, max_length=48)
    type: TypeTenant | None = None
    plan: Plan | None = None
    max_users: int | None = Field(None, ge=0, le=1_000_000, description="Null : sans limite.")
    max_agences: int | None = Field(None, ge=0, le=1_000_000, description="Null : sans limite.")
    domaine: str | None = Field(None, max_length=253)
    hosts: list[Annotated[str, Field(max_length=253)]] | None = Field(None, max_length=20)
    branding: dict[str, Any] | None = None
    contact: dict[str, Any] | None = None
    actif: bool | None = None
    version: int | None = Field(None, ge=1)


class TenantOut(Sortie):
    """A tenant."""

    id: UUID
    slug: str
    nom: str
    type: TypeTenant
    plan: Plan
    max_users: int | None
    max_agences: int | None
    domaine: str | None
    hosts: list[str]
    branding: dict[str, Any]
    contact: dict[str, Any]
    actif: bool
    version: int
    created_at: datetime
    updated_at: datetime


class TenantDetail(TenantOut):
    """A tenant, with the places taken."""

    nb_users: int


class SessionOut(Sortie):
    """A sign-in."""

    id: UUID
    canal: str
    appareil: str
    ip: str
    cree_le: datetime
    vue_le: datetime
    expire_le: datetime
    actuelle: bool = False


class CleApiIn(Entree):
    """A new key of a program."""

    nom: Nom
    permissions: Codes | None = Field(None, description="Absent : les permissions par défaut d'une clé.")
    agence_ids: Ids = Field(default_factory=list)
    centre_ids: Ids = Field(default_factory=list)
    limite_minute: int | None = Field(600, ge=1, le=1_000_000, description="Requêtes par minute ; null : sans limite.")
    ips: list[Annotated[str, Field(max_length=60)]] = Field(default_factory=list, max_length=50)
    expire_le: datetime | None = None


class CleApiOut(Sortie):
    """A key, without its secret."""

    id: UUID
    nom: str
    prefixe: str
    permissions: list[str]
    agence_ids: list[UUID]
    centre_ids: list[UUID]
    limite_minute: int | None
    ips: list[str]
    cree_par: UUID | None
    cree_le: datetime
    expire_le: datetime | None
    derniere_utilisation: datetime | None
    revoquee_le: datetime | None


class CleApiCreee(CleApiOut):
    """A key just made: `cle` is shown this once."""

    cle: str


class DemandeAcces(Entree):
    """Whom to mail a way in."""

    email: Email
    tenant: str | None = Field(None, max_length=48)


class Inscription(Entree):
    """A customer account asked for. The password is chosen through the mailed link."""

    email: Email
    nom: Nom
    prenom: Texte = Field("", max_length=100)
    telephone: Texte | None = Field(None, max_length=40)
    tenant: str | None = Field(None, max_length=48)


class ChoixMotDePasse(Entree):
    """A password chosen through a mailed link."""

    jeton: Secret
    mot_de_passe: MotDePasse


class ChangementMotDePasse(Entree):
    """A password changed by its owner."""

    ancien: MotDePasse
    nouveau: MotDePasse


class CodeTotp(Entree):
    """A code of the authenticator application."""

    code: str = Field(min_length=6, max_length=20)


class Confirmation(Entree):
    """The password again, before something serious."""

    mot_de_passe: MotDePasse


class TotpDebut(BaseModel):
    """What the authenticator application needs."""

    secret: str
    uri: str


class CodesSecours(BaseModel):
    """Recovery codes, shown once."""

    codes: list[str]


class Accuse(BaseModel):
    """A request taken in; the rest comes by mail."""

    message: str
