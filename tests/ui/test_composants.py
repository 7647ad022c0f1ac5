"""Every component is described, shown in the gallery, checked at each call; templates keep to the content policy."""

import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from jinja2 import nodes

from guichet.ui.composants import COMPOSANTS, ComposantMalAppele, Famille
from guichet.ui.gabarits import get_environment, template_folders
from guichet.ui.galerie import components_of, read_examples, read_options
from tests.ui.demande import render_source

UI = Path(__file__).parents[2] / "src/guichet/ui"
# Pieces of other macros, of no use by themselves.
INTERNES = {"chiffres", "entete_champ", "suite_champ"}


def macros() -> dict[str, tuple[str, nodes.Macro]]:
    """The macros of the component templates: name -> (template, macro)."""
    environment = get_environment()
    found = {}
    for path in sorted((UI / "templates/ui/c").glob("*.html")):
        for macro in environment.parse(path.read_text()).find_all(nodes.Macro):
            found[macro.name] = (f"ui/c/{path.name}", macro)
    return found


def test_every_component_is_described_where_it_is():
    assert {n: t for n, (t, _) in macros().items() if n not in INTERNES} == {
        c.nom: c.gabarit for c in COMPOSANTS.values()
    }


@pytest.mark.parametrize("nom", COMPOSANTS)
def test_every_option_is_described_once_and_every_description_is_an_option(nom):
    composant, (_, macro) = COMPOSANTS[nom], macros()[nom]
    arguments = {a.name for a in macro.args}
    for argument in arguments:
        assert composant.get_option(argument).dit, f"{nom}: describe {argument}"
    assert set(composant.options) - {"caller"} <= arguments


@pytest.mark.parametrize("nom", COMPOSANTS)
def test_every_component_is_in_the_gallery_with_every_value_of_its_choices(nom):
    _head, examples = read_examples(nom)
    assert examples, f"templates/ui/galerie/{nom}.html: show it"
    shown = "".join(source for _, source in examples)
    assert f"{nom}(" in shown
    defaults = dict(read_options(nom))
    for option, values in COMPOSANTS[nom].choix.items():
        for value in values:
            if repr(value) != defaults[option]:
                assert f'"{value}"' in shown, f"{nom}: no example with {option}={value!r}"


@pytest.mark.parametrize(("nom", "option"), [(c.nom, o) for c in COMPOSANTS.values() for o in c.choix])
def test_an_unknown_value_is_refused_at_the_call(nom, option):
    template, macro = macros()[nom]
    sans = len(macro.args) - len(macro.defaults)
    required = {
        a.name: "[]" if a.name in {"lignes", "departs", "etapes", "colonnes", "entrees"} else '"x"'
        for a in macro.args[:sans]
    }
    arguments = ", ".join(f"{k}={v}" for k, v in ({**required, option: '"licorne"'}).items())
    source = f'{{% from "{template}" import {nom} %}}{{% call {nom}({arguments}) %}}{{% endcall %}}'
    if "caller" not in COMPOSANTS[nom].options:
        source = f'{{% from "{template}" import {nom} %}}{{{{ {nom}({arguments}) }}}}'
    with pytest.raises(ComposantMalAppele, match=f"'{option}' is 'licorne'"):
        render_source(source)


def test_an_unknown_option_is_refused_at_the_call():
    with pytest.raises(TypeError, match="couleur"):
        render_source('{% from "ui/c/bouton.html" import bouton %}{{ bouton("Aller", couleur="rose") }}')


def test_every_component_the_founding_documents_list_exists():
    asked = {
        "Button": "bouton", "Input, Textarea, Select, Checkbox, Radio, Switch, FormField": "champ", "Badge": "badge",
        "Avatar": "avatar", "Icon": "icone", "Spinner": "attente", "SearchBar": "recherche", "Pagination": "pagination",
        "Breadcrumb": "fil_ariane", "Alert": "notice", "Toast": "toast", "ProgressBar": "progression", "Tabs": "onglets",
        "Accordion": "accordeon", "Tooltip": "infobulle", "Card": "carte_panneau", "Table": "table", "Modal": "dialogue",
        "Drawer": "tiroir", "DropdownMenu": "menu", "Calendar": "calendrier", "DatePicker": "date_picker",
        "FileUpload": "depot_fichier", "DataGrid": "grille",
    }  # fmt: skip
    assert {name for name, component in asked.items() if component not in COMPOSANTS} == set()


def all_templates() -> dict[str, str]:
    """Every HTML template of the house: name -> source. Mails and their styles are another world."""
    return {
        str(path.relative_to(folder)): path.read_text()
        for folder in template_folders()
        for path in sorted(folder.rglob("*.html"))
        if "courriels" not in path.parts
    }


REFUSED = {
    r"<[^>{]*\sstyle=": "no inline style: a class",
    r"<script(?![^>]*\bnonce=)": "no script without the nonce of the page",
    r"<style(?![^>]*\bnonce=)": "no style without the nonce of the page",
    r"\shx-on": "no hx-on: an island",
    r"\son[a-z]+\s*=": "no inline handler: an island",
    r"[\"']js:": "no js: value",
    r"javascript:": "no javascript: address",
    r"hx-trigger=\"[^\"]*\[": "no trigger filter: it would be evaluated",
}


@pytest.mark.parametrize(("shape", "why"), REFUSED.items(), ids=REFUSED.values())
def test_templates_keep_to_the_content_policy(shape, why):
    assert [name for name, source in all_templates().items() if re.search(shape, source)] == [], why


def test_every_htmx_attribute_of_a_template_carries_its_nonce():
    tags = re.compile(r"<[a-z][^<>]*(?:{{.*?}}[^<>]*)*\shx-[a-z][^<>]*(?:{{.*?}}[^<>]*)*>")
    forgotten = [
        f"{name}: {tag[:80]}"
        for name, source in all_templates().items()
        for tag in tags.findall(source)
        if "{{ hx }}" not in tag
    ]
    assert forgotten == [], "write {{ hx }} in the tag, or pass the attributes through attrs={...}"


def test_every_template_is_used():
    python = "".join(p.read_text() for p in UI.parent.rglob("*.py"))
    templates = all_templates()
    used = set(re.findall(r'"([\w/.-]+\.html)"', python + "".join(templates.values())))
    used |= {f"ui/galerie/{nom}.html" for nom in COMPOSANTS}
    used |= {f"ui/galerie/_gabarit_{nom}.html" for nom in ("public", "staff", "rail", "erreur")}
    assert sorted(set(templates) - used) == [], "use it or remove it"


def test_every_island_a_template_names_exists():
    sources = "".join(all_templates().values())
    named = {n for group in re.findall(r'(?:data-ilot=|"data-ilot": )"([\w/ -]+)"', sources) for n in group.split()}
    files = {f"{p.parts[-3]}/{p.stem}" for p in UI.parent.glob("*/ilots/*.ts")} - {"ui/entree"}
    assert named - files == set()


@pytest.mark.parametrize("famille", list(Famille))
async def test_the_gallery_shows_the_markup_and_the_options_of_each_component(client, famille):
    page = BeautifulSoup((await client.get(f"/ui/{famille}")).text, "html.parser")
    for composant in components_of(famille):
        section = page.find(id=composant.nom)
        assert f"import {composant.nom} %}}" in section.pre.text
        names = [code.text for code in section.select("table tbody th code")]
        assert names[: len(read_options(composant.nom))] == [n for n, _ in read_options(composant.nom)]


@pytest.mark.parametrize(
    "adresse", ["/ui", "/ui/gabarits/public", "/ui/gabarits/staff", "/ui/gabarits/rail", "/ui/gabarits/erreur"]
)
async def test_tokens_and_layouts_have_their_page_in_every_brand(client, adresse):
    for marque, teinte in (("150", "150"), ("inconnue", None)):
        answer = await client.get(adresse, params={"marque": marque})
        assert answer.status_code == 200
        style = BeautifulSoup(answer.text, "html.parser").select_one("style")
        assert (style is None) if teinte is None else f"--brand-h: {teinte}" in style.text


@pytest.mark.parametrize("adresse", ["/ui/licornes", "/ui/gabarits/licorne"])
async def test_what_the_gallery_does_not_have_is_not_found(client, adresse):
    assert (await client.get(adresse)).status_code == 404
