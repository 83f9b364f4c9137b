// Sends one file in pieces to the address of its upload field. The server says how much it has; so after a break, a
// pause or a reload the file goes on from there. `post(body, headers, address)` sends and answers {status, answer}.
import sha256 from "./sha256.js";

const FIRST = 512 * 1024; // bytes of the first piece; then what the line carries in about two seconds
const LEAST = 128 * 1024;
const QUICK = 2000; // milliseconds
const STUBBORN = 6; // answers in a row that do not let the file go on

export class Broken extends Error {} // the connection, or the server for a moment: try again
export class Refusal extends Error { // the words of the server
  constructor(words, again) {
    super(words);
    this.again = again;
  }
}

// The answer that describes the document; undefined if somebody stopped it. `item` keeps what is known for the next try.
export default async function sendInPieces(item, { post, along, progress, begun, stopped }) {
  item.sha256 ??= await sha256(item.file, () => !stopped());
  if (stopped()) return undefined;
  const ask = async (facts) => understood(await post(form({ ...facts, ...along() })));
  let reply = await ask(item.transfer ? { transfer: "look", id: item.transfer } : opening(item));
  if (reply.gone) {
    item.transfer = undefined;
    reply = await ask(opening(item));
  }
  if (reply.html) return reply;
  item.transfer = reply.transfer;
  item.direct = reply.direct;
  item.most = reply.piece;
  item.offset = reply.offset;
  await begun(reply);
  for (let stuck = 0; stuck < STUBBORN && !stopped();) {
    progress(item.offset);
    const before = item.offset;
    const done = item.direct ? await straight(item, ask, post, progress) : item.offset < item.file.size ? await piece(item, post, progress) : true;
    if (stopped()) return undefined;
    if (done) {
      const answer = await ask({ transfer: "finish", id: item.transfer, ...item.facts });
      if (answer.html) return answer;
      item.offset = answer.offset ?? 0; // something is missing on the other side
    }
    stuck = item.offset > before ? 0 : stuck + 1;
  }
  if (stopped()) return undefined;
  throw new Broken();
}

const opening = ({ file, sha256: sum }) => ({ transfer: "begin", name: file.name, size: file.size, sha256: sum });

function form(facts) {
  const body = new FormData();
  Object.entries(facts).forEach(([name, value]) => body.append(name, value));
  return body;
}

async function piece(item, post, progress) {
  item.length ??= FIRST;
  const part = item.file.slice(item.offset, item.offset + Math.min(item.length, item.most));
  const headers = {
    "Content-Type": "application/octet-stream",
    "Upload-Transfer": item.transfer,
    "Upload-Offset": item.offset,
    "Upload-Checksum": await sha256(part),
  };
  const from = Date.now();
  const reply = await post(part, headers, undefined, (sent) => progress(item.offset + sent));
  if (!reply.status) item.length = Math.max(LEAST, item.length / 2);
  const answer = understood(reply);
  if (answer.gone) {
    item.transfer = undefined;
    throw new Broken();
  }
  item.offset = answer.offset;
  if (Date.now() - from < QUICK) item.length *= 2;
  item.length = Math.min(item.length, item.most);
  return item.offset >= item.file.size;
}

// To a bucket, under an address that the server signs for this part.
async function straight(item, ask, post, progress) {
  const next = await ask({ transfer: "part", id: item.transfer });
  item.offset = next.offset;
  if (!next.url) return true;
  const part = item.file.slice(item.offset, item.offset + next.piece);
  const reply = await post(part, {}, next.url, (sent) => progress(item.offset + sent));
  if (reply.status !== 200) throw new Broken();
  item.offset += part.size;
  return false;
}

function understood({ status, answer }) {
  if (status === 404) return { gone: true };
  if (status >= 200 && status < 300) return answer;
  if (status === 409 && answer.offset !== undefined) return answer;
  if (status === 0 || (status >= 500 && status !== 507)) throw new Broken();
  throw new Refusal(answer.reasons?.join(" "), status === 507);
}
