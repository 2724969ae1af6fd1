# SPDX-License-Identifier: GPL-2.0-only
"""A browser without a window, which makes no requests of its own."""

import json
import shutil
import tempfile

CHROMIUM = "/usr/bin/chromium"
DRIVER = "/usr/bin/chromedriver"
NEEDS = "Debian's chromium, chromium-driver and python3-selenium"
QUIET = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync "
    "--disable-dev-shm-usage --disable-crash-reporter --hide-scrollbars"
)


def is_there():
    try:
        import selenium  # noqa: F401
    except ImportError:
        return False
    return bool(shutil.which(CHROMIUM) and shutil.which(DRIVER))


class Browser:
    """Chromium with an empty profile, and what tests ask of it."""

    def __init__(self):
        from selenium import webdriver
        from selenium.webdriver.chrome.service import Service

        self.profile = tempfile.mkdtemp()
        options = webdriver.ChromeOptions()
        options.binary_location = CHROMIUM
        for argument in QUIET.split():
            options.add_argument(argument)
        options.add_argument("--user-data-dir=" + self.profile)
        options.set_capability(
            "goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"}
        )
        self.driver = webdriver.Chrome(service=Service(DRIVER), options=options)
        self.devtools("Network.enable")

    def devtools(self, command, **parameters):
        return self.driver.execute_cdp_cmd(command, parameters)

    def size(self, width, height, scale=1):
        self.devtools(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=scale,
            mobile=False,
        )

    def media(self, scheme="light", media=""):
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.devtools("Emulation.setEmulatedMedia", media=media, features=features)

    def open(self, path):
        self.driver.get("file://" + path)

    def run(self, script, *arguments):
        """Run a script, and return its value."""
        return self.driver.execute_script(script, *arguments)

    def settle(self):
        """Wait until changes of the page are drawn."""
        self.driver.execute_async_script(
            "const done = arguments[0];"
            "requestAnimationFrame(() => requestAnimationFrame(() => done()));"
        )

    def actions(self):
        """Return an empty chain of mouse actions, which take no time."""
        from selenium.webdriver.common.action_chains import ActionChains

        return ActionChains(self.driver, duration=0)

    def complaints(self):
        """Return the console's messages since the last call."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self):
        """Return the addresses that were requested since the last call."""
        asked = []
        for entry in self.driver.get_log("performance"):
            event = json.loads(entry["message"])["message"]
            if event["method"] == "Network.requestWillBeSent":
                asked.append(event["params"]["request"]["url"])
        return asked

    def close(self):
        self.driver.quit()
        shutil.rmtree(self.profile, ignore_errors=True)
