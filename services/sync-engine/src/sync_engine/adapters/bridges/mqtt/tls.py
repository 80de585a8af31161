"""TLS as the settings ask for it."""

import ssl

from twin_common.settings.services import Mqtt


def tls_context(settings: Mqtt) -> ssl.SSLContext:
    """Trusts the configured authorities, and shows the client certificate when there is one.

    Raises:
        OSError: a file can't be read, or isn't what it should be.
    """
    context = ssl.create_default_context(cafile=settings.ca_file)
    if settings.cert_file is not None:
        context.load_cert_chain(settings.cert_file, settings.key_file)
    return context
