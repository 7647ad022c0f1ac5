// Plane geometry on [longitude, latitude] rings, and the two formats outlines come in.

/** Even-odd test of a point against the rings of one territory. */
export function contient(anneaux, lon, lat) {
  let dedans = false;
  for (const anneau of anneaux) {
    for (let i = 0, j = anneau.length - 1; i < anneau.length; j = i++) {
      const [xi, yi] = anneau[i];
      const [xj, yj] = anneau[j];
      if (yi > lat !== yj > lat && lon < ((xj - xi) * (lat - yi)) / (yj - yi) + xi) dedans = !dedans;
    }
  }
  return dedans;
}

/** Kilometres between two near points [lat, lon]. */
export function distanceKm([lat1, lon1], [lat2, lon2]) {
  const k = Math.cos(((lat1 + lat2) * Math.PI) / 360);
  return Math.hypot(lat1 - lat2, (lon1 - lon2) * k) * 111.19;
}

/** Kilometres from a point to the nearest vertex of the rings. */
export function distanceAuBord(anneaux, lon, lat) {
  let proche = Infinity;
  for (const anneau of anneaux)
    for (const [x, y] of anneau) proche = Math.min(proche, distanceKm([lat, lon], [y, x]));
  return proche;
}

export function boite(anneaux) {
  const b = [Infinity, Infinity, -Infinity, -Infinity];
  for (const anneau of anneaux)
    for (const [x, y] of anneau) {
      if (x < b[0]) b[0] = x;
      if (y < b[1]) b[1] = y;
      if (x > b[2]) b[2] = x;
      if (y > b[3]) b[3] = y;
    }
  return b;
}

export function aire(anneau) {
  let somme = 0;
  for (let i = 0, j = anneau.length - 1; i < anneau.length; j = i++)
    somme += anneau[j][0] * anneau[i][1] - anneau[i][0] * anneau[j][1];
  return Math.abs(somme / 2);
}

function ecart([x, y], [x1, y1], [x2, y2]) {
  const dx = x2 - x1;
  const dy = y2 - y1;
  const carre = dx * dx + dy * dy;
  const t = carre ? Math.max(0, Math.min(1, ((x - x1) * dx + (y - y1) * dy) / carre)) : 0;
  return Math.hypot(x - x1 - t * dx, y - y1 - t * dy);
}

/** Douglas-Peucker on an open line, without recursion. */
function ligneSimple(points, tolerance) {
  const garde = new Uint8Array(points.length);
  garde[0] = garde[points.length - 1] = 1;
  const pile = [[0, points.length - 1]];
  while (pile.length) {
    const [a, b] = pile.pop();
    let pire = 0;
    let ou = -1;
    for (let i = a + 1; i < b; i++) {
      const e = ecart(points[i], points[a], points[b]);
      if (e > pire) [pire, ou] = [e, i];
    }
    if (pire > tolerance) {
      garde[ou] = 1;
      pile.push([a, ou], [ou, b]);
    }
  }
  return points.filter((_, i) => garde[i]);
}

/** Simplify a ring: cut at its two farthest points, so that a closed line does not collapse. */
export function simplifier(anneau, tolerance) {
  if (anneau.length < 4) return anneau;
  let loin = 0;
  let max = 0;
  anneau.forEach((p, i) => {
    const d = Math.hypot(p[0] - anneau[0][0], p[1] - anneau[0][1]);
    if (d > max) [max, loin] = [d, i];
  });
  const aller = ligneSimple(anneau.slice(0, loin + 1), tolerance);
  const retour = ligneSimple([...anneau.slice(loin), anneau[0]], tolerance);
  return [...aller, ...retour.slice(1, -1)];
}

/** Cut a ring to a rectangle (Sutherland-Hodgman). */
export function decouper(anneau, [ouest, sud, est, nord]) {
  const bords = [
    [0, ouest, 1],
    [0, est, -1],
    [1, sud, 1],
    [1, nord, -1],
  ];
  let points = anneau;
  for (const [axe, limite, sens] of bords) {
    const sortie = [];
    for (let i = 0, j = points.length - 1; i < points.length; j = i++) {
      const [p, q] = [points[j], points[i]];
      const dp = (p[axe] - limite) * sens;
      const dq = (q[axe] - limite) * sens;
      if (dp < 0 !== dq < 0) {
        const t = dp / (dp - dq);
        sortie.push([p[0] + t * (q[0] - p[0]), p[1] + t * (q[1] - p[1])]);
      }
      if (dq >= 0) sortie.push(q);
    }
    points = sortie;
  }
  return points;
}

/** Rings of a TopoJSON geometry (outer and inner alike: the even-odd rule tells them apart). */
export function anneauxTopo(topologie, geometrie) {
  const { scale, translate } = topologie.transform;
  const arc = (n) => {
    let x = 0;
    let y = 0;
    const points = topologie.arcs[n < 0 ? ~n : n].map(([dx, dy]) => {
      x += dx;
      y += dy;
      return [x * scale[0] + translate[0], y * scale[1] + translate[1]];
    });
    return n < 0 ? points.reverse() : points;
  };
  const polygones = geometrie.type === "Polygon" ? [geometrie.arcs] : geometrie.arcs;
  return polygones.flat().map((arcs) => arcs.flatMap((n) => arc(n).slice(1)));
}

/** Rings of an SVG path made of relative moves and lines only (`m dx,dy dx,dy ... z`). */
export function anneauxSvg(chemin, depuisPixel) {
  const anneaux = [];
  let x = 0;
  let y = 0;
  for (const morceau of chemin.split(/z/i)) {
    const texte = morceau.trim();
    if (!texte) continue;
    if (!/^m[\d\s.,e-]+$/i.test(texte)) throw new Error(`unexpected path: ${texte.slice(0, 40)}`);
    const nombres = texte.slice(1).match(/-?\d*\.?\d+(?:e-?\d+)?/g).map(Number);
    if (texte[0] === "M") x = y = 0;
    const anneau = [];
    for (let i = 0; i < nombres.length; i += 2) {
      x += nombres[i];
      y += nombres[i + 1];
      if (nombres[i] || nombres[i + 1] || i === 0) anneau.push(depuisPixel(x, y));
    }
    [x, y] = [x - somme(nombres, 0, 2), y - somme(nombres, 1, 2)];
    anneaux.push(anneau);
  }
  return anneaux;
}

// After `z` the pen is back at the first point of the ring: undo the lines, keep the move.
function somme(nombres, debut, pas) {
  let total = 0;
  for (let i = debut + pas; i < nombres.length; i += pas) total += nombres[i];
  return total;
}
