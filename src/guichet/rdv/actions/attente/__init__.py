"""The waiting list: joining it, offering freed places, answering offers."""
