// What every page's script needs: JSON requests with our token, short messages, words, and elements made from text.

export function words() {
  const block = document.getElementById('words');
  return block ? JSON.parse(block.textContent) : {};
}

export function fill(sentence, facts = {}) {
  return sentence.replace(/%\((\w+)\)s/g, (whole, name) => (name in facts ? String(facts[name]) : whole));
}

const FIRST = ['sign_in_first', 'confirm_first', 'second_factor_first', 'password_expired'];

async function answer(response, read) {
  const isJson = (response.headers.get('content-type') || '').includes('json');
  if (response.ok && read) return read(response);
  const body = isJson ? await response.json() : null;
  if (response.ok) return body;
  const problem = new Error(body?.sentence || words().failed || '没有成功，请稍后重试。');
  Object.assign(problem, { status: response.status, code: body?.code, sentence: problem.message, facts: body?.facts || {}, body });
  // The session has ended, or has to prove something first: where, and back to here.
  if (FIRST.includes(problem.code)) problem.signIn = `${problem.facts.address}?next=${encodeURIComponent(location.pathname + location.search)}`;
  throw problem;
}

async function send(url, options, read = null) {
  try {
    return await answer(await fetch(url, { credentials: 'same-origin', ...options }), read);
  } catch (problem) {
    if (problem.sentence) throw problem;
    const away = new Error(words().offline || '连不上服务器，请检查网络后重试。');
    away.sentence = away.message;
    throw away;
  }
}

export function get(url) {
  return send(url, { headers: { Accept: 'application/json' } });
}

// A piece of a page, as text. It is not asked for as a page: then the answer to an ended session would be the sign-in page.
export function getPiece(url) {
  return send(url, { headers: { Accept: 'application/json, */*;q=0.5' } }, (response) => response.text());
}

export function post(url, body = {}, method = 'POST') {
  return send(url, {
    method,
    headers: {
      Accept: 'application/json',
      'Content-Type': 'application/json',
      'X-CSRFToken': document.querySelector('meta[name="csrf-token"]').content,
    },
    body: JSON.stringify(body),
  });
}

// For a request that may be sent twice and must take effect once.
export function freshKey() {
  // randomUUID exists only on secure addresses; an office may well use http inside its network.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

// A page brought back as it was left would only find what its forms have made already.
export function renewFormKeys() {
  window.addEventListener('pageshow', (event) => {
    if (event.persisted) for (const key of document.querySelectorAll('input[type=hidden][name=key]')) key.value = freshKey();
  });
}

// Attributes starting with "on" are listeners; children are text or elements, never markup.
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value == null) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.flat().filter((child) => child != null && child !== false));
  return node;
}

export function toast(text, { error = false, action = '', onAction = null, seconds = error ? 9 : 5 } = {}) {
  const line = el('div', { class: `toast-line${error ? ' is-error' : ''}`, role: error ? 'alert' : null }, text);
  if (action) line.append(el('button', { class: 'quiet-button', type: 'button', onclick: () => { line.remove(); onAction(); } }, action));
  document.querySelector('.toasts').append(line);
  setTimeout(() => line.remove(), seconds * 1000);
}

// What went wrong, in the server's words; what has to be done first, such as signing in again, is a link.
export function complain(problem) {
  const sentence = problem.sentence || String(problem);
  toast(problem.signIn ? el('a', { href: problem.signIn }, sentence) : sentence, { error: true });
}

export function number(value) {
  return value == null ? '–' : new Intl.NumberFormat(document.documentElement.lang).format(value);
}

export function later(work, wait_ms) {
  let timer;
  return (...given) => { clearTimeout(timer); timer = setTimeout(() => work(...given), wait_ms); };
}
