"""How often somebody may try to sign in."""

from fastapi import Request

from flowpilot.email_address import normal_email
from flowpilot.http.rate_limits import caller_network


async def limit_sign_in(request: Request, email: str) -> None:
    """Count one attempt, by the caller's address and by e-mail.

    Raises:
        LimitsUnavailableError: attempts cannot be counted now.
        TooManyRequestsError: there were too many in the last minute.
    """
    settings, limiter = request.app.state.settings, request.app.state.limiter
    await limiter.hit(settings.login_attempts_per_minute_per_address, "login-address", caller_network(request))
    await limiter.hit(settings.login_attempts_per_minute, "login-email", normal_email(email))
