from tests.browser.visits import ask, browser, session_states, visit  # noqa: F401
