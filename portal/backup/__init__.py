"""Backup and restore: rows of one snapshot, every stored file that they name, and what proves that all of it is there.

In a folder lie `objects/ab/<SHA-256>`, each file once, and for each backup a folder named after its time:

    head.json                    version, migrations, fingerprints of the keys (never the keys)
    tables/<table>/000001.gz …   PostgreSQL's COPY text
    files/000001.gz …            lines of JSON: key in the storage, size, time, SHA-256 of the stored bytes
    manifest.json                columns and counts, and each part's size and SHA-256; written last
    manifest.sha256

A tar to standard output holds the same. Rows are copied through the driver, so that no client program of the server's
own version is needed; the schema is that of the migrations which the head names.
"""
