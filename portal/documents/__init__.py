"""Uploaded files: one model, one way in, one check in the background, one way out."""
