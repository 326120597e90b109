# Shared by the scripts beside it: brings a clean machine to the point where Wardmap can run.
# shellcheck shell=bash
# Every step looks first and does nothing when there is nothing to do. Sourced, never run.

set -euo pipefail
checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
tools="$checkout/.tools"
environment="$checkout/.venv"
python="$environment/bin/python"
oldest_postgresql=15
# Compiled modules halve the time of every start; they lie inside the checkout and git ignores them.
unset PYTHONDONTWRITEBYTECODE

say() { printf '· %s\n' "$*"; }

fail() {
  printf '\n✗ %s\n' "$1" >&2
  [ -z "${2:-}" ] || printf '  %s\n' "$2" >&2
  exit 1
}

# Show what a step printed only when it fails.
quietly() {
  local record status=0
  record=$(mktemp)
  "$@" >"$record" 2>&1 </dev/null 9>&- || status=$?
  [ "$status" -eq 0 ] || tail -n 30 "$record" >&2
  rm -f "$record"
  return "$status"
}

fingerprint() { cat "$@" | cksum | tr ' ' '-'; }

# True when the stamp already names this state; the caller stamps after its work is done.
is_stamped() { [ -f "$1" ] && [ "$(cat "$1")" = "$2" ]; }

# Two scripts started together in one checkout take turns in setting up.
take_turn() {
  mkdir -p "$tools" 2>/dev/null || fail "不能写入 $checkout：请检查文件夹权限。" \
    "Cannot write into $checkout: check the rights of the folder."
  if command -v flock >/dev/null; then
    exec 9>"$tools/lock"
    flock -n 9 || { say "等待同一文件夹里的另一次安装…… Waiting for another set-up of this checkout …"; flock 9; }
  fi
}

end_turn() { exec 9>&-; }

# --- Python ------------------------------------------------------------------------------------

find_python() {
  local candidate
  for candidate in python3 python3.13 python3.12 python3.11 python3.14; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
  fail "需要 Python 3.11 或更新版本，本机没有找到：请先安装。" \
    "Python 3.11 or newer is needed and was not found: please install it."
}

find_uv() {
  if uv --version >/dev/null 2>&1; then
    uv=uv
    return
  fi
  uv="$tools/uv/bin/uv"
  "$uv" --version >/dev/null 2>&1 && return
  say "安装 uv…… Installing uv …"
  local base
  base=$(find_python)
  rm -rf "$tools/uv"
  if ! "$base" -c 'import ensurepip, venv' 2>/dev/null; then
    install_packages python3-venv
  fi
  if ! quietly "$base" -m venv "$tools/uv" || ! quietly "$tools/uv/bin/python" -m pip install --quiet 'uv>=0.8'; then
    fail "uv 没有装上：请检查网络或软件源。" "uv could not be installed: check the network or the package mirror."
  fi
}

# prepare_python requirements.lock
prepare_python() {
  local lock="$checkout/$1" stamp="$environment/.stamp-$1" state
  state=$(fingerprint "$lock")
  if is_stamped "$stamp" "$state" && "$python" -c '' 2>/dev/null; then
    return
  fi
  find_uv
  if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    local base
    base=$(find_python)
    say "建立 Python 环境…… Making the Python environment …"
    rm -rf "$environment"
    quietly "$uv" venv --python "$base" "$environment" ||
      fail "Python 环境没有建成。" "The Python environment could not be made."
  fi
  say "按锁定文件安装 Python 软件包（$1）…… Installing the locked Python packages …"
  quietly "$uv" pip install --python "$python" --require-hashes -r "$lock" ||
    fail "Python 软件包没有装上：请检查网络或软件源，再运行一次。" \
      "The Python packages could not be installed: check the network or the package mirror, then run this again."
  # The checkout itself is importable from anywhere in this environment; nothing is copied or built.
  "$python" -c 'import pathlib, sys, sysconfig
pathlib.Path(sysconfig.get_path("purelib"), "wardmap-checkout.pth").write_text(sys.argv[1] + "\n")' "$checkout"
  printf '%s' "$state" >"$stamp"
}

# --- System packages ---------------------------------------------------------------------------

# Run apt-get as root or through sudo, which may ask for a password; show what it printed only when it fails.
# A service that a package starts must not inherit our turn.
run_apt() {
  local elevate=() record status=0
  if [ "$(id -u)" -ne 0 ]; then
    elevate=(sudo)
    sudo -n true 2>/dev/null && elevate=(sudo -n)
  fi
  record=$(mktemp)
  ${elevate[@]+"${elevate[@]}"} env DEBIAN_FRONTEND=noninteractive \
    apt-get -o DPkg::Lock::Timeout=300 "$@" >"$record" 2>&1 9>&- || status=$?
  [ "$status" -eq 0 ] || tail -n 15 "$record" >&2
  rm -f "$record"
  return "$status"
}

# Whether packages can be installed: as root, or with a sudo that needs no password or can ask for it.
may_install() {
  [ "$(id -u)" -eq 0 ] || sudo -n true 2>/dev/null || { command -v sudo >/dev/null && [ -t 0 ]; }
}

refresh_package_list() {
  [ -z "${package_list_is_fresh:-}" ] || return 0
  run_apt update || true # an old list may still do
  package_list_is_fresh=yes
}

# install_packages [or-database-url] PACKAGE…: install with apt; elsewhere say what to install, and what else would do.
install_packages() {
  local else_zh="" else_en=""
  if [ "$1" = or-database-url ]; then
    else_zh="，或设置 DATABASE_URL 使用现成的 PostGIS" else_en=", or set DATABASE_URL to use a PostGIS you have"
    shift
  fi
  if ! command -v apt-get >/dev/null; then
    fail "请先用本系统的软件包管理器安装 $*$else_zh。" "Please install $* with your system's package manager$else_en."
  fi
  if ! may_install; then
    fail "缺少系统软件包：请管理员运行 apt-get install $*$else_zh。" \
      "System packages are missing: ask an administrator to run apt-get install $*$else_en."
  fi
  say "安装系统软件包 $*…… Installing system packages …"
  refresh_package_list
  run_apt install -y --no-install-recommends "$@" ||
    fail "系统软件包没有装上：$*。" "The system packages could not be installed: $*."
}

# --- PostgreSQL with PostGIS -------------------------------------------------------------------

has_postgis() {
  local major
  # The usual place, asked without starting Python; everything else the program itself knows best.
  for major in 20 19 18 17 16 15; do
    if [ -x "/usr/lib/postgresql/$major/bin/initdb" ]; then
      [ -e "/usr/share/postgresql/$major/extension/postgis.control" ] && return
    fi
  done
  (cd "$checkout" && "$python" -c 'from app.cluster.programs import find_programs; find_programs()') >/dev/null 2>&1
}

# The major version of an installed PostgreSQL, else of the one this system would install.
packaged_postgresql() {
  local folder major newest=0
  for folder in /usr/lib/postgresql/*/bin/initdb; do
    [ -e "$folder" ] || continue
    major=$(basename "$(dirname "$(dirname "$folder")")")
    [ "$major" -gt "$newest" ] && newest=$major
  done
  if [ "$newest" -lt "$oldest_postgresql" ]; then
    newest=$(apt-cache policy postgresql 2>/dev/null | sed -n 's/^  Candidate: \([0-9]*\).*/\1/p')
  fi
  printf '%s' "${newest:-0}"
}

prepare_postgis() {
  has_postgis && return
  local major
  if ! command -v apt-get >/dev/null; then
    install_packages or-database-url "PostgreSQL $oldest_postgresql+ / PostGIS 3.3+"
  fi
  major=$(packaged_postgresql)
  if [ "$major" -eq 0 ] && may_install; then
    refresh_package_list
    major=$(packaged_postgresql)
  fi
  if [ "$major" -eq 0 ]; then
    install_packages or-database-url postgresql postgis
  elif [ "$major" -lt "$oldest_postgresql" ]; then
    fail "本系统的软件源只有 PostgreSQL $major，需要 $oldest_postgresql 或更新版本：请添加 PostgreSQL 官方软件源，或设置 DATABASE_URL。" \
      "This system packages PostgreSQL $major; $oldest_postgresql or newer is needed: add the PostgreSQL project's packages, or set DATABASE_URL."
  else
    install_packages or-database-url "postgresql-$major" "postgresql-$major-postgis-3"
  fi
  has_postgis || fail "装好了 PostgreSQL，但仍找不到可用的 PostGIS。" \
    "PostgreSQL is installed, but a usable PostGIS is still not found."
}

# --- Pages: front-end assets and translations ---------------------------------------------------

has_node() { node -e 'process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)' 2>/dev/null && npm --version >/dev/null 2>&1; }

prepare_pages() {
  local state stamp="$environment/.stamp-assets" web="$checkout/app/web" catalogue compiled
  state=$(fingerprint "$web/package-lock.json" "$web/assets.py")
  if ! is_stamped "$stamp" "$state" || ! [ -d "$web/static/vendor" ]; then
    PATH="$PATH:$environment/bin"
    if ! has_node; then
      find_uv
      say "本机没有 Node.js，从软件包安装…… No Node.js here, installing one from a package …"
      quietly "$uv" pip install --python "$python" --require-hashes -r "$checkout/requirements-node.lock" ||
        fail "Node.js 没有装上。" "Node.js could not be installed."
      PATH="$environment/bin:$PATH"
      hash -r
    fi
    say "准备网页资源…… Preparing the front-end assets …"
    (cd "$checkout" && quietly "$python" -m app.web.assets) ||
      fail "网页资源没有取到：请检查网络或软件源。" "The front-end assets could not be fetched: check the network or the mirror."
    printf '%s' "$state" >"$stamp"
  fi
  for catalogue in "$web"/translations/*/LC_MESSAGES/*.po; do
    [ -e "$catalogue" ] || continue
    compiled="${catalogue%.po}.mo"
    if ! [ -e "$compiled" ] || [ "$catalogue" -nt "$compiled" ]; then
      quietly "$python" -m babel.messages.frontend compile -i "$catalogue" -o "$compiled" ||
        fail "译文没有编译成功：$catalogue" "The translations could not be compiled: $catalogue"
    fi
  done
}

# --- A browser for the journeys -----------------------------------------------------------------

prepare_browser() {
  local missing=()
  command -v chromium >/dev/null || command -v chromium-browser >/dev/null ||
    command -v google-chrome >/dev/null || missing+=(chromium)
  # The families are asked for by file, because fontconfig itself comes with the browser.
  find /usr/share/fonts /usr/local/share/fonts "${HOME:-/nonexistent}/.local/share/fonts" \
    \( -iname '*notosanscjk*' -o -iname '*wqy*' -o -iname '*sourcehansans*' \) -print -quit 2>/dev/null |
    grep -q . || missing+=(fonts-noto-cjk)
  [ "${#missing[@]}" -eq 0 ] || install_packages "${missing[@]}"
}
