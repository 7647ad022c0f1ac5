"""The mailbox of the demo: a real SMTP server that keeps what it receives, and its reading.

Exists in the modes `demo` and `essai` only. Messages are kept as they came, one `.eml` file each, under data_dir/boite.
"""
