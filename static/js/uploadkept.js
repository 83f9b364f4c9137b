// Unfinished uploads outlive a reload: their files are kept in this browser until they have arrived, for a day at most.
// Files of personal kinds are not kept, only that they were begun: whoever sends them chooses them again and goes on.
// Signing out wipes all of it (unsaved.js).
const NAME = "uploads";
const DAY = 24 * 3600 * 1000;

const mine = () => document.body.dataset.who ?? "";

let opening;

function opened() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore("files", { keyPath: "transfer" });
    request.onsuccess = () => {
      request.result.onversionchange = () => request.result.close(); // it is being wiped
      resolve(request.result);
    };
    request.onerror = () => reject(request.error);
  });
  return opening;
}

async function ask(mode, act) {
  try {
    const store = (await opened()).transaction("files", mode).objectStore("files");
    return await new Promise((resolve, reject) => {
      const request = act(store);
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  } catch {
    return undefined; // a private window, or no room: then it does not outlive a reload
  }
}

export async function keptFor(url) {
  const all = (await ask("readonly", (store) => store.getAll())) ?? [];
  const old = all.filter(({ at, who }) => Date.now() - at > DAY || who !== mine());
  old.forEach(({ transfer }) => drop(transfer));
  return all.filter((each) => each.url === url && !old.includes(each));
}

export const keep = (record) => ask("readwrite", (store) => store.put({ ...record, at: Date.now(), who: mine() }));
export const drop = (transfer) => ask("readwrite", (store) => store.delete(transfer));
