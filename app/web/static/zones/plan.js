// The plan as the server knows it, and the one way to change it: requests go one after the other, each with its own
// key, so that one sent twice takes effect once, and each says which version the person saw.
import { freshKey, get, post } from '../shared.js';

const TRIES = 3;

export class Plan extends EventTarget {
  constructor(path, state) {
    super();
    this.path = path;
    this.state = state;
    this.tail = Promise.resolve();
    this.waiting = 0;
  }

  zone(id) {
    return this.state.zones.find((one) => one.id === id) || null;
  }

  numbered(number) {
    return this.state.zones.find((one) => one.number === number) || null;
  }

  // Answers { answer, step, state }; when it fails, the plan has been read again before the error arrives.
  // `body` may be a function: asked when those before it are done, it answers what to send, or null for nothing.
  change(path, body = {}, method = 'POST') {
    const key = freshKey();
    const work = () => {
      const asked = typeof body === 'function' ? body() : body;
      return asked && this.send(path, { ...asked, key }, method);
    };
    const result = this.tail.then(work, work);
    this.tail = result.catch(() => {});
    return result;
  }

  async send(path, body, method) {
    this.waiting += 1;
    this.tell('saving');
    try {
      const reply = await this.persist(path, { ...body, seen_version: this.state.version }, method);
      this.show(reply.state);
      this.tell('saved');
      return reply;
    } catch (problem) {
      this.tell('failed');
      await this.reload().catch(() => {});
      throw problem;
    } finally {
      this.waiting -= 1;
    }
  }

  // No answer does not mean no effect: the same request is sent again, and the key makes that harmless.
  async persist(path, body, method) {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await post(`${this.path}${path}`, body, method);
      } catch (problem) {
        const silent = problem.status === undefined || problem.status === 503;
        if (!silent || attempt >= TRIES) throw problem;
        await new Promise((done) => setTimeout(done, 400 * attempt));
      }
    }
  }

  async reload() {
    const state = await get(`${this.path}/state.json`);
    const changed = state.version > this.state.version;
    this.show(state);
    if (changed) this.tell('renewed');
    return changed;
  }

  show(state) {
    // Asked before a change and answered after it: what is held is newer.
    if (state.version < this.state.version) return;
    this.state = state;
    this.tell('state');
  }

  tell(type) {
    this.dispatchEvent(new Event(type));
  }
}
