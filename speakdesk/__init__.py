"""SpeakDesk: AI voices in meetings, with a window, a terminal and a server over one core."""

__version__ = "0.1.0"
