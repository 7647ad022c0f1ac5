// Small things islands share. Nothing here parses HTML: the page forbids it.

export function creer<N extends keyof HTMLElementTagNameMap>(
  nom: N,
  attributs: Record<string, string> = {},
  ...enfants: (Node | string)[]
): HTMLElementTagNameMap[N] {
  const element = document.createElement(nom);
  for (const [cle, valeur] of Object.entries(attributs)) element.setAttribute(cle, valeur);
  element.append(...enfants);
  return element;
}

/** A copy of a drawing the server left in `<template data-dessin="nom">` under `racine`. */
export function dessin(racine: Element, nom: string): Node {
  const modele = racine.querySelector<HTMLTemplateElement>(`template[data-dessin="${nom}"]`);
  return modele ? modele.content.cloneNode(true) : document.createTextNode("");
}

export function requis<E extends Element>(racine: ParentNode, selecteur: string): E {
  const element = racine.querySelector<E>(selecteur);
  if (!element) throw new Error(`il manque ${selecteur}`);
  return element;
}

export function attendre<A extends unknown[]>(ms: number, faire: (...args: A) => void): (...args: A) => void {
  let minuterie = 0;
  return (...args) => {
    window.clearTimeout(minuterie);
    minuterie = window.setTimeout(() => faire(...args), ms);
  };
}

export function langue(): string {
  return document.documentElement.lang || "fr";
}

/** Says something to the person, as a toast. */
export function dire(texte: string, genre: "ok" | "ko" | "info" | "attention" = "ok"): void {
  document.dispatchEvent(new CustomEvent("guichet:toast", { detail: { texte, genre } }));
}
