"""The processes that the rows over HTTP need, and how they are asked.

apps        WSGI entries: the real application with two more routes, and an echo
fleet       starts the API server, the webhook on gunicorn, and the echo on the same settings
connection  a client as light as can be, over TLS
usage       CPU and memory of a process, from /proc
load        reviews in windows: latencies by kind of server and number of connections
"""
