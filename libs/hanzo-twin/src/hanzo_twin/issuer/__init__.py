"""The development issuer: signs tokens for one machine, and publishes the key that they are checked against.

A process of the embedded stack (`python -m hanzo_twin.issuer CONFIG`). It is for development alone: whoever has the
developer's secret may have a token for any organisation and role. It loads few libraries, since it runs all the time.
"""
