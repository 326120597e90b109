// Decoded tiles: asked for once, shared by everyone who waits, given up when nobody does, kept while memory allows.

const KEPT = 320;

export class TileStore {
  // load(z, x, y, signal) answers a decoded tile.
  constructor(load) {
    this.load = load;
    this.entries = new Map();
  }

  static key(z, x, y) {
    return `${z}/${x}/${y}`;
  }

  ask(z, x, y) {
    const key = TileStore.key(z, x, y);
    let entry = this.entries.get(key);
    if (entry) {
      this.entries.delete(key); // put it last: the first ones are dropped first
    } else {
      const abort = new AbortController();
      entry = { key, abort, tile: null, waiting: 0 };
      entry.promise = this.load(z, x, y, abort.signal).then(
        (tile) => {
          entry.tile = tile;
          return tile;
        },
        (error) => {
          this.drop(entry);
          throw error;
        },
      );
      entry.promise.catch(() => {});
    }
    this.entries.set(key, entry);
    entry.waiting += 1;
    this.trim();
    return entry;
  }

  // Somebody no longer needs an answer; the last one to say so stops the request, and nobody is given it any more.
  leave(entry) {
    entry.waiting -= 1;
    if (entry.waiting > 0 || entry.tile) return;
    this.drop(entry);
    entry.abort.abort();
  }

  drop(entry) {
    if (this.entries.get(entry.key) === entry) this.entries.delete(entry.key);
  }

  peek(z, x, y) {
    const entry = this.entries.get(TileStore.key(z, x, y));
    return entry ? entry.tile : null;
  }

  clear() {
    this.entries.clear();
  }

  trim() {
    for (const [key, entry] of this.entries) {
      if (this.entries.size <= KEPT) return;
      if (entry.tile) this.entries.delete(key);
    }
  }
}

const TRIES = 4;

export async function fetchTile(url, signal) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const answer = await fetch(url, { signal, credentials: "same-origin", headers: { Accept: "application/json, */*;q=0.5" } });
      if (answer.status === 204 || answer.status === 404) return null;
      if (answer.ok) return await answer.arrayBuffer();
      if (answer.status < 500 && answer.status !== 429) throw await refusal(answer);
    } catch (error) {
      if (error.name === "AbortError" || error instanceof Refused || attempt >= TRIES) throw error;
    }
    if (attempt >= TRIES) throw new Error("tile not answered");
    // Waits grow, and differ from tile to tile so that a tired server is not asked by all at once.
    await pause(250 * 2 ** attempt * (0.6 + 0.8 * Math.random()), signal);
  }
}

// An answer that asking again will not change.
export class Refused extends Error {
  constructor(status, { code, sentence, facts } = {}) {
    super(sentence || `refused: ${status}`);
    this.status = status;
    // Where one signs in again, when the session has ended.
    this.signIn = (code === "sign_in_first" && facts?.address) || "";
  }
}

export async function refusal(answer) {
  return new Refused(answer.status, await answer.json().catch(() => ({})));
}

function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(new DOMException("given up", "AbortError"));
    });
  });
}
