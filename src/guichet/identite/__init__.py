"""Who may enter: tenants, people, roles, sessions, keys.

Words: a *tenant* is a network that uses the house; a *user* belongs to one tenant, has one role and possibly added
permissions, and may be limited to agences and centres; a *session* is one sign-in, in a browser or of a program; a
*repère* is what must be known before the tenant is (kind, keyed hash, tenant, nothing personal).
The house itself is a tenant too (`metier.tenants.PLATEFORME`): super administrators live there and nowhere else.

Messages out: TenantCreated, TenantUpdated, TenantDeactivated, UserCreated, UserUpdated, UserInvited, UserDeactivated,
PasswordResetRequested, SignUpRequested, PasswordChanged, SessionRevoked, ReglagesChanged.
"""
