"""What people see: tokens, components, layouts, the gallery, the island loader.

Pages of every context are rendered by `facade.render`; components are Jinja macros in `templates/ui/c`, described in
`composants`, shown at `/ui`. Publishes no message, listens to none, knows no tenant: the brand of a page, its caller
and its nonce are on the request when it arrives.
"""
