"""Writing payments. One function a verb; nothing here touches the network."""
