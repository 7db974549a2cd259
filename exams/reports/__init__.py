"""Reports that are files: what a command found, to be kept, sent and printed without the platform."""
