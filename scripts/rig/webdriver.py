"""Two browsers that are driven without a library: Firefox by Marionette, the protocol that geckodriver speaks to it, and
WebKitGTK's MiniBrowser by WebKitWebDriver (https://www.w3.org/TR/webdriver2/). Both take scripts and nothing else."""

import base64
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

from . import cannot
from .process import finish
from .recorder import free_port

START_S = 60        # a slow machine's first start
SCRIPT_S = 30       # what Firefox gives a script
SLICE_S = 10        # of waiting, within one script


class Fault(Exception):
    """What the browser answered instead of a result."""


class Browser:
    """Context manager: whatever happens, nothing is left running."""

    name = ""

    def __init__(self, log, preferences=None):
        self.preferences = preferences or {}
        self.folder = tempfile.mkdtemp(prefix="lanewatch-engine-")
        self.log, self.children = open(log, "ab"), []

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for child in reversed(self.children):
            finish(child)
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def spawn(self, *command, env=None):
        home = dict(os.environ, HOME=self.folder, LANG="C.UTF-8", **(env or {}))
        self.children.append(subprocess.Popen([str(c) for c in command], env=home, stdin=subprocess.DEVNULL,
                                              stdout=self.log, stderr=self.log))

    def until(self, what, attempt):
        """What `attempt` returns once it does not fail."""
        end = time.monotonic() + START_S
        while True:
            if any(c.poll() is not None for c in self.children):
                cannot(f"{what} ended by itself; see {self.log.name}")
            try:
                return attempt()
            except (OSError, urllib.error.URLError):
                if time.monotonic() > end:
                    cannot(f"{what} does not answer; see {self.log.name}")
                time.sleep(0.1)

    def wait(self, block, limit, *args):
        """The first value that this block of JavaScript returns and that counts as true; None when the limit passed. It may use
        `args` and `await`."""
        end = time.monotonic() + limit
        while (left := end - time.monotonic()) > 0:
            found = self.call("const [limit, ...args] = arguments; const end = performance.now() + limit;"
                              f"for (;;) {{ const value = await (async () => {block})(); if (value) return value;"
                              "if (performance.now() > end) return null;"
                              "await new Promise((then) => setTimeout(then, 20)); }", min(left, SLICE_S) * 1000, *args)
            if found:
                return found
        return None

    def call(self, body, *args):
        """Runs the body of an asynchronous function and returns what it returns."""
        answer = self.script("const then = arguments[arguments.length - 1];"
                             f"(async function () {{ {body} }}).apply(null, [...arguments].slice(0, -1)).then("
                             "(value) => then({ value: value ?? null }), (fault) => then({ fault: `${fault} ${fault?.stack ?? ''}` }));",
                             list(args))
        if "fault" in answer:
            raise Fault(answer["fault"])
        return answer["value"]

    def look(self, path):
        """Keeps what is on the screen."""
        with open(path, "wb") as f:
            f.write(base64.b64decode(self.screen()))


class Firefox(Browser):
    name = "Firefox"
    PREFERENCES = {
        "marionette.port": 0, "media.autoplay.default": 0, "app.update.enabled": False, "browser.shell.checkDefaultBrowser": False,
        "datareporting.policy.dataSubmissionEnabled": False, "toolkit.telemetry.enabled": False, "network.captive-portal-service.enabled": False,
        "network.connectivity-service.enabled": False, "services.settings.server": "data:,", "extensions.update.enabled": False,
        "browser.safebrowsing.update.enabled": False, "media.gmp-manager.updateEnabled": False, "intl.accept_languages": "vi",
    }

    def start(self):
        port = free_port()
        with open(os.path.join(self.folder, "user.js"), "w", encoding="utf-8") as f:
            for name, value in {**self.PREFERENCES, **self.preferences, "marionette.port": port}.items():
                f.write(f"user_pref({json.dumps(name)}, {json.dumps(value)});\n")
        self.spawn("firefox-esr", "--headless", "--marionette", "--no-remote", "--profile", self.folder, "--width", 1920, "--height", 1080,
                   env=dict(MOZ_HEADLESS_WIDTH="1920", MOZ_HEADLESS_HEIGHT="1080"))
        self.wire = self.until("Firefox", lambda: socket.create_connection(("127.0.0.1", port)))
        self.wire.settimeout(START_S + SCRIPT_S)
        self.reader, self.count = self.wire.makefile("rb"), 0
        self.receive()    # its greeting
        caps = self.command("WebDriver:NewSession", {})
        self.version = caps["capabilities"]["browserVersion"]
        self.command("WebDriver:SetWindowRect", dict(width=1920, height=1080))

    def receive(self):
        size = b""
        while (byte := self.reader.read(1)) != b":":
            if not byte:
                raise Fault("Firefox closed the connection")
            size += byte
        return json.loads(self.reader.read(int(size)))

    def command(self, name, params=None):
        self.count += 1
        message = json.dumps([0, self.count, name, params or {}]).encode()
        self.wire.sendall(b"%d:%s" % (len(message), message))
        _, _, fault, result = self.receive()
        if fault:
            raise Fault(f"{name}: {fault['error']}: {fault['message']}")
        return result

    def go(self, url):
        self.command("WebDriver:Navigate", dict(url=url))

    def script(self, text, args):
        # The default sandbox sees the page through wrappers; this is the page's own world.
        return self.command("WebDriver:ExecuteAsyncScript", dict(script=text, args=args, sandbox=None))["value"]

    def screen(self):
        return self.command("WebDriver:TakeScreenshot", dict(full=False))["value"]


class WebKit(Browser):
    name = "WebKitGTK"
    DISPLAY = "1920x1080x24"

    def start(self):
        read, write = os.pipe()
        self.children.append(subprocess.Popen(["Xvfb", "-displayfd", str(write), "-screen", "0", self.DISPLAY, "-nolisten", "tcp"],
                                              pass_fds=[write], stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log))
        os.close(write)
        with os.fdopen(read) as told:
            number = told.readline().strip() or cannot(f"Xvfb did not start; see {self.log.name}")
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        # HLS by itself is off in a build for desktops; Safari has it.
        self.spawn("WebKitWebDriver", f"--port={port}", env=dict(DISPLAY=f":{number}", WEBKIT_GST_ENABLE_HLS_SUPPORT="1", GDK_BACKEND="x11",
                                                                 LANGUAGE="vi"))
        self.until("WebKitWebDriver", lambda: self.ask("GET", "/status"))
        browser, = [b for b in MINI_BROWSERS if os.access(b, os.X_OK)][:1] or [cannot("MiniBrowser is missing")]
        wanted = {"browserName": "MiniBrowser", "webkitgtk:browserOptions": dict(binary=browser, args=["--automation"])}
        told = self.ask("POST", "/session", dict(capabilities=dict(alwaysMatch=wanted)))
        self.url += f"/session/{told['sessionId']}"
        self.version = told["capabilities"]["browserVersion"]
        self.ask("POST", "/timeouts", dict(script=SCRIPT_S * 1000))
        self.ask("POST", "/window/rect", dict(x=0, y=0, width=1920, height=1080))

    def ask(self, method, path, body=None):
        request = urllib.request.Request(self.url + path, method=method, data=None if body is None else json.dumps(body).encode(),
                                         headers={"content-type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=START_S + SCRIPT_S) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as e:
            raise Fault(f"{path}: {e.read().decode()[:500]}") from None

    def go(self, url):
        self.ask("POST", "/url", dict(url=url))

    def script(self, text, args):
        return self.ask("POST", "/execute/async", dict(script=text, args=args))

    def screen(self):
        return self.ask("GET", "/screenshot")


MINI_BROWSERS = [f"/usr/lib/{machine}-linux-gnu/webkit2gtk-{abi}/MiniBrowser" for machine in ("x86_64", "aarch64") for abi in ("4.1", "4.0")]
ENGINES = {"firefox": Firefox, "webkit": WebKit}
