"""An API server for bulk, as a process of its own: it lists and watches a generated cluster.

store    what it holds, page by page, and the changes since a resourceVersion
churn    what happens in a cluster at rest: pods replace each other, nodes send heartbeats
server   HTTP/1.1 with keep-alive and chunked watches, and the bench's own /control paths
"""
