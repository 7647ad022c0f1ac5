"""Reading what was sent, what people accept, what tenants write."""

from guichet.notifications.questions.notifications import (
    NotificationVue,
    TentativeVue,
    get_notification,
    list_tentatives,
    to_view,
)

__all__ = ["NotificationVue", "TentativeVue", "get_notification", "list_tentatives", "to_view"]
