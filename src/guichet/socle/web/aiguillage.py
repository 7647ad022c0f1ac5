"""From an address to its route: an index instead of a walk, and what has to be known before a body is read.

Frameworks try every route in turn; here a fixed address is one look-up and `/rdv/{id}` is searched among the few that
share its beginning. Knowing the route first is also what lets the edge apply its body limit and its rate.
"""

import re
from collections import defaultdict
from collections.abc import Awaitable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, request_response
from starlette.convertors import Convertor
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from guichet.socle.acces import Exigence, SansAppelant, current_appelant
from guichet.socle.errors import Forbidden, Unauthenticated
from guichet.socle.i18n import _
from guichet.socle.reprise import resumable
from guichet.socle.settings import Settings
from guichet.socle.web.debit import Marque, get_debit, too_many
from guichet.socle.web.express import Express, express_of, replay_body
from guichet.socle.web.mandataires import Reseaux, is_within, parse_reseaux
from guichet.socle.web.origines import has_own_proof
from guichet.socle.web.transaction import SURES, DejaRepondu, prepare, replay, settle

Handler = Any
R = TypeVar("R", bound=Response | None)
MEGA = 1024 * 1024
ENTETES = "guichet.entetes"
GABARIT = "guichet.gabarit"


@dataclass(frozen=True, slots=True)
class Voie:
    """A route as the edge serves it. `corps` is its body limit in bytes, `reseaux` who may call it (empty: everyone).

    What `is_counted` is not (health, figures, built files) has no rate.
    """

    route: APIRoute
    app: ASGIApp
    motif: re.Pattern[str]
    convertisseurs: Mapping[str, Convertor[Any]]
    methodes: frozenset[str]
    is_public: bool
    is_login: bool
    is_counted: bool
    corps: int
    recoit_fichiers: bool
    reseaux: Reseaux
    express: Express | None = None


def marks(dependant: Dependant) -> set[str]:
    """The words found on a route and on its routers."""
    own = {dependant.call.nom} if isinstance(dependant.call, Marque) else set()
    return own.union(*(marks(d) for d in dependant.dependencies)) if dependant.dependencies else own


def requirement(dependant: Dependant) -> Exigence | None:
    """What a route asks of its caller; None when it does not say."""
    if isinstance(dependant.call, Exigence):
        return dependant.call
    return next((r for d in dependant.dependencies if (r := requirement(d)) is not None), None)


class Aiguillage:
    """The dispatcher of one instance, put in the place of the framework's."""

    def __init__(self, router: APIRouter, settings: Settings, *, mounts: Mapping[str, ASGIApp] | None = None) -> None:
        self._router = router
        self._settings = settings
        self._mounts = dict(mounts or {})
        self._fixes: dict[str, list[Voie]] = defaultdict(list)
        self._familles: dict[str, list[Voie]] = defaultdict(list)
        for route in router.routes:
            if isinstance(route, APIRoute):
                self._add(route)

    def _add(self, route: APIRoute) -> None:
        found, asked = marks(route.dependant), requirement(route.dependant)
        public = asked is not None and asked.public
        methods = frozenset(route.methods or ())
        voie = Voie(
            route=route,
            app=request_response(_at_the_edge(route)),
            motif=route.path_regex,
            convertisseurs=route.param_convertors,
            methodes=methods | {"HEAD"} if "GET" in methods else methods,
            is_public=public,
            is_login="connexion" in found,
            is_counted="sans_limite" not in found and not isinstance(asked, SansAppelant),
            corps=MEGA * (self._settings.upload_limit_mb if "envoi" in found else self._settings.body_limit_mb),
            recoit_fichiers="envoi" in found,
            reseaux=_networks_of(route.path_format, self._settings),
            express=express_of(route.endpoint) if public else None,
        )
        if route.param_convertors:
            self._familles[route.path[: route.path.index("{")].rpartition("/")[0] + "/"].append(voie)
        else:
            self._fixes[route.path].append(voie)

    def find(self, path: str, method: str) -> tuple[Voie, dict[str, Any]] | set[str]:
        """The route of an address and its parameters; else the methods that address accepts (none: unknown)."""
        accepted: set[str] = set()
        for voie in self._fixes.get(path, ()):
            if method in voie.methodes:
                return voie, {}
            accepted |= voie.methodes
        end = len(path)
        while (end := path.rfind("/", 0, end)) >= 0:
            for voie in self._familles.get(path[: end + 1], ()):
                found = voie.motif.match(path)
                if found is None:
                    continue
                if method in voie.methodes:
                    return voie, {k: voie.convertisseurs[k].convert(v) for k, v in found.groupdict().items()}
                accepted |= voie.methodes
        return accepted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request; what is not HTTP goes the framework's way."""
        if scope["type"] != "http":
            await self._router.app(scope, receive, send)
            return
        path, method = scope["path"], scope["method"]
        for prefix, mounted in self._mounts.items():
            if path.startswith(prefix):
                scope[GABARIT] = prefix
                await mounted(scope, receive, send)
                return
        found = self.find(path, method)
        if isinstance(found, set):
            await self._refuse(found, scope, receive, send)
            return
        voie, parameters = found
        scope[GABARIT] = voie.route.path_format
        await self._admit(voie, scope)
        scope["router"] = self._router
        scope["route"] = voie.route
        scope["endpoint"] = voie.route.endpoint
        scope["path_params"] = parameters
        receive = _bounded(receive, voie.corps, scope[ENTETES])
        if voie.express is not None:
            if await voie.express.serve(scope, scope[ENTETES], send):
                return
            request = Request(scope, receive)
            response = await _counting_refusals(request, voie.express.answer(request))
            if response is not None:
                await response(scope, receive, send)
                return
            receive = replay_body(request)
        await _serve(voie, scope, receive, send)

    async def _admit(self, voie: Voie, scope: Scope) -> None:
        headers: Mapping[bytes, bytes] = scope[ENTETES]
        ip = scope["client"][0] if scope["client"] else ""
        if voie.reseaux and not is_within(ip, voie.reseaux):
            raise Forbidden(_("Cette adresse n'est pas ouverte à votre réseau."), code="RESEAU_REFUSE")
        length = headers.get(b"content-length")
        if length is not None and (not length.isdigit() or int(length) > voie.corps):
            raise HTTPException(413)
        if voie.is_counted and voie.is_public:
            await self._count(voie, ip, has_own_proof(headers))

    async def _count(self, voie: Voie, ip: str, proven: bool) -> None:
        limit, debit, wait = self._settings.rate_public_per_minute, get_debit(), None
        if limit > 0:
            # A caller with a proof has limits of its own, unless its proofs keep being refused.
            wait = await (debit.peek(f"refus:{ip}", limit) if proven else debit.take(f"public:{ip}", limit))
        limit = self._settings.rate_login_per_minute
        if wait is None and voie.is_login and limit > 0:
            wait = await debit.take(f"connexion:{ip}", limit)
        if wait is not None:
            raise too_many(wait)

    async def _refuse(self, accepted: set[str], scope: Scope, receive: Receive, send: Send) -> None:
        path, method = scope["path"], scope["method"]
        if accepted and method == "OPTIONS":
            await Response(status_code=204, headers={"Allow": _listed(accepted)})(scope, receive, send)
            return
        if accepted:
            raise HTTPException(405, headers={"Allow": _listed(accepted)})
        other = path.rstrip("/") if path.endswith("/") else f"{path}/"
        if path != "/" and not path.startswith("//") and self.find(other, method):
            query = scope["query_string"].decode("latin-1")
            await RedirectResponse(quote(other) + (f"?{query}" if query else ""), 308)(scope, receive, send)
            return
        raise HTTPException(404)


async def _serve(voie: Voie, scope: Scope, receive: Receive, send: Send) -> None:
    """Call a route; what writes may ask to be done again (`Reprise`), before anything was answered.

    What is uploaded is not kept in memory for that.
    """
    if scope["method"] in SURES or voie.recoit_fichiers:
        await voie.app(scope, receive, send)
        return
    recus: list[Message] = []

    async def once() -> None:
        rejoues = iter(tuple(recus))

        async def receive_again() -> Message:
            message = next(rejoues, None)
            if message is None:
                message = await receive()
                recus.append(message)
            return message

        await voie.app(scope, receive_again, send)

    await resumable(once)


def _listed(methods: Iterable[str]) -> str:
    return ", ".join(sorted(methods))


def _networks_of(path: str, settings: Settings) -> Reseaux:
    if path == "/metrics":
        return parse_reseaux(settings.metrics_ips)
    if path.startswith(("/admin", "/api/v1/admin")):
        return parse_reseaux(settings.admin_ips)
    if path.startswith("/api/v1/payment/") and path.endswith("/notifications"):
        return parse_reseaux(settings.payment_ips)
    return ()


def _at_the_edge(route: APIRoute) -> Handler:
    """A route's handler behind its requirement, with what happens between its answer and the commit.

    The requirement is asked before the body is read, and here rather than by the framework, which solves dependencies at
    ten times the price. It stays on the route, where the house tests and the document read it.
    """
    asked, handler = _split(route)

    async def handle(request: Request) -> Response:
        try:
            for exigence in asked:
                if not isinstance(exigence, SansAppelant):
                    await exigence(await current_appelant(request))
            await prepare(request)
            response: Response = await handler(request)
        except DejaRepondu as repeated:
            return replay(repeated)
        await settle(request, response)
        return response

    async def count(request: Request) -> Response:
        return await _counting_refusals(request, handle(request))

    return count


async def _counting_refusals(request: Request, answer: Awaitable[R]) -> R:
    try:
        return await answer
    except Unauthenticated:
        if has_own_proof(request.scope[ENTETES]) and request.client:
            await get_debit().take(f"refus:{request.client.host}", 1)
        raise


def _split(route: APIRoute) -> tuple[list[Exigence], Handler]:
    whole = route.dependant
    asked = [d.call for d in whole.dependencies if isinstance(d.call, Exigence)]
    others = [d for d in whole.dependencies if not isinstance(d.call, (Exigence, Marque))]
    route.dependant = replace(whole, dependencies=others)
    try:
        return asked, route.get_route_handler()
    finally:
        route.dependant = whole


def _bounded(receive: Receive, limit: int, headers: Mapping[bytes, bytes]) -> Receive:
    if b"transfer-encoding" not in headers:
        return receive  # the server holds the body to its declared length, already checked
    read = 0

    async def count() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > limit:
            raise HTTPException(413)
        return message

    return count
