"""Logins: accounts with a role, server-side sessions, and the guard on every view. Knows no area yet."""
