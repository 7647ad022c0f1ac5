"""Whatever two numbers a tenant chooses, everything written stays readable: 4.5:1 for text, 3:1 for controls."""

import pytest

from tests.ui.contraste import Theme, contrast, declarations, rgb

SURFACES = ("--paper", "--s1", "--s2", "--s3")
# What is written, and what it is written on.
TEXTES: dict[str, tuple[str, ...]] = {
    "--ink": (*SURFACES, "--brand-soft", "--brand-mid", "--ok", "--warn", "--ko", "--info"),
    "--ink-2": SURFACES,
    "--brand": (*SURFACES, "--brand-soft"),
    "--brand-up": SURFACES,
    "--on-brand": ("--brand", "--brand-up"),
    "--ok-t": (*SURFACES, "--ok"),
    "--warn-t": (*SURFACES, "--warn"),
    "--ko-t": (*SURFACES, "--ko"),
    "--info-t": (*SURFACES, "--info"),
    "--on-ko": ("--ko-t",),
    "--on-tableau": ("--tableau",),
    "--on-tableau-2": ("--tableau",),
    "--paper": ("--ink",),
}
# Edges of controls and the ring of the focus.
TRAITS: dict[str, tuple[str, ...]] = {"--line-2": ("--paper", "--s1"), "--focus": ("--paper", "--s1", "--s2")}
THEMES = {
    "clair": Theme(sombre=False),
    "sombre": Theme(sombre=True),
    "clair renforcé": Theme(sombre=False, fort=True),
    "sombre renforcé": Theme(sombre=True, fort=True),
}
CHROMAS = (0.0, 0.04, 0.085, 0.12, 0.16)


def worst(pairs: dict[str, tuple[str, ...]], theme: Theme, minimum: float) -> list[str]:
    """The pairs under `minimum`, for every hue and chroma a tenant may choose."""
    low = []
    for h in range(0, 360, 5):
        for c in CHROMAS:
            colours = {t: rgb(t, theme, h, c) for t in {*pairs, *(g for gs in pairs.values() for g in gs)}}
            for text, grounds in pairs.items():
                for ground in grounds:
                    ratio = contrast(colours[text], colours[ground])
                    if ratio < minimum:
                        low.append(f"{text} on {ground}, hue {h}, chroma {c}: {ratio:.2f}")
    return low


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_text_is_readable_whatever_the_brand(theme):
    assert worst(TEXTES, theme, 4.5) == []


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_controls_and_focus_are_seen_whatever_the_brand(theme):
    assert worst(TRAITS, theme, 3.0) == []


def test_every_colour_of_the_palette_is_in_a_pair_or_carries_no_meaning():
    decor = {"--tint-h", "--line", "--ombre"}
    colours = {n for n, v in declarations(fort=False).items() if "oklch" in v}
    used = {*TEXTES, *TRAITS, *(g for gs in (*TEXTES.values(), *TRAITS.values()) for g in gs)}
    assert colours - used - decor == set()


def test_a_colour_too_pale_would_be_noticed():
    light = Theme(sombre=False)
    assert worst({"--line": ("--s1",)}, light, 4.5)
    assert contrast((0, 0, 0), (1, 1, 1)) == pytest.approx(21)


def test_strong_contrast_raises_the_contrast_of_text():
    for sombre in (False, True):
        normal, strong = Theme(sombre=sombre), Theme(sombre=sombre, fort=True)
        assert contrast(rgb("--ink", strong, 218, 0.085), rgb("--s1", strong, 218, 0.085)) == pytest.approx(21, abs=0.1)
        assert contrast(rgb("--ink-2", strong, 218, 0.085), rgb("--paper", strong, 218, 0.085)) > contrast(
            rgb("--ink-2", normal, 218, 0.085), rgb("--paper", normal, 218, 0.085)
        )
