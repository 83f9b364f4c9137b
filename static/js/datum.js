// The datums of portal/coordinates.py for the map on the page: CGCS2000 (legal), GCJ-02 (高德、腾讯), BD-09 (百度).
const { abs, atan2, cos, hypot, PI, sin, sqrt } = Math;
const AXIS = 6378245;
const FLATNESS = 0.00669342162296594323;
const TURN = (PI * 3000) / 180;

export function toLegal(point, datum) {
  if (datum === "GCJ02") return inverse(gcj, point);
  return datum === "BD09" ? inverse(gcj, inverse(bd, point)) : point;
}

export function fromLegal(point, datum) {
  if (datum === "GCJ02") return gcj(point);
  return datum === "BD09" ? bd(gcj(point)) : point;
}

// Longitude and latitude in a text such as "114.3182,30.6421", in whichever order; null if there are not two.
export function readPair(text) {
  const found = text.normalize("NFKC").match(/(?<![\d.])-?\d{1,3}\.\d+(?![\d.])/g);
  if (found?.length !== 2) return null;
  const [one, other] = found.map(Number);
  const swapped = (one > 29.9 && one < 31.4 && other > 113.6 && other < 115.1) || abs(other) > 90;
  const [lng, lat] = swapped ? [found[1], found[0]] : found;
  return abs(lng) <= 180 && abs(lat) <= 90 ? [lng, lat] : null;
}

// One step leaves a metre, so it is repeated.
function inverse(forward, target) {
  let point = target;
  for (let round = 0; round < 30; round += 1) {
    const reached = forward(point);
    const off = [target[0] - reached[0], target[1] - reached[1]];
    point = [point[0] + off[0], point[1] + off[1]];
    if (abs(off[0]) < 1e-9 && abs(off[1]) < 1e-9) break;
  }
  return point;
}

function waves(t, terms) {
  return (terms.reduce((sum, [height, rate]) => sum + height * sin(rate * PI * t), 0) * 2) / 3;
}

function gcj([lng, lat]) {
  const [x, y, down] = [lng - 105, lat - 35, (lat * PI) / 180];
  const east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x))
    + waves(x, [[20, 6], [20, 2], [20, 1], [40, 1 / 3], [150, 1 / 12], [300, 1 / 30]]);
  const north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x))
    + waves(x, [[20, 6], [20, 2]]) + waves(y, [[20, 1], [40, 1 / 3], [160, 1 / 12], [320, 1 / 30]]);
  const bend = 1 - FLATNESS * sin(down) ** 2;
  return [
    lng + (east * 180) / ((AXIS / sqrt(bend)) * cos(down) * PI),
    lat + (north * 180) / (((AXIS * (1 - FLATNESS)) / bend ** 1.5) * PI),
  ];
}

function bd([lng, lat]) {
  const radius = hypot(lng, lat) + 0.00002 * sin(lat * TURN);
  const angle = atan2(lat, lng) + 0.000003 * cos(lng * TURN);
  return [radius * cos(angle) + 0.0065, radius * sin(angle) + 0.006];
}
