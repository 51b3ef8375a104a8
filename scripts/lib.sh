# shellcheck shell=bash
# Shared by the shell scripts: where things are, what is installed, what must be built. Source it; it does nothing by itself.

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
export ROOT
cd "$ROOT" || exit 2

say() { printf '\n\033[1m== %s (%s s)\033[0m\n' "$*" "$SECONDS" >&2; }
die() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; exit 2; }
have() { command -v "$1" >/dev/null 2>&1; }

# A package counts as there when the file or command it is wanted for is there, however it came.
have_file() { compgen -G "$1" >/dev/null; }

# missing_packages WHAT...: Debian packages that are not there, for build | peers | cameras | browser | firefox | webkit | lint.
missing_packages() {
    local what
    for what in "$@"; do
        case "$what" in
        build)
            have cc || echo build-essential
            have pkg-config || echo pkg-config
            # FFmpeg's decoders, and what reads their headers when the crate is built.
            have_file '/usr/include/*/libavcodec/avcodec.h' || echo libavcodec-dev
            have_file '/usr/include/*/libavformat/avformat.h' || echo libavformat-dev
            have_file '/usr/include/*/libavutil/avutil.h' || echo libavutil-dev
            have clang || echo clang
            have_file '/usr/lib/llvm-*/lib/libclang.so' || echo libclang-dev
            ;;
        peers)
            # A certificate authority to be asked, and a second opinion on certificates.
            have pebble || echo pebble
            have openssl || echo openssl
            have curl || echo curl
            # A broker. Debian starts it at once where there is an init; the tests run their own on another port.
            have_file '/usr/sbin/mosquitto' || echo mosquitto
            have mosquitto_sub || echo mosquitto-clients
            have_file '/usr/lib/python3*/ensurepip/__init__.py' || echo python3-venv
            ;;
        cameras)
            have ffmpeg || echo ffmpeg
            have_file '/usr/lib/python3/dist-packages/gi/__init__.py' || echo python3-gi
            have_file '/usr/lib/*/girepository-1.0/GstRtspServer-1.0.typelib' || echo gir1.2-gst-rtsp-server-1.0
            have_file '/usr/lib/*/girepository-1.0/GstApp-1.0.typelib' || echo gir1.2-gst-plugins-base-1.0
            have_file '/usr/lib/*/gstreamer-1.0/libgstapp.so' || echo gstreamer1.0-plugins-base
            have_file '/usr/lib/*/gstreamer-1.0/libgstrtp.so' || echo gstreamer1.0-plugins-good
            have_file '/usr/lib/*/gstreamer-1.0/libgstvideoparsersbad.so' || echo gstreamer1.0-plugins-bad
            have_file '/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf' || echo fonts-dejavu-core
            ;;
        footage)
            dpkg-query -W -f '${Status}' opencv-doc 2>/dev/null | grep -q '^install ok installed' || echo opencv-doc
            ;;
        browser)
            have chromium || echo chromium
            # A recorder whose clock shows yesterday, so that there is something to find there.
            have faketime || echo faketime
            # Tells a browser to trust a certificate.
            have certutil || echo libnss3-tools
            have_file '/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf' || echo fonts-dejavu-core
            have_file '/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf' || echo fonts-noto-core
            ;;
        firefox)
            have firefox-esr || echo firefox-esr
            ;;
        webkit)
            have WebKitWebDriver || echo webkit2gtk-driver
            have Xvfb || echo xvfb
            # Decoders for it.
            have_file '/usr/lib/*/gstreamer-1.0/libgstlibav.so' || echo gstreamer1.0-libav
            have_file '/usr/lib/*/gstreamer-1.0/libgstisomp4.so' || echo gstreamer1.0-plugins-good
            have_file '/usr/lib/*/gstreamer-1.0/libgsthls.so' || echo gstreamer1.0-plugins-bad
            ;;
        lint) have shellcheck || echo shellcheck ;;
        esac
    done | sort -u
}

# install_packages WHAT...: with apt-get, and only what is missing.
install_packages() {
    local -a missing sudo=()
    mapfile -t missing < <(missing_packages "$@")
    ((${#missing[@]})) || return 0
    have apt-get || die "please install: ${missing[*]} (named as in Debian 12)"
    if ((EUID != 0)); then
        have sudo || die "please install as root: apt-get install ${missing[*]}"
        sudo=(sudo)
    fi
    say "installing ${missing[*]}"
    "${sudo[@]}" apt-get -q update >&2
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends "${missing[@]}" >&2
}

need_rust() {
    have cargo || die "Rust is missing: https://rustup.rs (1.95 or newer)"
}

need_node() {
    have npm || die "Node.js is missing: version 20.19 or newer, with npm"
}

# web_packages: npm packages exactly as locked, again only when the lock has changed.
web_packages() {
    need_node
    local lock=web/package-lock.json stamp=web/node_modules/.lanewatch-lock
    if ! cmp -s "$lock" "$stamp"; then
        say "npm ci"
        (cd web && npm ci --no-audit --no-fund >&2)
        cp "$lock" "$stamp"
    fi
}

# build_web: web/dist, when a source is newer than it. The binary carries it inside.
build_web() {
    [[ -f web/package.json ]] || return 0
    if [[ -f web/dist/index.html ]] &&
        [[ -z "$(find web -path web/node_modules -prune -o -path web/dist -prune -o -type f -newer web/dist/index.html -print -quit)" ]]; then
        return 0
    fi
    web_packages
    say "building the web app"
    (cd web && npm run --silent build >&2)
}

# build_release: target/release/lanewatch, by cargo's own judgement.
build_release() {
    need_rust
    install_packages build
    build_web
    say "building lanewatch (release)"
    cargo build --release --locked >&2
}

# port_busy HOST PORT
port_busy() { (exec 3<>"/dev/tcp/$1/$2") 2>/dev/null; }

# wait_for SECONDS COMMAND...: until it succeeds.
wait_for() {
    local limit=$((SECONDS + $1))
    shift
    until "$@"; do
        ((SECONDS < limit)) || return 1
        sleep 0.1
    done
}
